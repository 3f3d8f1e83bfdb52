"""Which connection a request takes: one that is free and sound, or a new one; nothing goes out twice."""

import asyncio
import gc
import socket

import httpx
import pytest
from talking_server import OK, always, talking, until
from virtual_time import virtual_time

from ants_async.transport.http11 import ConnectionPool

CLOSED_BY = {
    "Connection: close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "a second answer": OK + OK,
    "garbage behind the answer": OK + b"\0garbage",
    "a body where none belongs": b"HTTP/1.1 204 No Content\r\n\r\nok",
}


def client(**options):
    return httpx.AsyncClient(transport=ConnectionPool(**options), timeout=httpx.Timeout(None))


async def test_one_connection_carries_request_after_request():
    async with talking(always(OK)) as (server, url), client() as http:
        for _ in range(5):
            assert (await http.post(url, content=b"hello")).text == "ok"
    assert (server.connections, len(server.requests)) == (1, 5)
    assert server.requests[0].endswith(b"\r\n\r\nhello")


async def test_each_server_has_its_own():
    async with talking(always(OK)) as (one, url), talking(always(OK)) as (other, other_url), client() as http:
        for _ in range(2):
            await http.get(url)
            await http.get(other_url)
    assert (one.connections, other.connections) == (1, 1)


@pytest.mark.parametrize("answer", CLOSED_BY.values(), ids=CLOSED_BY)
async def test_a_connection_is_not_used_again_after(answer):
    async with talking(always(answer)) as (server, url), client() as http:
        for _ in range(2):
            await http.get(url)
    assert server.connections == 2


async def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again():
    async with talking(always(OK)) as (server, url), client() as http:
        async with http.stream("GET", url):
            pass
        await http.get(url)
    assert server.connections == 2


@virtual_time
async def test_it_is_not_kept_for_longer_than_30_seconds():
    async with talking(always(OK)) as (server, url), client() as http:
        await http.get(url)
        await asyncio.sleep(29)
        await http.get(url)
        assert server.connections == 1
        await asyncio.sleep(31)
        await http.get(url)
        assert server.connections == 2
        await until(lambda: server.open == 1)


async def test_those_of_a_burst_are_kept_for_the_next_one():
    async with talking(always(OK)) as (server, url), client() as http:
        for _ in range(2):
            await asyncio.gather(*(http.get(url) for _ in range(70)))
        assert server.connections == 70


async def test_no_more_are_open_than_allowed_and_an_idle_one_makes_room():
    async with (
        talking(always(OK)) as (one, url),
        talking(always(OK)) as (_, other),
        client(connections=2) as http,
    ):
        await asyncio.gather(*(http.get(url) for _ in range(10)))
        assert one.connections == 2
        await http.get(other)
        await until(lambda: one.open == 1)


class ByHand:
    """A server on a plain socket: what it does has happened before the event loop hears of it."""

    def __init__(self, listener):
        self._listener = listener
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    async def exchange(self, http, answer):
        """A connection that has carried one request."""
        asked = asyncio.create_task(http.get(self.url))
        connection = await self.accepted()
        await asyncio.get_running_loop().sock_recv(connection, 65536)
        connection.sendall(answer)
        await asked
        return connection

    async def accepted(self):
        connection, _ = await asyncio.get_running_loop().sock_accept(self._listener)
        return connection


@pytest.fixture
def by_hand():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield ByHand(listener)


def _close(connection):
    connection.close()


def _speak(connection):
    connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("does", [_close, _speak], ids=["has closed", "has spoken unasked"])
async def test_an_idle_connection_on_which_the_server_is_not_used_even_if_nobody_heard_of_it_yet(
    by_hand, does
):
    async with client() as http:
        first = await by_hand.exchange(http, OK)
        does(first)
        second = await by_hand.exchange(http, OK)  # it took a new connection, without being told
        first.close()
        second.close()


async def test_a_server_that_speaks_unasked_is_hung_up_on(by_hand):
    async with client() as http:
        connection = await by_hand.exchange(http, OK)
        connection.sendall(OK)
        assert await asyncio.get_running_loop().sock_recv(connection, 1) == b""
        connection.close()


async def test_a_request_whose_connection_breaks_as_it_is_sent_is_not_sent_again():
    async def hang_up(reader, writer):
        await reader.request()
        writer.write(OK)
        await reader.request()

    async with talking(hang_up) as (server, url), client() as http:
        await http.get(url)
        with pytest.raises(httpx.RemoteProtocolError, match="closed the connection without an answer"):
            await http.post(url, content=b"only once")
    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # what a loop leaves open, nobody can close
def test_a_pool_outlives_an_event_loop(by_hand):
    pool = ConnectionPool()
    http = httpx.AsyncClient(transport=pool)
    kept = [asyncio.run(by_hand.exchange(http, OK)) for _ in range(2)]
    asyncio.run(pool.aclose())
    for connection in kept:
        connection.close()
    gc.collect()
