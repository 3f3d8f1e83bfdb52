"""What an answer may look like, and what is refused."""

import asyncio

import anyio
import httpx
import pytest
from talking_server import OK, always, talking
from virtual_time import virtual_time

from ants_async.transport.http11 import ConnectionPool
from ants_async.transport.http11.answers import MAX_HEAD, MAX_HEADERS

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def client(**options):
    return httpx.AsyncClient(transport=ConnectionPool(**options), timeout=httpx.Timeout(None))


WELL = {
    "a length": (OK, b"ok"),
    "chunks": (CHUNKED + b"1\r\no\r\n1;a=b\r\nk\r\n0\r\nX-Trailer: 1\r\n\r\n", b"ok"),
    "interim answers first": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hint\r\nLink: x\r\n\r\n" + OK,
        b"ok",
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "not modified, with the length of what was not sent": (
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        b"",
    ),
    "a length of nothing": (HEAD + b"Content-Length: 0\r\n\r\n", b""),
    "HTTP/1.0 that stays": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
        b"ok",
    ),
}


@pytest.mark.parametrize(("answer", "body"), WELL.values(), ids=WELL)
async def test_its_body_ends_where_it_says_and_the_connection_goes_on(answer, body):
    async with talking(always(answer, OK)) as (server, url), client() as http:
        assert (await http.get(url)).content == body
        assert (await http.get(url)).content == b"ok"
    assert server.connections == 1


@pytest.mark.parametrize("answer", [value[0] for value in WELL.values()], ids=WELL)
async def test_it_may_come_byte_by_byte(answer):
    async def drip(reader, writer):
        await reader.request()
        for place in range(len(answer)):
            writer.write(answer[place : place + 1])
            await asyncio.sleep(0)
        await reader.request()

    async with talking(drip) as (_, url), client() as http:
        whole = {value[0]: value[1] for value in WELL.values()}
        assert (await http.get(url)).content == whole[answer]


async def test_status_and_headers_are_as_they_came():
    answer = b"HTTP/1.1 404 Nope\r\nX-Odd: \xff\r\nx-odd:b\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n"
    async with talking(always(answer)) as (_, url), client() as http:
        response = await http.get(url)
    assert response.status_code == 404
    assert response.headers.raw[:3] == [(b"X-Odd", b"\xff"), (b"x-odd", b"b"), (b"X-Empty", b"")]


async def test_a_body_without_a_length_ends_with_the_connection():
    async def talk(reader, writer):
        await reader.request()
        writer.write(HEAD + b"\r\nto ")
        await writer.drain()
        writer.write(b"the end")

    async with talking(talk) as (server, url), client() as http:
        assert (await http.get(url)).content == b"to the end"
        assert (await http.get(url)).content == b"to the end"
    assert server.connections == 2


async def test_the_answer_to_a_head_has_no_body_whatever_length_it_says():
    async with talking(always(OK)) as (_, url), client() as http:
        response = await http.head(url)
    assert (response.headers["Content-Length"], response.content) == ("2", b"")


REFUSED = {
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "the same length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "a length and chunks": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks, but packed": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "another encoding": HEAD + b"Transfer-Encoding: identity\r\n\r\nok",
    "a space before the colon": HEAD + b"Content-Length : 2\r\n\r\nok",
    "a folded header": HEAD + b"X: a\r\n Content-Length: 2\r\n\r\nok",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "a bare carriage return": HEAD + b"X: a\rContent-Length: 2\r\n\r\nok",
    "a length with a sign": HEAD + b"Content-Length: +2\r\n\r\nok",
    "a chunk size with a sign": CHUNKED + b"+2\r\nok\r\n0\r\n\r\n",
    "a status of nothing": b"HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "too much in one header": HEAD + b"X: " + b"a" * MAX_HEAD + b"\r\n\r\n",
    "too many headers": HEAD + b"X: a\r\n" * (MAX_HEADERS + 1) + b"\r\n",
    "headers too large together": HEAD + (b"X: " + b"a" * 1000 + b"\r\n") * (MAX_HEAD // 1000) + b"\r\n",
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
async def test_what_could_be_read_in_two_ways_or_is_too_much_is_refused(answer):
    async with talking(always(answer)) as (server, url), client() as http:
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(url)
    assert server.connections == 2


async def test_an_answer_may_come_before_the_request_is_sent_and_the_connection_ends_there():
    async def refuse(reader, writer):
        await reader.read(10)
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await asyncio.sleep(10**6)

    async with talking(refuse) as (server, url), client() as http:
        for _ in range(2):
            response = await http.post(url, content=bytes(20 << 20))
            assert (response.status_code, response.text) == (413, "no")
    assert server.connections == 2


@virtual_time
async def test_no_more_is_taken_in_than_is_read():
    sent = 0

    async def flood(reader, writer):
        nonlocal sent
        await reader.request()
        writer.write(HEAD + b"Content-Length: %d\r\n\r\n" % (1 << 30))
        while True:
            writer.write(bytes(1 << 16))
            await writer.drain()
            sent += 1 << 16

    async with talking(flood) as (_, url), client() as http, http.stream("GET", url) as response:
        await anyio.sleep(1)  # until nothing moves any more
        held = sent
        assert held < 16 << 20  # what the system's buffers take
        pieces = response.aiter_raw()
        for _ in range(1000):
            await anext(pieces)
        assert sent > held
        await pieces.aclose()
