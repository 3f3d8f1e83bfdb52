"""`ants-async preview`, `reports`, `logs` and `balance`."""

import json

import httpx
import pytest
import respx

from ants_async.models.statuses import STATUSES
from ants_async.wire.converter import to_plain

A, B = "66847781470", "66847781471"


def entries(count, start=0, second=0):
    """Log entries as the API sends them, sent a millisecond after another."""
    return [
        {
            "messageId": f"m-{n}",
            "to": A,
            "text": "x",
            "sentAt": f"2026-05-01T09:00:{second:02}.{n % 1000:03}+0000",
            "status": to_plain(STATUSES[5]),
        }
        for n in range(start, start + count)
    ]


class TestPreview:
    def test_by_the_api(self, api, data, done):
        receipt = data("preview", "Hello")
        assert receipt["originalText"] == "Hello"
        (preview,) = receipt["previews"]
        assert (preview["messageCount"], preview["charactersRemaining"]) == (1, 155)
        assert done("preview", "Hello", "--wire", "xml") == "parts\tplaces left\ttext\n1\t155\tHello\n"

    def test_here_it_needs_no_account_and_says_what_forces_ucs2(self, done, data, monkeypatch):
        monkeypatch.delenv("ANTS_USERNAME", raising=False)
        facts = dict(line.split("\t") for line in done("preview", "It’s", "--local").splitlines())
        assert (facts["encoding"], facts["forcing"], facts["suggestion"]) == ("UCS2", "’", "It's")
        assert data("preview", "It’s", "--local") == {
            "encoding": "UCS2",
            "parts": 1,
            "places": 4,
            "remaining": 66,
            "forcing": ["’"],
            "suggestion": "It's",
        }

    def test_the_manuals_example(self, data):
        text = "Artık Ulusal Dil Tanımlayıcısı ile Türkçe karakterli smslerinizi"
        assert data("preview", "x" * 65, "--local")["remaining"] == 95
        assert data("preview", text, "--local", "--language", "TR")["encoding"] == "GSM7"

    def test_a_text_too_long_is_reckoned_and_then_refused(self, ants):
        result = ants("preview", "ก" * 1400, "--local")
        assert result.exit_code == 2
        assert "parts\t21\n" in result.stdout
        assert "at most 4000 bytes" in result.stderr

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("", "--local"), "text: '' is not valid"),
            (("x", "--local", "--language", "XX"), "language_code: 'XX'"),
            (("x", "--local", "--transliteration", "TURKISH"), "not with --local"),
            (("\udcff", "--local"), "whole characters"),
        ],
    )
    def test_what_cannot_be_previewed_is_named(self, refused, words, named):
        assert named in refused("preview", *words)


class TestReports:
    def test_they_come_once(self, api, data, ants):
        receipt = data("send", A, B, "--text", "x", "--bulk-id", "b")
        lines = ants("reports", "--bulk-id", "b", "--wire", "xml").stdout.splitlines()
        assert lines[0] == "done\tto\tstatus\terror\tmessage id"
        assert [line.split("\t")[-1] for line in lines[1:]] == [
            one["messageId"] for one in receipt["messages"]
        ]
        again = ants("reports", "--bulk-id", "b")
        assert (again.exit_code, again.stdout, again.stderr) == (0, "", "there are none\n")

    def test_in_json_a_line_each(self, api, data, done):
        data("send", A, B, "--text", "x")
        found = [json.loads(line) for line in done("reports", "--json", "--limit", "1").splitlines()]
        assert [one["to"] for one in found] == [A]
        assert len(done("reports", "--json").splitlines()) == 1

    def test_the_help_warns(self, done):
        assert "Each is handed out once" in done("reports", "--help")


class TestLogs:
    def test_every_filter(self, api, data, done):
        receipt = data("send", A, "--text", "two\tlines\nof it", "--sender", "ANTS", "--bulk-id", "b")
        entry = json.loads(done("logs", "--json"))
        group, network = entry["status"]["groupName"], entry["mccMnc"]
        filters = ("--sender", "ANTS", "--to", f"+{A}", "--bulk-id", "b", "--status", group.lower())
        networks = ("--mcc", network[:3], "--mnc", network[3:])
        times = ("--since", "2020-01-01T00:00:00Z", "--until", "2100-01-01T00:00:00Z")
        own = ("--message-id", receipt["messages"][0]["messageId"], "--message-id", "other")
        head, line = done("logs", *filters, *networks, *times, *own).splitlines()
        assert head == "sent\tfrom\tto\tstatus\terror\ttext\tmessage id"
        assert line.split("\t")[1:-1] == [
            "ANTS",
            A,
            entry["status"]["name"],
            entry["error"]["name"],
            "two lines of it",
        ]
        assert done("logs", "--status", "PENDING") == ""

    def test_all_of_them_are_streamed_page_after_page(self, api, done):
        pages = [entries(1000), entries(1, start=999) + entries(5, start=1000, second=1)]
        with respx.mock(base_url=api, using="httpx") as server:
            answers = [httpx.Response(200, json={"results": page}) for page in pages]
            route = server.get("/sms/1/logs").mock(side_effect=answers)
            lines = done("logs", "--all", "--json").splitlines()
        assert [json.loads(line)["messageId"] for line in lines] == [f"m-{n}" for n in range(1005)]
        assert route.calls[0].request.url.params["limit"] == "1000"

    def test_what_came_before_an_error_is_shown(self, api, ants, at_a_terminal):
        with respx.mock(base_url=api, using="httpx") as server:
            answers = [httpx.Response(200, json={"results": entries(1000)}), httpx.Response(401)]
            server.get("/sms/1/logs").mock(side_effect=answers)
            result = ants("logs", "--all")
        assert result.exit_code == 2
        assert result.stdout.count("│ m-") == 1000
        assert result.stderr.startswith("error: HTTP 401")

    def test_on_a_terminal(self, api, ants, at_a_terminal):
        ants("send", A, B, "--text", "\x1b[31mred")
        shown = ants("logs").stdout
        assert "\\x1b[31mred" in shown, "a text gives the terminal no orders"
        assert "\x1b[32mDELIVERED_TO_HANDSET" in shown
        assert "\x1b[31mUNDELIVERABLE_NOT_DELIVERED" in shown
        assert "NO_ERROR" not in shown
        assert "from" not in shown, "columns without a word take no room"
        assert "+00:00" not in shown

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("--to", "12"), "to: '12'"),
            (("--since", "yesterday"), "--since: 'yesterday'"),
            (("--until", "2026-05-01T09:00:00"), "--until: '2026-05-01T09:00:00' is not valid: a time with"),
            (("--since", "2026-05-02T00:00:00Z", "--until", "2026-05-01T00:00:00Z"), "is before --since"),
            (("--limit", "0"), "--limit"),
            (("--status", "LOST"), "--status"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, refused, words, named):
        assert named in refused("logs", *words)


def test_balance(api, done, data):
    assert done("balance") == "balance\t1000000\ncurrency\tTHB\n"
    assert data("balance", "--wire", "xml") == {"balance": 1000000, "currency": "THB"}
