"""`ants-async send`: a few messages by hand."""

import json
from pathlib import Path

import httpx
import pytest
import respx

from ants_async.models.statuses import STATUSES

A, B = "66847781470", "66847781471"
PENDING = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "-"}
USED = {"groupId": 5, "groupName": "REJECTED", "id": 23, "name": "REJECTED_DUPLICATE_MESSAGE_ID"}


@pytest.fixture(autouse=True)
def there(api):
    return api


@pytest.fixture
def body(there, ants):
    """The path and the JSON that a command sends."""

    def run(*words):
        with respx.mock(base_url=there, using="httpx") as server:
            answer = {"messages": [{"to": A, "status": PENDING, "smsCount": 1, "messageId": "m"}]}
            route = server.post().respond(200, json=answer)
            result = ants(*words)
        assert result.exit_code == 0, result.output
        request = route.calls[0].request
        return request.url.path, json.loads(request.content)

    return run


def write(name, *lines):
    Path(name).write_text(
        "\n\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8"
    )


class TestSingle:
    def test_a_text_to_some(self, done, texts_sent):
        lines = done("send", A, B, "--text", "สวัสดี", "--sender", "ANTS").splitlines()
        assert lines[0] == "to\tstatus\tparts\tmessage id"
        assert [line.split("\t")[:3] for line in lines[1:]] == [[n, "PENDING_ENROUTE", "1"] for n in (A, B)]
        assert texts_sent() == ["สวัสดี"] * 2

    def test_bytes(self, done, texts_sent, body):
        assert "PENDING_ENROUTE" in done("send", A, "--hex", "0f c2 4a", "--wire", "xml")
        assert texts_sent() == ["0f c2 4a"]
        path, sent = body("send", A, "--hex", "0fc2", "--data-coding", "8", "--esm-class", "0")
        assert path == "/sms/1/binary/single"
        assert sent["binary"] == {"hex": "0f c2", "dataCoding": 8, "esmClass": 0}

    def test_numbers_as_people_write_them_with_their_country(self, done, body, refused):
        _, sent = body("send", "084 778 1470", "+66 84-778-1471", "--text", "x", "--region", "TH")
        assert sent["to"] == [A, B]
        write("messages.jsonl", {"to": A, "text": "x"})
        assert "no --region" in refused("send", "--messages", "messages.jsonl", "--region", "TH")

    def test_json_is_the_apis_answer(self, data):
        receipt = data("send", A, B, "--text", "x")
        assert receipt.keys() == {"bulkId", "messages"}
        assert receipt["messages"][0].keys() == {"to", "status", "smsCount", "messageId"}

    def test_on_a_terminal_it_is_a_table(self, done, at_a_terminal):
        assert f"│ {A} │" in done("send", A, "--text", "x")


