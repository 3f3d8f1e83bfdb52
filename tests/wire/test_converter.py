"""Bytes ⇄ models: the API's spelling, its quirks, and what is unknown."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ants_async.errors import DecodeError
from ants_async.models.reports import Balance, LogPage, Price, ReportPage
from ants_async.models.sms import (
    AdvancedMessage,
    AdvancedRequest,
    Destination,
    MultiRequest,
    SendReceipt,
    TextMessage,
)
from ants_async.models.statuses import Status, StatusGroup
from ants_async.models.two_factor import Template
from ants_async.wire import json
from ants_async.wire.converter import format_time, to_model, to_plain

STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE", "description": "Sent"}


def receipt(**changes):
    return {"messages": [{"to": "66847781470", "status": STATUS, "smsCount": 1, "messageId": "a"} | changes]}


def test_sender_is_from_on_the_wire_and_defaults_are_left_out():
    request = AdvancedRequest(
        bulk_id="b",
        messages=[
            AdvancedMessage(destinations=[Destination("66847781470", "m")], text="สวัสดี", sender="ANTS")
        ],
    )
    assert to_plain(request) == {
        "bulkId": "b",
        "messages": [
            {
                "destinations": [{"to": "66847781470", "messageId": "m"}],
                "text": "สวัสดี",
                "from": "ANTS",
            }
        ],
    }


def test_a_request_comes_back_from_its_plain_form():
    request = MultiRequest(messages=[TextMessage(to="66847781470", text="x", sender="ANTS")])
    assert to_model(to_plain(request), MultiRequest) == request


def test_one_number_may_stand_where_a_list_does():
    assert to_model({"to": "66847781470", "text": "x"}, TextMessage).to == ("66847781470",)


@pytest.mark.parametrize(
    ("odd", "kept"), [(True, {"smsCount": True}), ({"a": 1}, {"smsCount": {"a": 1}}), (None, {})]
)
def test_what_cannot_be_read_but_can_be_done_without_is_kept_as_it_came(odd, kept):
    message = to_model(receipt(smsCount=odd), SendReceipt).messages[0]
    assert (message.sms_count, message.message_id, message.extra) == (None, "a", kept)


def test_a_report_that_cannot_be_read_does_not_cost_the_others(caplog):
    good = {"messageId": "a", "status": STATUS}
    page = to_model({"results": [good, {"messageId": "b", "status": 5}, 7, good]}, ReportPage)
    assert [report.message_id for report in page.results] == ["a", "a"]
    assert "results[1] cannot be read" in caplog.text


def test_unknown_fields_are_kept():
    model = to_model(receipt(colour="red"), SendReceipt)
    assert model.messages[0].extra == {"colour": "red"}


def test_an_unknown_status_is_kept_and_is_not_final():
    status = to_model({"groupId": 9, "groupName": "NEW", "id": 99, "name": "NEW_ONE"}, Status)
    assert (status.id, status.name, status.group, status.is_final) == (99, "NEW_ONE", None, False)


def test_the_groups_name_decides_where_the_manual_prints_another_number():
    status = to_model(STATUS | {"groupId": 7}, Status)
    assert status.group is StatusGroup.PENDING


@pytest.mark.parametrize("offset", ["+0100", "+01:00"])
def test_both_offset_forms_are_read(offset):
    page = to_model(
        {"results": [{"messageId": "a", "status": STATUS, "sentAt": f"2015-02-12T09:51:43.123{offset}"}]},
        ReportPage,
    )
    assert page.results[0].sent_at == datetime(2015, 2, 12, 8, 51, 43, 123000, UTC)


@pytest.mark.parametrize("spelling", ["mccMnc", "mccmnc"])
def test_both_spellings_of_the_network_are_read(spelling):
    page = to_model({"results": [{"messageId": "a", "status": STATUS, spelling: "52001"}]}, LogPage)
    assert page.results[0].mcc_mnc == "52001"
    assert page.results[0].extra == {}


def test_money_is_exact():
    assert to_model({"pricePerMessage": 0.1, "currency": "THB"}, Price).price_per_message == Decimal("0.1")
    assert to_model({"balance": "15000.79", "currency": "THB"}, Balance).balance == Decimal("15000.79")


def test_times_are_written_as_the_manual_says():
    moment = datetime(2015, 7, 7, 17, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(moment) == "2015-07-07T17:00:00.000+01:00"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (receipt(status=STATUS | {"id": "x"}), r"\$\.messages\[0\]\.status\.id"),
        (receipt(status="OK"), r"\$\.messages\[0\]\.status"),
        (receipt(to={"a": 1}), r"\$\.messages\[0\]\.to"),
        ({}, "messages is missing"),
        ({"messages": 5}, r"\$\.messages"),
        ([], "expected an object"),
    ],
)
def test_a_wrong_answer_is_refused_by_path(data, path):
    with pytest.raises(DecodeError, match=path):
        to_model(data, SendReceipt)


@pytest.mark.parametrize("balance", ["NaN", "Infinity", "many", True])
def test_a_balance_that_is_no_number_is_refused(balance):
    with pytest.raises(DecodeError, match=r"\$\.balance"):
        to_model({"balance": balance, "currency": "THB"}, Balance)


@pytest.mark.parametrize("balance", ["1e999999999", "9" * 41, "1e-41"])
def test_a_balance_of_a_size_that_cannot_be_is_refused_before_anybody_writes_it_out(balance):
    with pytest.raises(DecodeError, match=r"\$\.balance"):
        to_model({"balance": balance, "currency": "THB"}, Balance)


@pytest.mark.parametrize("balance", ["123456789012345678901234567890", "1e30", "0.000000001"])
def test_a_balance_that_json_cannot_hold_exactly_is_written_all_the_same(balance):
    plain = to_plain(to_model({"balance": balance, "currency": "THB"}, Balance))
    assert json.loads(json.dumps(plain))["balance"] == pytest.approx(float(balance))


@pytest.mark.parametrize("speed", ["nan", "inf", True, "1e999"])
def test_a_speech_rate_that_is_no_number_is_kept_aside(speed):
    template = to_model({"messageId": "m", "speechRate": speed}, Template)
    assert (template.speech_rate, template.extra) == (None, {"speechRate": speed})


def test_a_number_larger_than_any_column_is_kept_aside():
    assert to_model(receipt(smsCount=2**63 - 1), SendReceipt).messages[0].sms_count == 2**63 - 1
    message = to_model(receipt(smsCount=2**63), SendReceipt).messages[0]
    assert (message.sms_count, message.extra) == (None, {"smsCount": 2**63})


def test_of_a_long_list_of_nonsense_only_the_beginning_is_looked_at():
    with pytest.raises(DecodeError) as caught:
        to_model({"messages": [{}] * 100_000}, SendReceipt)
    assert "$.messages[0].to" in str(caught.value)
    assert "messages[10]" not in str(caught.value)


def test_a_page_of_nonsense_is_no_page(caplog):
    assert to_model({"results": [0] * 1000}, ReportPage).unreadable == 1000
    assert len(caplog.records) == 10
    with pytest.raises(DecodeError, match="more than 1000 results cannot be read"):
        to_model({"results": [0] * 1001}, ReportPage)


def test_what_is_wrong_is_told_in_few_words():
    with pytest.raises(DecodeError) as caught:
        to_model({"key": "k", "messages": [{"to": "1", "status": STATUS | {"id": "x" * 10**6}}]}, SendReceipt)
    assert "$.messages[0].status.id" in str(caught.value)
    assert len(str(caught.value)) < 500
    with pytest.raises(DecodeError) as caught:
        to_model("9" * 10**6, datetime)
    assert len(str(caught.value)) < 500
