"""Each of the manual's operations has a command; what all of them share."""

import httpx
import pytest
import respx

from ants_async.cli.account import Account
from ants_async.endpoints import OPERATIONS, Wire


def test_every_operation_names_a_command_there_is(done):
    for endpoint in OPERATIONS.values():
        words = [word for word in endpoint.command.split() if not word.startswith("-")]
        options = [word for word in endpoint.command.split() if word.startswith("--")]
        helped = done(*words, "--help")
        assert all(option in helped for option in [*options, "--json", "--base-url"]), endpoint.command
        assert ("--wire" in helped) is endpoint.has_xml, endpoint.command


@pytest.mark.parametrize(
    "words", [("balance",), ("logs",), ("send", "66847781470", "--text", "x"), ("apps", "list")]
)
class TestNoAccount:
    def test_no_credentials(self, refused, monkeypatch, words):
        for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
            monkeypatch.delenv(name, raising=False)
        assert refused(*words).startswith("error: no credentials: set ANTS_USERNAME and ANTS_PASSWORD")

    def test_wrong_ones(self, api, refused, monkeypatch, words):
        monkeypatch.setenv("ANTS_PASSWORD", "wrong")
        assert refused(*words).startswith("error: HTTP 401")

    def test_a_password_in_the_clear(self, refused, monkeypatch, words):
        monkeypatch.setenv("ANTS_USERNAME", "demo")
        monkeypatch.setenv("ANTS_PASSWORD", "demo")
        monkeypatch.delenv("ANTS_API_KEY", raising=False)
        assert "in the clear" in refused(*words, "--base-url", "http://example.com")


def test_an_address_goes_before_that_of_the_environment(api, done, monkeypatch):
    monkeypatch.setenv("ANTS_BASE_URL", "https://example.invalid")
    assert "THB" in done("balance", "--base-url", api)


@pytest.mark.parametrize("wire", Wire)
def test_the_format_spoken(api, done, wire):
    with respx.mock(base_url=api, using="httpx") as server:
        answer = {"json": '{"balance": 1, "currency": "THB"}'}.get(
            wire, "<accountBalance><balance>1</balance><currency>THB</currency></accountBalance>"
        )
        kind = {"Content-Type": wire.content_type}
        route = server.get("/account/1/balance").respond(200, text=answer, headers=kind)
        assert done("balance", "--wire", wire) == "balance\t1\ncurrency\tTHB\n"
    assert route.calls[0].request.headers["accept"] == wire.content_type


def test_words_of_a_server_give_a_terminal_no_orders(api, ants):
    text = "No \x1b]0;title\x07 way\nout"
    refusal = {"requestError": {"serviceException": {"messageId": "BAD", "text": text}}}
    with respx.mock(base_url=api, using="httpx") as server:
        server.get("/account/1/balance").respond(400, json=refusal)
        assert ants("balance").stderr == "error: HTTP 400 BAD: No \\x1b]0;title\\x07 way out\n"


class TestNoClearAnswer:
    """Exit code 3: it may have happened, so it is not to be done again like something refused."""

    @pytest.mark.parametrize(
        ("words", "method", "look"),
        [
            (("apps", "create", "x"), "POST", "ants-async apps list"),
            (("keys", "create", "x"), "POST", "ants-async keys list"),
            (("send", "66847781470", "--text", "x"), "POST", "ants-async logs --to 66847781470 --since 20"),
            (("reports",), "GET", "ants-async logs --since 20"),
        ],
    )
    def test_the_line_says_what_to_look_for(self, api, ants, words, method, look):
        with respx.mock(base_url=api, using="httpx") as server:
            server.route(method=method).mock(side_effect=httpx.ReadTimeout("slow"))
            result = ants(*words)
        assert result.exit_code == 3
        (line,) = result.stderr.splitlines()
        assert "no clear answer" in line
        assert f"before doing it again run: {look}" in line

    def test_at_the_same_address(self):
        account = Account("http://localhost:1", "json", in_json=False)
        assert account._command(["apps", "list"], 0) == "ants-async apps list --base-url http://localhost:1"
