"""`ants-async apps`, `templates` and `pin`."""

import json

import pytest
import respx
from click.testing import CliRunner

from ants_async.cli.pin import pin as pin_command

A, B = "66847781470", "66847781471"


@pytest.fixture(autouse=True)
def there(api):
    return api


@pytest.fixture
def shop(data):
    """An application and a template in it."""
    application = data("apps", "create", "Shop", "--pin-time-to-live", "120m")
    text = ("--message-text", "PIN: <pin>", "--pin-length", "6")
    template = data("templates", "create", application["applicationId"], *text)
    return application["applicationId"], template["messageId"]


class TestApplications:
    def test_an_update_keeps_what_is_not_given(self, data, done, shop):
        app, _ = shop
        changed = data("apps", "update", app, "--name", "Store", "--pin-attempts", "3", "--disabled")
        assert changed["configuration"]["pinTimeToLive"] == "2h"
        assert (changed["name"], changed["enabled"]) == ("Store", False)
        assert data("apps", "get", app) == changed
        (one,) = data("apps", "list")
        assert one == changed
        assert done("apps", "list").splitlines()[1].split("\t") == [app, "Store", "no", "3", "2h", "3/1d"]

    def test_every_rule(self, data):
        made = data(
            *("apps", "create", "x", "--pin-attempts", "3", "--pin-time-to-live", "5m", "--verify-once"),
            *("--verify-pin-limit", "2/4s", "--send-pin-per-application-limit", "5/1h"),
            *("--send-pin-per-phone-number-limit", "1/1d", "--enabled"),
        )
        assert made["configuration"] == {
            "pinAttempts": 3,
            "allowMultiplePinVerifications": False,
            "pinTimeToLive": "5m",
            "verifyPinLimit": "2/4s",
            "sendPinPerApplicationLimit": "5/1h",
            "sendPinPerPhoneNumberLimit": "1/1d",
        }

    def test_the_whole_application_goes_back(self, there, done):
        with respx.mock(base_url=there, using="httpx") as server:
            known = {"applicationId": "a", "name": "x", "enabled": True, "processId": "p"}
            server.get("/2fa/2/applications/a").respond(200, json=known)
            route = server.put("/2fa/2/applications/a").respond(200, json=known)
            done("apps", "update", "a", "--pin-attempts", "3")
        sent = json.loads(route.calls[0].request.content)
        assert (sent["name"], sent["enabled"], sent["processId"]) == ("x", True, "p")
        assert sent["configuration"]["pinAttempts"] == 3


class TestTemplates:
    def test_an_update_keeps_what_is_not_given(self, data, done, shop):
        app, template = shop
        changed = data("templates", "update", app, template, "--sender-id", "ANTS", "--speech-rate", "1.5")
        assert (changed["messageText"], changed["senderId"]) == ("PIN: <pin>", "ANTS")
        assert data("templates", "get", app, template) == changed
        line = done("templates", "list", app).splitlines()[1]
        assert line.split("\t") == [template, "NUMERIC", "6", "ANTS", "PIN: <pin>"]

    def test_one_for_voice(self, data, shop):
        voice = ("--language", "pt-br", "--repeat-dtmf", "1#", "--speech-rate", "0.5", "--pin-type", "HEX")
        made = data("templates", "create", shop[0], "--message-text", "<pin>", *voice)
        assert (made["language"], made["repeatDTMF"], made["pinType"]) == ("pt-br", "1#", "HEX")


