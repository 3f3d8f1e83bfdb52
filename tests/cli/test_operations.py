"""Each of the manual's operations as somebody types it, against the simulator over real HTTP."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ants_async.cli.root import cli
from ants_async.endpoints import OPERATIONS

A, B = "66847781470", "66847781471"


@pytest.fixture(autouse=True)
def api(simulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with simulator(delivery_time=0.0, unreachable={B}) as base_url:
        yield base_url


def ants(*words, stdin=None):
    return CliRunner().invoke(cli, list(map(str, words)), input=stdin)


def done(*words, code=0, **options):
    result = ants(*words, **options)
    assert result.exit_code == code, result.output
    return result.stdout


def data(*words):
    return json.loads(done(*words, "--json"))


def refused(*words):
    result = ants(*words)
    assert result.exit_code == 2, result.output
    return result.stderr.splitlines()[-1]


def with_a_key(monkeypatch):
    """From here on with an API key, as PINs want it."""
    monkeypatch.delenv("ANTS_USERNAME")
    monkeypatch.delenv("ANTS_PASSWORD")
    monkeypatch.setenv("ANTS_API_KEY", "demo-key")


@pytest.fixture
def shop():
    """An application and a template in it."""
    application = data("apps", "create", "Shop", "--pin-time-to-live", "120m")
    text = ("--message-text", "PIN: <pin>", "--pin-length", "6")
    template = data("templates", "create", application["applicationId"], *text)
    return application["applicationId"], template["messageId"]


def texts_sent():
    return [json.loads(line)["text"] for line in done("logs", "--all", "--json").splitlines()]


def test_every_operation_names_a_command_there_is():
    for endpoint in OPERATIONS.values():
        words = [word for word in endpoint.command.split() if not word.startswith("-")]
        options = [word for word in endpoint.command.split() if word.startswith("--")]
        helped = done(*words, "--help")
        assert all(option in helped for option in options), endpoint.command


class TestSend:
    def test_a_text_to_some(self):
        lines = done("send", A, B, "--text", "สวัสดี", "--sender", "ANTS").splitlines()
        assert lines[0] == "to\tmessageId\tsmsCount\tstatus.name"
        assert [line.split("\t")[0] for line in lines[1:]] == [A, B]
        assert texts_sent() == ["สวัสดี"] * 2

    def test_bytes(self):
        assert "PENDING_ENROUTE" in done("send", A, "--hex", "0f c2 4a", "--wire", "xml")
        assert texts_sent() == ["0f c2 4a"]

    def test_with_options_every_message_has_an_id(self):
        options = (
            "--flash",
            "--validity",
            "12h",
            "--send-at",
            "2026-05-01T09:00:00+07:00",
            "--language",
            "TR",
        )
        receipt = data("send", A, B, "--text", "ş", *options, "--message-id", "m", "--bulk-id", "b")
        assert receipt["bulkId"] == "b"
        assert [one["messageId"] for one in receipt["messages"]] == ["m-1", "m-2"]
        assert data("send", A, "--hex", "00", "--message-id", "x")["messages"][0]["messageId"] == "x"
        assert len(data("send", A, "--text", "x", "--callback-data", "d")["messages"][0]["messageId"]) == 32

    def test_several_texts_from_a_file(self):
        lines = [{"to": A, "text": "one"}, {"to": [A, B], "text": "two", "sender": "OTHER"}]
        Path("m.jsonl").write_text("\n\n".join(map(json.dumps, lines)), encoding="utf-8")
        assert len(data("send", "--messages", "m.jsonl", "--sender", "ANTS")["messages"]) == 3
        Path("b.jsonl").write_text('{"to": "66847781470", "hex": "0f"}', encoding="utf-8")
        done("send", "--messages", "b.jsonl")
        assert sorted(texts_sent()) == ["0f", "one", "two", "two"]

    def test_rejections_are_explained_and_exit_1(self):
        result = ants("send", *[A] * 7, "--text", "same")
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"rejected: {A}: Message has been rejected due to a anti-flooding mechanism")
        assert line.endswith("Send it again later: it could not be taken this time.")

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            ((), "one of --text, --hex and --messages"),
            ((A,), "one of --text, --hex and --messages"),
            ((A, "--text", "x", "--hex", "00"), "one of --text, --hex and --messages"),
            (("--text", "x"), "numbers go with"),
            ((A, "--messages", "m.jsonl"), "numbers go with"),
            (("--messages", "m.jsonl", "--flash"), "--sender only"),
            (("--messages", "none.jsonl"), "none.jsonl"),
            (("--messages", "bad.jsonl"), "bad.jsonl, line 2"),
            (("--messages", "odd.jsonl"), "odd.jsonl, line 1: to"),
            (("--messages", "mixed.jsonl"), "all with a text, or all with hex"),
            (("--messages", "empty.jsonl"), "line 1: text"),
            (("12", "--text", "x"), "to: '12'"),
            ((A, "--text", "x", "--sender", "MY SHOP"), "sender"),
            ((A, "--hex", "0"), "hex"),
            ((A, "--text", "x" * 4001), "4000 bytes"),
            ((A, "--text", "x", "--validity", "3d"), "validity_period"),
            ((A, "--text", "x", "--validity", "long"), "--validity"),
            ((A, "--text", "x", "--send-at", "soon"), "--send-at"),
            ((A, "--text", "x", "--send-at", "2026-05-01T09:00:00"), "offset"),
        ],
    )
    def test_what_cannot_be_sent_is_named(self, words, named):
        Path("bad.jsonl").write_text('{"to": "66847781470", "text": "x"}\nnonsense\n', encoding="utf-8")
        Path("odd.jsonl").write_text('{"text": "x"}\n', encoding="utf-8")
        Path("empty.jsonl").write_text('{"to": "66847781470"}\n', encoding="utf-8")
        mixed = '{"to": "66847781470", "text": "x"}\n{"to": "66847781470", "hex": "00"}\n'
        Path("mixed.jsonl").write_text(mixed, encoding="utf-8")
        line = refused("send", *words)
        assert line.lower().startswith("error: ")
        assert named in line
        assert texts_sent() == []


class TestPreview:
    def test_by_the_api(self):
        (preview,) = data("preview", "Hello")
        assert (preview["messageCount"], preview["charactersRemaining"]) == (1, 155)

    def test_here(self, monkeypatch):
        monkeypatch.delenv("ANTS_USERNAME")
        facts = dict(line.split("\t") for line in done("preview", "It’s", "--local").splitlines())
        assert (facts["encoding"], facts["forcing"], facts["suggestion"]) == ("UCS2", "’", "It's")
        assert "language_code" in refused("preview", "x", "--local", "--language", "XX")


class TestLooking:
    def test_reports_come_once(self):
        receipt = data("send", A, "--text", "x", "--bulk-id", "b")
        lines = done("reports", "--bulk-id", "b", "--wire", "xml").splitlines()
        assert lines[1].split("\t")[:2] == [receipt["messages"][0]["messageId"], A]
        assert done("reports", "--bulk-id", "b") == ""

    def test_logs_by_every_filter(self):
        receipt = data("send", A, "--text", "two\tlines\nof it", "--sender", "ANTS", "--bulk-id", "b")
        filters = ("--sender", "ANTS", "--to", A, "--bulk-id", "b", "--mcc", "520")
        times = ("--since", "2020-01-01T00:00:00Z", "--until", "2100-01-01T00:00:00Z")
        own = ("--message-id", receipt["messages"][0]["messageId"], "--message-id", "other")
        (_, line) = done("logs", *filters, *times, *own).splitlines()
        assert line.endswith("ANTS\ttwo lines of it")
        assert done("logs", "--status", "PENDING") == ""
        assert "--since" in refused("logs", "--since", "yesterday")
        assert "offset" in refused("logs", "--until", "2026-05-01T09:00:00")

    def test_balance(self):
        assert done("balance") == "balance\t1000000\ncurrency\tTHB\n"
        assert data("balance", "--wire", "xml") == {"balance": 1000000, "currency": "THB"}


class TestTwoFactor:
    def test_an_application_keeps_what_is_not_changed(self, shop):
        app, _ = shop
        changed = data("apps", "update", app, "--name", "Store", "--pin-attempts", "3", "--disabled")
        assert changed["configuration"]["pinTimeToLive"] == "2h"
        assert (changed["name"], changed["enabled"]) == ("Store", False)
        assert data("apps", "get", app) == changed
        assert done("apps", "list").splitlines()[1].split("\t") == [app, "Store", "no", "2h"]

    def test_a_template_keeps_what_is_not_changed(self, shop):
        app, template = shop
        changed = data("templates", "update", app, template, "--sender-id", "ANTS", "--speech-rate", "1.5")
        assert (changed["messageText"], changed["senderId"]) == ("PIN: <pin>", "ANTS")
        assert data("templates", "get", app, template) == changed
        assert template in done("templates", "list", app)

    def test_a_pin_from_send_to_verify(self, shop, monkeypatch):
        sent_before = texts_sent()
        with_a_key(monkeypatch)
        sent = data("pin", "send", *shop, A)
        done("pin", "resend", sent["pinId"])
        assert data("pin", "resend", sent["pinId"], "--voice")["callStatus"] == "PROCESSING"
        pin = texts_sent()[0].removeprefix("PIN: ")
        assert not sent_before
        typed = ants("pin", "verify", sent["pinId"], stdin=f"{pin}\n")
        assert typed.exit_code == 0, typed.output
        assert "verified\tyes" in typed.stdout
        assert pin not in typed.output

    def test_a_wrong_pin_exits_1(self, shop, monkeypatch):
        with_a_key(monkeypatch)
        sent = data("pin", "send", *shop, A)
        assert "pinError\tWRONG_PIN" in done("pin", "verify", sent["pinId"], "--pin", "x", code=1)

    def test_a_number_out_of_reach_is_said(self, shop, monkeypatch):
        with_a_key(monkeypatch)
        result = ants("pin", "send", *shop, B)
        assert result.exit_code == 1
        assert "not sent: the number is not reachable" in result.stderr
        assert "MESSAGE_SENT" in done("pin", "send", *shop, B, "--no-lookup")

    def test_a_password_is_no_key(self, shop):
        assert "App <publicApiKey>" in refused("pin", "send", *shop, A)

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("apps", "create", " "), "name"),
            (("apps", "create", "x", "--verify-pin-limit", "0/1d"), "verify_pin_limit"),
            (("apps", "get", "none"), "APPLICATION_NOT_FOUND"),
            (("templates", "create", "a", "--message-text", "none"), "message_text"),
            (("templates", "list", "none"), "APPLICATION_NOT_FOUND"),
        ],
    )
    def test_what_cannot_be_is_named(self, words, named):
        assert named in refused(*words)


class TestKeys:
    def test_a_new_one_is_shown_whole_once_and_cut_short_then(self):
        shown = dict(
            line.split("\t") for line in done("keys", "create", "web", "--permission", "TFA").splitlines()
        )
        assert len(shown["key"]) == 32
        (_, line) = done("keys", "list", "--enabled", "--name", "web").splitlines()
        assert line.split("\t")[1] == f"{shown['key'][:4]}…"
        assert shown["publicApiKey"] not in done("keys", "get", shown["key"])
        assert data("keys", "get", shown["key"])["publicApiKey"] == shown["publicApiKey"]

    def test_an_update_keeps_what_is_not_changed(self):
        key = data("keys", "create", "web", "--allow-ip", "127.0.0.1")["key"]
        changed = data("keys", "update", key, "--disabled", "--valid-to", "2100-01-01T00:00:00+07:00")
        assert (changed["name"], changed["allowedIPs"], changed["enabled"]) == ("web", ["127.0.0.1"], False)

    def test_a_key_cannot_manage_keys(self, monkeypatch):
        with_a_key(monkeypatch)
        assert "an API key cannot manage API keys" in refused("keys", "list")

    def test_a_time_that_is_none_is_named(self):
        assert "valid_to" in refused("keys", "create", "web", "--valid-to", "soon")


class TestPlan:
    def test_it_counts_what_a_run_would_send_and_sends_nothing(self):
        rows = [f"{A},Hi", f"{B},It’s “me”", f"6684778147,สวัสดี {'ก' * 200}", "12,Bad", f"{A},Hi"]
        Path("list.csv").write_text("to,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
        plan = data("campaign", "plan", "list.csv", "--price", "0.50", "--chunk", "2")
        counts = [plan[name] for name in ("recipients", "duplicates", "bad", "requests", "parts", "cost")]
        assert counts == [3, 1, 1, 2, 6, "3.00"]
        assert plan["by_parts"] == {"1 part": 2, "3 parts or more": 1}
        assert plan["encodings"] == {"GSM7": 1, "UCS2": 2}
        assert plan["forcing_ucs2"] == {"’": 1, "“": 1, "”": 1}
        assert (plan["longest"][0]["row"], plan["longest"][0]["parts"]) == (4, 4)
        assert plan["bad_rows"][0]["row"] == 5
        shown = done("campaign", "plan", "list.csv", "--price", "0.50")
        assert "cost\t3.00 THB" in shown
        assert "UCS2 for want of plain characters\t1, because of ’ “ ”" in shown
        assert texts_sent() == []

    def test_a_template_is_filled(self):
        Path("list.csv").write_text(f"to,name\n{A},{'x' * 200}\n", encoding="utf-8")
        assert data("campaign", "plan", "list.csv", "--text", "Hi {name}")["parts"] == 2

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("none.csv",), "none.csv"),
            (("list.csv", "--price", "much"), "--price"),
            (("list.csv", "--text", "{name}"), "no column 'name'"),
        ],
    )
    def test_what_cannot_be_planned_is_named(self, words, named):
        Path("list.csv").write_text(f"to,text\n{A},Hi\n", encoding="utf-8")
        assert named in refused("campaign", "plan", *words)