class TestAdvanced:
    def test_every_option_goes_out(self, body):
        path, sent = body(
            *("send", A, "--text", "ş", "--sender", "ANTS", "--message-id", "m", "--bulk-id", "b", "--flash"),
            *("--validity", "90", "--send-at", "2026-05-01T09:00:00+07:00", "--callback-data", "d"),
            *("--notify-url", "https://example.com", "--notify-content-type", "application/xml"),
            *("--intermediate-report", "--language", "TR", "--transliteration", "TURKISH"),
        )
        assert path == "/sms/1/text/advanced"
        assert sent.pop("bulkId") == "b"
        (message,) = sent["messages"]
        assert message == {
            "from": "ANTS",
            "destinations": [{"to": A, "messageId": "m"}],
            "text": "ş",
            "flash": True,
            "validityPeriod": 90,
            "sendAt": message["sendAt"],
            "callbackData": "d",
            "notifyUrl": "https://example.com",
            "notifyContentType": "application/xml",
            "intermediateReport": True,
            "language": {"languageCode": "TR", "singleShift": True},
            "transliteration": "TURKISH",
        }
        assert message["sendAt"].startswith("2026-05-01T09:00:00")

    @pytest.mark.parametrize(("typed", "minutes"), [("90", 90), ("90m", 90), ("12h", 720), ("2d", 2880)])
    def test_a_validity_is_minutes_or_a_time_span(self, body, typed, minutes):
        _, sent = body("send", A, "--text", "x", "--validity", typed)
        assert sent["messages"][0]["validityPeriod"] == minutes

    def test_an_id_for_several_numbers_is_told_apart_by_the_number(self, data, done):
        first = data("send", A, B, "--text", "x", "--message-id", "m")
        assert [one["messageId"] for one in first["messages"]] == [f"m-{A}", f"m-{B}"]
        again = done("send", B, A, "--text", "x", "--message-id", "m", code=1)
        assert again.count("REJECTED_DUPLICATE_MESSAGE_ID") == 2, "whatever the order, nobody is texted twice"

    def test_without_one_of_your_own_ids_are_made(self, data):
        receipt = data("send", A, B, "--text", "x", "--callback-data", "d")
        first, second = (one["messageId"] for one in receipt["messages"])
        assert first.removesuffix(A) == second.removesuffix(B)
        assert len(data("send", A, "--hex", "00", "--flash")["messages"][0]["messageId"]) == 32

    def test_a_lost_answer_is_made_up_for(self, there, ants):
        with respx.mock(base_url=there, using="httpx") as server:
            rejected = httpx.Response(200, json={"messages": [{"to": A, "status": USED, "messageId": "m"}]})
            server.post("/sms/1/text/advanced").mock(side_effect=[httpx.ReadTimeout("slow"), rejected])
            result = ants("send", A, "--text", "x", "--flash")
        assert result.exit_code == 0, result.output
        assert result.stderr == f"arrived: {A}: on the first try, whose answer was lost\n"

    def test_no_answer_at_all_says_how_to_go_on(self, there, ants):
        with respx.mock(base_url=there, using="httpx") as server:
            route = server.post("/sms/1/text/advanced").mock(side_effect=httpx.ReadTimeout("slow"))
            result = ants("send", A, "--text", "x", "--flash")
        own_id = json.loads(route.calls[0].request.content)["messages"][0]["destinations"][0]["messageId"]
        assert result.exit_code == 3
        (line,) = result.stderr.splitlines()
        assert f"the same command with --message-id {own_id} sends it again without texting anybody" in line
        assert f"ants-async logs --message-id {own_id} --since 20" in line
        assert len(route.calls) > 1


class TestFile:
    def test_several_texts(self, data, texts_sent):
        write("m.jsonl", {"to": A, "text": "one"}, {"to": [A, B], "text": "two", "sender": "OTHER"})
        assert len(data("send", "--messages", "m.jsonl", "--sender", "ANTS")["messages"]) == 3
        assert sorted(texts_sent()) == ["one", "two", "two"]

    def test_several_binary_contents(self, body):
        write("b.jsonl", {"to": A, "hex": "0f", "data_coding": 8}, {"to": B, "hex": "00", "sender": "OWN"})
        path, sent = body("send", "--messages", "b.jsonl", "--sender", "ANTS")
        assert path == "/sms/1/binary/multi"
        assert [(one["from"], one["binary"]["dataCoding"]) for one in sent["messages"]] == [
            ("ANTS", 8),
            ("OWN", 0),
        ]

    @pytest.mark.parametrize(
        ("lines", "named"),
        [
            ([{"to": A, "text": "x"}, "nonsense"], "m.jsonl, line 3: message: 'nonsense'"),
            (["[" * 100_000], "m.jsonl, line 1: message"),
            ([{"text": "x"}], "line 1: to: None"),
            ([{"to": 66847781470, "text": "x"}], "line 1: to: 66847781470"),
            ([{"to": [66847781470], "text": "x"}], "line 1: to: 66847781470"),
            ([{"to": [], "text": "x"}], "line 1: to: ()"),
            ([{"to": A}], "either a text or hex"),
            ([{"to": A, "text": "x", "hex": "00"}], "either a text or hex"),
            ([{"to": A, "text": " "}], "line 1: text: ' '"),
            ([{"to": A, "text": None}], "line 1: text: None"),
            ([{"to": A, "text": "x", "sender": 5}], "line 1: sender: 5"),
            (
                [{"to": A, "text": "x", "flash": True}],
                "line 1: message: 'flash' is not valid: only data_coding",
            ),
            ([{"to": A, "text": "x", "data_coding": 8}], "'data_coding' is not valid: for hex alone"),
            ([{"to": A, "hex": 5}], "line 1: hex: 5"),
            ([{"to": A, "hex": ""}], "line 1: hex: ''"),
            ([{"to": A, "hex": "00", "esm_class": "64"}], "line 1: esm_class: '64'"),
            ([{"to": A, "hex": "00", "data_coding": True}], "line 1: data_coding: True"),
            ([{"to": A, "text": "x"}, {"to": A, "hex": "00"}], "all with a text, or all with hex"),
            ([], "m.jsonl: there are no messages in it"),
        ],
    )
    def test_what_cannot_be_sent_is_named(self, refused, texts_sent, lines, named):
        write("m.jsonl", *lines)
        line = refused("send", "--messages", "m.jsonl")
        assert line.startswith("error: ")
        assert named in line
        assert texts_sent() == []

    def test_a_file_that_cannot_be_read(self, refused):
        Path("m.jsonl").write_bytes(b"\xff\n")
        assert refused("send", "--messages", "m.jsonl") == "error: m.jsonl: not UTF-8"
        assert refused("send", "--messages", "no.jsonl") == "error: no.jsonl: No such file or directory"


