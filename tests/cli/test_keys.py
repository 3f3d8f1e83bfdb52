"""`ants-async keys`: secrets are shown once, and the account's own password is needed."""

import json

import pytest
import respx


@pytest.fixture(autouse=True)
def there(api):
    return api


def test_a_new_one_is_shown_whole_once_and_cut_short_then(ants, done, data):
    result = ants("keys", "create", "web", "--permission", "TFA")
    shown = dict(line.split("\t") for line in result.stdout.splitlines())
    assert len(shown["key"]) == 32
    assert result.stderr.startswith("keep it now: later it is shown cut short")
    (head, line) = done("keys", "list", "--enabled", "--name", "web").splitlines()
    assert head == "name\tkey\tpublic key\tpermissions\tenabled\tallowed ips\tvalid from\tvalid to"
    assert line.split("\t")[1] == f"{shown['key'][:4]}…"
    for secret in ("key", "publicApiKey", "accountKey"):
        assert shown[secret] not in done("keys", "get", shown["key"])
        assert data("keys", "get", shown["key"])[secret] == shown[secret]


def test_an_update_keeps_what_is_not_given(data):
    key = data("keys", "create", "web", "--allow-ip", "127.0.0.1")["key"]
    changed = data("keys", "update", key, "--disabled", "--valid-to", "2100-01-01T00:00:00+07:00")
    assert (changed["name"], changed["allowedIPs"], changed["enabled"]) == ("web", ["127.0.0.1"], False)
    assert changed["validTo"].startswith(("2100-01-01T00:00:00", "2099-12-31T17:00:00"))
    assert not data("keys", "update", key, "--any-ip").get("allowedIPs")


def test_lists_can_be_filtered_and_be_a_sub_accounts(there, done):
    with respx.mock(base_url=there, using="httpx") as server:
        route = server.get("/settings/1/accounts/SUB/api-keys").respond(200, json={"apiKeys": []})
        done("keys", "list", "--account", "SUB", "--disabled", "--name", "x", "--public-api-key", "p")
    assert dict(route.calls[0].request.url.params) == {"enabled": "false", "name": "x", "publicApiKey": "p"}


def test_the_whole_key_goes_back(there, done):
    with respx.mock(base_url=there, using="httpx") as server:
        known = {"key": "k", "name": "web", "permissions": ["TFA"], "allowedIPs": ["10.0.0.1"]}
        server.get("/settings/1/accounts/_/api-keys/k").respond(200, json=known)
        route = server.put("/settings/1/accounts/_/api-keys/k").respond(200, json=known)
        done("keys", "update", "k", "--disabled")
    sent = json.loads(route.calls[0].request.content)
    assert (sent["name"], sent["permissions"], sent["allowedIPs"]) == ("web", ["TFA"], ["10.0.0.1"])
    assert sent["enabled"] is False


def test_a_key_cannot_manage_keys(refused, with_a_key):
    with_a_key()
    assert "an API key cannot manage API keys" in refused("keys", "list")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("create", " "), "a key needs a name"),
        (("create", "web", "--valid-to", "soon"), "--valid-to: 'soon'"),
        (
            ("create", "web", "--valid-from", "2026-05-01"),
            "--valid-from: '2026-05-01' is not valid: a time with",
        ),
        (
            ("create", "x", "--valid-from", "2026-05-02T00:00:00Z", "--valid-to", "2026-05-01T00:00:00Z"),
            "valid_to",
        ),
        (("create", "web", "--permission", "SOME"), "--permission"),
        (("create", "web", "--any-ip", "--allow-ip", "10.0.0.1"), "exclude each other"),
        (("get", "none"), "API_KEY_NOT_FOUND"),
        (("update", "none"), "nothing to change"),
        (("update", "none", "--valid-to", "soon"), "--valid-to"),
    ],
)
def test_what_cannot_be_is_named(words, named, refused):
    assert named in refused("keys", *words)
