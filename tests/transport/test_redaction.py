"""What is logged of our requests, and what errors quote of their answers, holds no secret and no number."""

import logging
import traceback

import httpx
import pytest

from ants_async import AntsClient, BasicAuth
from ants_async.errors import AntsError, BadRequest
from ants_async.models.api_keys import ApiKeyRequest
from ants_async.transport.redaction import Secrets, at_work, secrets_of
from ants_async.transport.retry import RetryPolicy

KEY = {"name": "x", "key": "S3CR3T", "publicApiKey": "S3CR3T"}


async def test_keys_and_numbers_stay_out_of_its_log(caplog):
    caplog.set_level(logging.DEBUG)

    def answer(request):
        return httpx.Response(200, json=KEY if request.url.path.endswith("S3CR3T") else {"results": []})

    transport = httpx.MockTransport(answer)
    async with AntsClient(
        "https://api.ants.co.th", BasicAuth("demo", "p4ssword"), transport=transport, rate=None
    ) as client:
        await client.api_keys.update("S3CR3T", ApiKeyRequest(name="x"))
        await client.api_keys.list(public_api_key="S3CR3T")
        await client.logs.search(to="66847781470")
    assert "GET https://api.ants.co.th/sms/1/logs?***" in caplog.text
    assert "PUT https://api.ants.co.th/settings/1/accounts/_/api-keys/***" in caplog.text
    for secret in ("S3CR3T", "66847781470", "p4ssword", "cDRzc3dvcmQ"):
        assert secret not in caplog.text


async def test_requests_of_others_are_logged_as_they_are(caplog):
    caplog.set_level(logging.INFO)
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("https://example.com/path?a=b")
    assert "GET https://example.com/path?a=b" in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.Response(400),
        httpx.Response(200, text="{"),
    ],
    ids=repr,
)
async def test_what_the_caller_was_handling_keeps_its_traceback_its_words_and_its_request(answer):
    def fail():
        raise httpx.ReadError("demo:p4ssword", request=httpx.Request("GET", "http://elsewhere"))

    def answers(request):
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with AntsClient(
        "http://localhost",
        BasicAuth("demo", "p4ssword"),
        transport=httpx.MockTransport(answers),
        retry=RetryPolicy(attempts=1),
    ) as client:
        try:
            fail()
        except httpx.ReadError as error:
            theirs = error
            with pytest.raises(AntsError):
                await client.account.balance()
    assert [frame.name for frame in traceback.extract_tb(theirs.__traceback__)][-1] == "fail"
    assert theirs.args == ("demo:p4ssword",)
    assert theirs.request.url == "http://elsewhere"


def test_a_secret_is_found_in_every_spelling():
    secrets = Secrets(["p@ss<wörd>/"])
    for spelling in (
        "p@ss<wörd>/",
        "p%40ss%3Cw%C3%B6rd%3E%2F",
        "p@ss&lt;wörd&gt;/",
        "p@ss<w\\u00f6rd>/",
        "b'p@ss<w\\xf6rd>/'",
        "cEBzczx39nJkPi8=",
    ):
        assert "rd" not in secrets.out_of(f"it is {spelling}."), spelling


def test_a_short_one_is_taken_out_where_it_stands_alone():
    secrets = Secrets(["1234"])
    assert secrets.out_of('{"pin":"1234"} to 66812345678 [1234]') == '{"pin":"***"} to 66812345678 [***]'


def test_a_header_of_ones_own_kind_is_secret_as_a_whole_and_in_its_second_half():
    assert secrets_of("Bearer t0ken-t0ken").out_of("t0ken-t0ken, Bearer t0ken-t0ken") == "***, ***"
    assert secrets_of("Basic no base64!").out_of("no base64!") == "***"


def test_what_others_log_meanwhile_stays_as_it_is(caplog):
    caplog.set_level(logging.DEBUG)
    log = logging.getLogger("httpcore.http11")
    with at_work(Secrets(["s3cret-s3cret"])):
        log.debug("headers=%r", "s3cret-s3cret")
    log.debug("headers=%r", "s3cret-s3cret")
    assert [record.getMessage() for record in caplog.records] == ["headers='***'", "headers='s3cret-s3cret'"]


@pytest.mark.parametrize("before", [90, 195, 995])
async def test_a_long_answer_is_cut_short_after_the_secret_is_out_of_it(before):
    text = "." * before + "p4ssword-p4ssword"
    bodies = [
        text,
        f'{{"requestError": {{"serviceException": {{"messageId": "{text}", "text": "{text}"}}}}}}',
    ]
    transport = httpx.MockTransport(lambda _: httpx.Response(400, text=bodies.pop()))
    credentials = BasicAuth("demo", "p4ssword-p4ssword")
    async with AntsClient("https://x", credentials, transport=transport, rate=None) as client:
        for _ in range(2):
            with pytest.raises(BadRequest) as caught:
                await client.account.balance()
            assert "p4" not in f"{caught.value} {caught.value.text} {caught.value.code}"