class TestPin:
    def test_from_send_to_verify(self, shop, data, ants, with_a_key, texts_sent):
        with_a_key()
        sent = data("pin", "send", *shop, A)
        assert data("pin", "resend", sent["pinId"])["smsStatus"] == "MESSAGE_SENT"
        assert data("pin", "resend", sent["pinId"], "--voice")["callStatus"] == "PROCESSING"
        pin = texts_sent()[0].removeprefix("PIN: ")
        typed = ants("pin", "verify", sent["pinId"], pin)
        assert typed.exit_code == 0, typed.output
        assert "verified\tyes" in typed.stdout
        assert pin not in typed.output

    def test_it_is_read_from_a_pipe(self, shop, data, ants, with_a_key, texts_sent):
        with_a_key()
        sent = data("pin", "send", *shop, A)
        pin = texts_sent()[0].removeprefix("PIN: ")
        assert ants("pin", "verify", sent["pinId"], stdin=f"{pin}\n").exit_code == 0
        assert "pin: '***' is not valid" in ants("pin", "verify", sent["pinId"], stdin="").stderr

    def test_at_a_terminal_it_is_asked_for_unseen(self, monkeypatch, there):
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)
        with respx.mock(base_url=there, using="httpx") as server:
            answer = {"pinId": "p", "verified": True, "attemptsRemaining": 0}
            route = server.post("/2fa/1/pin/p/verify").respond(200, json=answer)
            result = CliRunner().invoke(pin_command, ["verify", "p"], input="1234\n")
        assert result.exit_code == 0, result.output
        assert json.loads(route.calls[0].request.content) == {"pin": "1234"}
        assert "1234" not in result.output
        aborted = CliRunner().invoke(pin_command, ["verify", "p"], input="")
        assert aborted.exit_code == 130, "1 would say that a PIN was wrong"

    def test_a_wrong_one_exits_1(self, shop, data, done, with_a_key):
        with_a_key()
        sent = data("pin", "send", *shop, A)
        assert "pinError\tWRONG_PIN" in done("pin", "verify", sent["pinId"], "x", code=1)

    def test_a_number_out_of_reach_is_said(self, shop, ants, done, with_a_key):
        with_a_key()
        result = ants("pin", "send", *shop, B)
        assert result.exit_code == 1
        assert "smsStatus\tMESSAGE_NOT_SENT" in result.stdout
        assert result.stderr == (
            "not sent: the number cannot be reached now; to send it all the same: --no-lookup\n"
        )
        assert "MESSAGE_SENT" in done("pin", "send", *shop, B, "--no-lookup")

    def test_a_limit_says_how_long_to_wait(self, there, refused, monkeypatch):
        throttled = {"requestError": {"serviceException": {"messageId": "THROTTLE_EXCEPTION", "text": "-"}}}
        with respx.mock(base_url=there, using="httpx") as server:
            route = server.post("/2fa/1/pin/p/resend")
            route.respond(429, json=throttled, headers={"Retry-After": "30"})
            assert refused("pin", "resend", "p").endswith("is reached; try again in 30 s")
        assert len(route.calls) == 1

    def test_a_password_is_no_key(self, shop, refused):
        assert "App <publicApiKey>" in refused("pin", "send", *shop, A)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("apps", "create", " "), "name"),
        (("apps", "create", "x", "--verify-pin-limit", "0/1d"), "verify_pin_limit"),
        (("apps", "create", "x", "--pin-attempts", "0"), "pin_attempts"),
        (("apps", "get", "none"), "APPLICATION_NOT_FOUND"),
        (("apps", "update", "none"), "nothing to change"),
        (("apps", "update", "none", "--pin-time-to-live", "soon"), "pin_time_to_live"),
        (("apps", "update", "none", "--name", "x"), "APPLICATION_NOT_FOUND"),
        (("templates", "create", "a", "--message-text", "none"), "message_text"),
        (("templates", "create", "a", "--message-text", "<pin>", "--speech-rate", "3"), "speech_rate"),
        (("templates", "create", "a", "--message-text", "<pin>", "--sender-id", "MY SHOP"), "sender_id"),
        (("templates", "create", "a", "--message-text", "<pin>", "--language", "xx"), "--language"),
        (("templates", "list", "none"), "APPLICATION_NOT_FOUND"),
        (("templates", "update", "a", "b"), "nothing to change"),
        (("pin", "send", "a", "b", "12"), "to: '12'"),
        (("pin", "verify", "p", " "), "pin: '***'"),
    ],
)
def test_what_cannot_be_is_named(words, named, refused):
    assert named in refused(*words)
