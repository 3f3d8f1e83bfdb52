"""API keys: only with user name and password, and never shown."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from ants_async import ApiKeyAuth, errors
from ants_async.models.api_keys import ApiKey, ApiKeyPage, ApiKeyRequest

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


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({}, {}),
        ({"enabled": True}, {"enabled": "true"}),
        ({"name": "Web & shop"}, {"name": "Web & shop"}),
        (
            {"enabled": False, "name": "Web", "public_api_key": "p"},
            {"enabled": "false", "name": "Web", "publicApiKey": "p"},
        ),
    ],
)
async def test_filters_reach_the_wire(api, connect, filters, query):
    api("GET", KEYS, {"apiKeys": [KEY]})
    async with connect() as client:
        (found,) = await client.api_keys.list(**filters)
    assert dict(api.requests[0].url.params) == query
    assert found.name == "Web"


async def test_a_new_key_says_what_it_may_and_from_when_until_when(api, connect):
    api("POST", KEYS, KEY)
    until = datetime(2027, 1, 1, 8, tzinfo=timezone(timedelta(hours=7)))
    request = ApiKeyRequest(name="Web", permissions="TFA", allowed_ips="192.0.2.1", valid_to=until)
    async with connect() as client:
        await client.api_keys.create(request)
    assert json.loads(api.requests[0].content) == {
        "name": "Web",
        "permissions": ["TFA"],
        "allowedIPs": ["192.0.2.1"],
        "validTo": "2027-01-01T08:00:00.000+0700",
    }


async def test_a_key_that_was_got_is_sent_back_without_what_the_api_adds(api, connect):
    api("GET", f"{KEYS}/k", KEY | {"colour": "red"})
    api("PUT", f"{KEYS}/k", KEY)
    async with connect() as client:
        await client.api_keys.update("k", await client.api_keys.get("k"))
    assert json.loads(api.requests[-1].content) == {"name": "Web", "permissions": ["ALL"], "enabled": True}


async def test_a_key_that_was_got_is_checked_when_it_is_sent_back(api, connect):
    api("GET", f"{KEYS}/k", KEY | {"name": ""})
    async with connect() as client:
        known = await client.api_keys.get("k")
        with pytest.raises(errors.ValidationError, match="name"):
            await client.api_keys.update("k", known)
    assert api.paths == [f"GET {KEYS}/k"]


async def test_a_key_cannot_lead_to_another_path(api, connect):
    async with connect() as client:
        with pytest.raises(errors.NotFound):
            await client.api_keys.get("../balance?x", account_key="a/b")
        for bad in ("", "..", "S3CR3T\r\n"):
            with pytest.raises(errors.ValidationError, match="key") as caught:
                await client.api_keys.get(bad)
            assert "S3CR3T" not in str(caught.value)
    (request,) = api.requests
    assert request.url.raw_path == b"/settings/1/accounts/a%2Fb/api-keys/..%2Fbalance%3Fx"


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
    assert "S3CR3T" not in repr(made) + str(made) + repr(ApiKeyPage(api_keys=(made,)))
    assert made.public_api_key == "S3CR3TPUBLIC"
