"""Requests and answers without any I/O."""

import copy
import pickle

import pytest

from ants_async import errors
from ants_async.endpoints import Repeat, build, read
from ants_async.endpoints.table import BALANCE, LOGS, SEND, SEND_ADVANCED
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination, TextMessage


def refusal(code, text="why"):
    return f'{{"requestError":{{"serviceException":{{"messageId":"{code}","text":"{text}"}}}}}}'.encode()


def advanced(*ids):
    destinations = [Destination(f"6684778147{n}", one) for n, one in enumerate(ids)]
    return AdvancedRequest(messages=[AdvancedMessage(destinations=destinations, text="x")])


def test_a_body_is_json_and_says_so():
    parts = build(SEND, TextMessage(to="66847781470", text="ก"))
    assert (parts.method, parts.target) == ("POST", "/sms/1/text/single")
    assert parts.content == '{"to":"66847781470","text":"ก"}'.encode()
    assert parts.headers["Content-Type"] == "application/json"


def test_nothing_packed_is_asked_for():
    assert build(BALANCE).headers["Accept-Encoding"] == "identity"


def test_a_query_is_escaped():
    assert build(LOGS, query={"from": "A&B", "sentSince": "+07:00"}).target.endswith(
        "?from=A%26B&sentSince=%2B07%3A00"
    )


def test_a_send_may_be_repeated_only_when_every_message_has_an_id():
    assert SEND_ADVANCED.repeat_of(advanced("a", "b")) is Repeat.HARMLESS
    assert SEND_ADVANCED.repeat_of(advanced("a", None)) is Repeat.HARMFUL
    assert SEND.repeat_of(TextMessage(to="66847781470", text="x")) is Repeat.HARMFUL


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, errors.ApiError),
        (400, errors.BadRequest),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDenied),
        (404, errors.NotFound),
        (413, errors.PayloadTooLarge),
        (418, errors.ApiError),
        (429, errors.ThrottledError),
        (500, errors.ServerError),
        (503, errors.ServerError),
    ],
)
def test_refusals_are_told_apart_by_status_and_carry_the_apis_words(status, error):
    with pytest.raises(error) as caught:
        read(BALANCE, status, {}, refusal("CODE"))
    assert type(caught.value) is error
    assert (caught.value.status_code, caught.value.code, caught.value.text) == (status, "CODE", "why")


@pytest.mark.parametrize(
    "error",
    [
        errors.ThrottledError(429, "THROTTLE_EXCEPTION", "why", retry_after=3),
        errors.NotFound(404, "CODE", "why"),
        errors.ValidationError("to", "12", "rule"),
        errors.PinLimitReached("verifyPinLimit", "1/3s", retry_after=3),
        errors.OutcomeUnknown("no answer", sent_since=1.0),
        errors.ReportsNotTaken(["report"]),
        errors.ConnectionFailed("refused"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_crosses_from_one_process_to_another(error):
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize(
    "content", [b"<html>Bad gateway</html>", b"[]", b'{"requestError": 5}', b"\xff" * 5000, b""]
)
def test_a_proxys_error_page_is_kept_short(content):
    with pytest.raises(errors.ServerError) as caught:
        read(BALANCE, 502, {}, content)
    assert caught.value.code == "UNKNOWN"
    assert len(caught.value.text) <= 200


@pytest.mark.parametrize("odd", ["[" * 60 + "]" * 60, '"' + "x" * 10**6 + '"', "[" * 500 + "]" * 500])
def test_a_refusal_is_kept_short_whatever_stands_where_its_words_should(odd):
    body = f'{{"requestError": {{"serviceException": {{"messageId": {odd}, "text": {odd}}}}}}}'
    with pytest.raises(errors.BadRequest) as caught:
        read(BALANCE, 400, {}, body.encode())
    assert len(caught.value.code) <= 100
    assert len(caught.value.text) <= 1000


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("inf", None), ("Wed, 21 Oct", None)],
)
def test_retry_after_is_read_as_seconds(header, seconds):
    with pytest.raises(errors.ThrottledError) as caught:
        read(BALANCE, 429, {"retry-after": header}, b"")
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b'{"balance": 1}', b'{"balance": {}, "currency": 1}']
)
def test_a_200_that_is_no_answer_is_a_decode_error(content):
    with pytest.raises(errors.DecodeError, match=r"account\.balance|Balance"):
        read(BALANCE, 200, {}, content)