class TestRejected:
    def test_it_is_explained_and_exits_1(self, ants, done):
        for _ in range(6):
            done("send", A, "--text", "same")
        result = ants("send", A, "--text", "same", "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["messages"][0]["status"]["name"] == "REJECTED_FLOODING_FILTER"
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"rejected: {A}: REJECTED_FLOODING_FILTER: Message has been rejected due to a")
        assert line.endswith(f". {STATUSES[20].advice.text}")

    def test_of_several_only_those_that_were(self, ants, done):
        for _ in range(6):
            done("send", A, "--text", "same")
        result = ants("send", A, B, "--text", "same")
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"rejected: {A}: ")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), "give one of --text, --hex and --messages"),
        ((A,), "give one of --text, --hex and --messages"),
        ((A, "--text", "x", "--hex", "00"), "give one of --text, --hex and --messages"),
        (("--text", "x"), "give the numbers"),
        ((A, "--messages", "m.jsonl"), "brings its own numbers"),
        (("--messages", "m.jsonl", "--flash"), "--sender only"),
        (("--messages", "m.jsonl", "--data-coding", "8"), "go with --hex"),
        ((A, "--text", "x", "--esm-class", "64"), "go with --hex"),
        ((A, "--hex", "05 00", "--esm-class", "64"), "esm_class 64"),
        (("12", "--text", "x"), "to: '12'"),
        ((A, f"+{A}", "--text", "x"), f"to: '{A}' is not valid: given twice"),
        ((A, "--text", ""), "--text"),
        ((A, "--hex", ""), "--hex"),
        ((A, "--text", "x", "--message-id", " "), "--message-id"),
        ((A, "--text", "x", "--sender", "MY SHOP"), "sender: 'MY SHOP'"),
        ((A, "--hex", "0"), "hex: '0'"),
        ((A, "--text", "x" * 4001), "4000 bytes"),
        ((A, "--text", "\udcff"), "whole characters"),
        ((A, "--text", "x", "--validity", "3d"), "validity_period: 4320"),
        ((A, "--text", "x", "--validity", "90s"), "whole minutes"),
        ((A, "--text", "x", "--validity", "0"), "--validity"),
        ((A, "--text", "x", "--validity", "long"), "--validity"),
        ((A, "--text", "x", "--send-at", "soon"), "--send-at: 'soon'"),
        ((A, "--text", "x", "--send-at", "2026-05-01T09:00:00"), "a time with an offset"),
        ((A, "--text", "x", "--language", "XX"), "language_code: 'XX'"),
        ((A, "--text", "x", "--notify-content-type", "text/plain"), "--notify-content-type"),
    ],
)
def test_what_cannot_be_sent_is_named(refused, texts_sent, words, named):
    line = refused("send", *words)
    assert line.lower().startswith("error: ")
    assert named in line
    assert texts_sent() == []
