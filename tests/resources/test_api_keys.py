"""API keys: only with user name and password, and never shown."""

import json

import pytest

from ants_async import ApiKeyAuth, errors
from ants_async.models.api_keys import ApiKey, ApiKeyRequest

KEYS = "/settings/1/accounts/_/api-keys"
KEY = {
    "name": "Web",
    "key": "S3CR3TKEY",
    "publicApiKey": "S3CR3TPUBLIC",
    "accountKey": "S3CR3TACCOUNT",
    "permissions": ["ALL"],
    "enabled": True,
}


async def test_with_an_api_key_nothing_is_sent_and_the_manuals_rule_is_said(api, connect):
    request = ApiKeyRequest(name="Web")
    async with connect(ApiKeyAuth("key")) as client:
        for call in (
            client.api_keys.create(request),
            client.api_keys.list(),
            client.api_keys.get("k"),
            client.api_keys.update("k", request),
        ):
            with pytest.raises(errors.ConfigurationError, match=r"an API key cannot manage API keys \(6.4\)"):
                await call
    assert api.requests == []


async def test_filters_reach_the_wire(api, connect):
    api("GET", KEYS, {"apiKeys": [KEY]})
    async with connect() as client:
        (found,) = await client.api_keys.list(enabled=False, name="Web", public_api_key="p")
    assert dict(api.requests[0].url.params) == {"enabled": "false", "name": "Web", "publicApiKey": "p"}
    assert found.name == "Web"


async def test_a_key_that_was_got_is_sent_back_without_what_the_api_adds(api, connect):
    api("GET", f"{KEYS}/k", KEY)
    api("PUT", f"{KEYS}/k", KEY)
    async with connect() as client:
        await client.api_keys.update("k", await client.api_keys.get("k"))
    assert json.loads(api.requests[-1].content) == {"name": "Web", "permissions": ["ALL"], "enabled": True}


async def test_a_sub_account_is_named_in_the_path(api, connect):
    api("POST", "/settings/1/accounts/SUB/api-keys", KEY)
    async with connect() as client:
        await client.api_keys.create(ApiKeyRequest(name="Web"), account_key="SUB")
    assert api.paths == ["POST /settings/1/accounts/SUB/api-keys"]


async def test_keys_are_secrets(api, connect):
    api("POST", KEYS, KEY)
    async with connect() as client:
        made = await client.api_keys.create(ApiKeyRequest(name="Web"))
    assert isinstance(made, ApiKey)
    assert "S3CR3T" not in repr(made)
    assert made.public_api_key == "S3CR3TPUBLIC"
