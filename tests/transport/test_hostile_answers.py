"""Hostile answers over real sockets: each is a typed error, in time, and nothing of ours goes elsewhere."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import anyio
import pytest
from hostile_server import HostileServer, answer, endless
from virtual_time import virtual_time

from ants_async import errors
from ants_async.client import AntsClient
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy

JSON = "Content-Type: application/json"
XML = "Content-Type: application/xml"
RECEIPT = b'{"messages": []}'


@asynccontextmanager
async def facing(*behaviours, **options):
    """A server that behaves so, and a client of it."""
    async with (
        HostileServer(*behaviours) as server,
        AntsClient(
            server.url,
            BasicAuth("demo", "S3CR3T"),
            rate=None,
            retry=RetryPolicy(attempts=1),
            **options,
        ) as client,
    ):
        yield server, client


async def stay(send):
    """Say nothing."""
    await asyncio.sleep(10**6)


def then_stay(content):
    """Send this, and stay."""

    async def behave(send):
        await send(content)
        await stay(send)

    return behave


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TOO_SLOW = {
    "not a word": stay,
    "half a status line": then_stay(b"HTTP/1.1 2"),
    "a header that never ends": then_stay(HEAD + b"X-Odd: a"),
    "a header letter by letter": endless(b"a", HEAD + b"X-Odd: ", pause=1),
    "header after header, slowly": endless(b"X-Odd: a\r\n", HEAD, pause=1),
    "an interim answer every second": endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", pause=1),
    "a body that stalls": then_stay(answer(b'{"bal', length=100)),
    "a body byte by byte": endless(b" ", answer(b"", length=10**9), pause=1),
    "chunk by chunk": endless(b"1\r\n \r\n", CHUNKED, pause=1),
    "a trailer that never ends": endless(b"X-Odd: a\r\n", CHUNKED + b"0\r\n", pause=1),
}


@pytest.mark.parametrize("behaviour", TOO_SLOW.values(), ids=TOO_SLOW)
@virtual_time
async def test_whoever_is_too_slow_is_cut_off_at_the_total_time(behaviour):
    async with facing(behaviour, timeout=5) as (_, client):
        start = anyio.current_time()
        with pytest.raises(errors.RequestTimeout, match="within 5 s"):
            await client.account.balance()
        assert anyio.current_time() - start == pytest.approx(5)


TOO_MUCH_HEAD = {
    "a header of megabytes": endless(b"a" * 65536, HEAD + b"X-Odd: "),
    "headers without number": endless(b"X-Odd: a\r\n" * 1000, HEAD),
    "a status line of megabytes": endless(b"a" * 65536, b"HTTP/1.1 200 "),
    "a chunk size of megabytes": endless(b"0" * 65536, CHUNKED),
    "trailers without number": endless(b"X-Odd: a\r\n" * 1000, CHUNKED + b"0\r\n"),
}


@pytest.mark.parametrize("behaviour", TOO_MUCH_HEAD.values(), ids=TOO_MUCH_HEAD)
async def test_what_stands_around_a_body_is_limited_too(behaviour):
    async with facing(behaviour, timeout=60) as (_, client):
        with pytest.raises(errors.RequestTimeout, match="the connection broke before the answer"):
            await client.account.balance()


async def test_interim_answers_without_number_end_at_the_total_time():
    async with facing(endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000), timeout=0.3) as (_, client):
        with pytest.raises(errors.RequestTimeout, match=r"within 0\.3 s"):
            await client.account.balance()


TOO_LARGE = {
    "a body of a gibibyte": endless(b" " * 65536, answer(length=1 << 30)),
    "chunks without end": endless(b"10000\r\n" + b" " * 65536 + b"\r\n", CHUNKED),
    "a body up to the end of the connection": endless(b" " * 65536, HEAD + b"\r\n"),
}


@pytest.mark.parametrize("behaviour", TOO_LARGE.values(), ids=TOO_LARGE)
async def test_a_body_is_read_up_to_the_cap(behaviour):
    async with facing(behaviour, timeout=60) as (_, client):
        with pytest.raises(errors.DecodeError, match="larger than 8388608 bytes"):
            await client.account.balance()


BROKEN = {
    "HTTP/9": b"HTTP/9.9 200 OK\r\n\r\n",
    "garbage": b"\x00\x01garbage\r\n\r\n",
    "another protocol": b"220 mail.example ESMTP\r\n",
    "nothing": b"",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a status of letters": b"HTTP/1.1 abc OK\r\n\r\n",
    "a header without a colon": HEAD + b"oops\r\n\r\n",
    "a NUL in a header": HEAD + b"X: \x00\r\n\r\n",
    "a length of letters": HEAD + b"Content-Length: x\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a body shorter than it says": answer(b'{"balance": 1', length=100),
    "a chunk shorter than it says": CHUNKED + b"64\r\n{}",
    "chunks without an end": CHUNKED + b"2\r\n{}\r\n",
    "a chunk size of letters": CHUNKED + b"zz\r\n{}\r\n",
    "an unknown transfer encoding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "another protocol asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("behaviour", BROKEN.values(), ids=BROKEN)
async def test_what_is_no_http_is_a_broken_connection_and_a_send_is_not_repeated(behaviour):
    async with facing(behaviour) as (server, client):
        with pytest.raises(errors.RequestTimeout, match="the connection broke"):
            await client.account.balance()
        with pytest.raises(errors.OutcomeUnknown, match="look in the logs"):
            await client.sms.send("66847781470", "x")
        assert len(server.heads) == 2


UNREADABLE = {
    "a page": answer(b"<html><body>Welcome to the Wi-Fi</body></html>", 200, "Content-Type: text/html"),
    "a page said to be XML": answer(b"<!DOCTYPE html><html><body/></html>", 200, XML),
    "nothing": answer(b"", 200, JSON),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "no UTF-8": answer(b'{"balance": "\xff\xfe"}', 200, JSON),
    "NaN": answer(b'{"balance": NaN, "currency": "THB"}', 200, JSON),
    "another type": answer(b'{"balance": [], "messages": {}}', 200, JSON),
    "half of it": answer(b'{"balance": 1, ', 200, JSON),
    "XML said to be JSON": answer(b"<accountBalance><balance>1</balance></accountBalance>", 200, JSON),
    "a body longer than it says": answer(b'{"balance": 1, "messages": []}', 200, JSON, length=10),
    "a length of nothing": answer(b'{"balance": 1, "messages": []}', 200, JSON, length=0),
    "deep": answer(b"[" * 100_000, 200, JSON),
    "deep XML": answer(b"<a>" * 200_000, 200, XML),
}


@pytest.mark.parametrize("behaviour", UNREADABLE.values(), ids=UNREADABLE)
async def test_a_success_that_cannot_be_read_is_a_decode_error_and_for_a_send_unclear(behaviour):
    async with facing(behaviour) as (server, client):
        with pytest.raises(errors.DecodeError):
            await client.account.balance()
        with pytest.raises(errors.OutcomeUnknown, match="look in the logs"):
            await client.sms.send("66847781470", "x")
        assert len(server.heads) == 2


def packed(status, encoding, body):
    return answer(body, status, JSON, f"Content-Encoding: {encoding}")


BOMB = gzip.compress(gzip.compress(b" " * (64 << 20)))


@pytest.mark.parametrize("status", [200, 302, 404, 429, 500])
@pytest.mark.parametrize(
    "encoding", ["gzip", "gzip, gzip", "deflate", "br", "zstd", "identity, gzip", "x" * 50]
)
async def test_whatever_is_packed_stays_packed_and_is_refused(status, encoding):
    async with facing(packed(status, encoding, BOMB)) as (_, client):
        with pytest.raises(errors.DecodeError, match="only identity was asked for") as caught:
            await client.account.balance()
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("header", ["Date", "Retry-After", "Content-Type"])
@pytest.mark.parametrize("value", ["", "1" * 5000, "\xff", "Mon, 99 Foo 99999 99:99:99 +9999", "9e999"])
async def test_a_header_that_says_nothing_costs_nothing(header, value):
    body = b'{"requestError": {"serviceException": {"messageId": "NO", "text": "x"}}}'
    async with facing(answer(body, 401, f"{header}: {value}")) as (_, client):
        with pytest.raises(errors.AuthenticationError):
            await client.account.balance()
