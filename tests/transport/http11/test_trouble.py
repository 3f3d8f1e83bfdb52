"""Time limits, broken connections, cancellation, closing: errors of httpx, and nothing left behind."""

import asyncio
import socket
import ssl

import anyio
import httpx
import pytest
import trustme
from security.bad_server import closed_port
from talking_server import OK, always, talking, until
from virtual_time import virtual_time

from ants_async.errors import ConfigurationError
from ants_async.transport.http11 import ConnectionPool

AUTHORITY = trustme.CA()


def client(timeout=None, **options):
    return httpx.AsyncClient(transport=ConnectionPool(**options), timeout=timeout)


async def silence(reader, writer):
    await asyncio.sleep(10**6)


def serving():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    return context


def trusting():
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


# --- time limits


@virtual_time
async def test_connecting_has_a_limit_of_its_own_that_counts_tls():
    async with talking(silence) as (_, url), client(httpx.Timeout(None, connect=3)) as http:
        start = anyio.current_time()
        with pytest.raises(httpx.ConnectTimeout):
            await http.get(url.replace("http:", "https:"))
        assert anyio.current_time() - start == pytest.approx(3)


@virtual_time
async def test_so_has_waiting_for_an_answer():
    async with talking(silence) as (_, url), client(httpx.Timeout(None, read=3)) as http:
        start = anyio.current_time()
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)
        assert anyio.current_time() - start == pytest.approx(3)


@virtual_time
async def test_and_waiting_for_the_rest_of_it():
    async def half(reader, writer):
        await reader.request()
        writer.write(OK[:-1])
        await silence(reader, writer)

    async with talking(half) as (_, url), client(httpx.Timeout(None, read=3)) as http:
        start = anyio.current_time()
        with pytest.raises(httpx.ReadTimeout):
            await http.get(url)
        assert anyio.current_time() - start == pytest.approx(3)


@virtual_time
async def test_and_sending():
    async with talking(silence) as (_, url), client(httpx.Timeout(None, write=3)) as http:
        with pytest.raises(httpx.WriteTimeout):
            await http.post(url, content=bytes(20 << 20))


@virtual_time
async def test_and_waiting_for_a_free_connection():
    async with talking(silence) as (server, url), client(httpx.Timeout(None, pool=3), connections=1) as http:
        first = asyncio.create_task(http.get(url))
        await until(lambda: server.open == 1)
        with pytest.raises(httpx.PoolTimeout):
            await http.get(url)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


# --- broken connections


async def test_nobody_there():
    async with client() as http:
        with pytest.raises(httpx.ConnectError, match="Connect"):
            await http.get(f"http://127.0.0.1:{closed_port()}")


@pytest.mark.parametrize("answered", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", OK[:-1]])
async def test_a_server_that_hangs_up(answered):
    async def talk(reader, writer):
        await reader.request()
        writer.write(answered)

    async with talking(talk) as (_, url), client() as http:
        with pytest.raises(httpx.RemoteProtocolError, match="the server closed the connection"):
            await http.get(url)


@pytest.mark.parametrize("size", [0, 20 << 20], ids=["while it was to answer", "while it was to read"])
async def test_a_connection_that_is_reset(size):
    async def reset(reader, writer):
        await reader.read(1)
        linger = (1).to_bytes(4, "little") + bytes(4)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    async with talking(reset) as (_, url), client() as http:
        with pytest.raises((httpx.ReadError, httpx.WriteError)):
            await http.post(url, content=bytes(size))


# --- whom to call


def names(monkeypatch, *ports):
    """Every name leads to these ports of this machine."""
    known = socket.getaddrinfo

    def ask(host, port, *args, **options):
        if host != "many.example":
            return known(host, port, *args, **options)
        if options.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one)) for one in ports]

    monkeypatch.setattr(socket, "getaddrinfo", ask)


async def test_the_next_address_of_a_host_is_tried_when_one_refuses(monkeypatch):
    async with talking(always(OK)) as (_, url), client() as http:
        names(monkeypatch, closed_port(), httpx.URL(url).port)
        assert (await http.get("http://many.example")).text == "ok"


async def test_when_all_refuse_the_error_says_why(monkeypatch):
    names(monkeypatch, closed_port(), closed_port())
    async with client() as http:
        with pytest.raises(httpx.ConnectError, match="Connect"):
            await http.get("http://many.example")


async def test_the_next_address_is_tried_when_one_says_nothing(monkeypatch):
    """A full backlog swallows attempts to connect."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fillers = [socket.socket() for _ in range(4)]
        for one in fillers:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        async with talking(always(OK)) as (_, url), client() as http:
            names(monkeypatch, full.getsockname()[1], httpx.URL(url).port)
            assert (await http.get("http://many.example")).text == "ok"
        for one in fillers:
            one.close()


# --- cancellation


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_wherever_a_call_is_cancelled_its_turn_and_its_connection_are_given_up(tls):
    async def slowly(reader, writer):
        while await reader.request():
            for place in range(len(OK)):
                writer.write(OK[place : place + 1])
                await asyncio.sleep(0)

    steps, done = 0, False
    async with (
        talking(slowly, ssl=serving() if tls else None) as (server, url),
        client(connections=1, context=trusting()) as http,
    ):
        while not done:
            call = asyncio.create_task(http.get(url))
            for _ in range(steps):
                await asyncio.sleep(0)
            done = call.done()
            call.cancel()
            await asyncio.wait([call])
            steps += 3
            await until(lambda: asyncio.all_tasks() == {asyncio.current_task(), *server.at_work})
        assert steps > 30
        assert (await http.get(url)).text == "ok"
        await until(lambda: server.open == 1)


# --- closing


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_a_pool_that_closes_says_goodbye(tls):
    last = []

    async def talk(reader, writer):
        await reader.request()
        writer.write(OK)
        last.append(await reader.request())

    async with talking(talk, ssl=serving() if tls else None) as (server, url):
        async with client(context=trusting()) as http:
            await http.get(url)
        await until(lambda: server.open == 0)
    assert last == [b""]


@virtual_time
async def test_it_does_not_wait_for_ever_for_the_goodbye_of_a_server():
    async def mute(reader, writer):
        await reader.request()
        writer.write(OK)
        await writer.drain()
        writer.transport.pause_reading()
        await silence(reader, writer)

    async with talking(mute, ssl=serving()) as (_, url):
        async with client(context=trusting()) as http:
            await http.get(url)
            start = anyio.current_time()
        assert anyio.current_time() - start <= 2


async def test_it_cuts_off_what_is_under_way_and_connects_to_nobody_any_more():
    pool = ConnectionPool()

    async def listen(reader, writer):
        await reader.request()
        await reader.request()

    async with talking(listen) as (server, url):
        call = asyncio.create_task(pool.handle_async_request(httpx.Request("GET", url)))
        await until(lambda: server.requests)
        await pool.aclose()
        with pytest.raises(httpx.ReadError, match="closed"):
            await call
        with pytest.raises(httpx.ConnectError, match="closed"):
            await pool.handle_async_request(httpx.Request("GET", url))
        await pool.aclose()


# --- what is not sent


@pytest.mark.parametrize(
    ("error", "request_"),
    [
        (httpx.LocalProtocolError, httpx.Request("GET", "http://x", headers=[(b"X", b"a\r\nY: b")])),
        (httpx.LocalProtocolError, httpx.Request("GET", "http://x", headers=[(b"X\nY", b"b")])),
        (httpx.LocalProtocolError, httpx.Request("GET", "http://x", headers=[(b"X", b"\0")])),
        (httpx.LocalProtocolError, httpx.Request("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "http://x")),
        (httpx.LocalProtocolError, httpx.Request("GET / X", "http://x")),
        (
            httpx.LocalProtocolError,
            httpx.Request("POST", "http://x", headers={"Content-Length": "1"}, content=b"ab"),
        ),
        (
            httpx.LocalProtocolError,
            httpx.Request("POST", "http://x", headers={"Transfer-Encoding": "chunked"}),
        ),
        (httpx.UnsupportedProtocol, httpx.Request("GET", "ftp://x")),
    ],
)
async def test_a_request_that_a_server_could_read_in_another_way_is_not_sent(error, request_):
    with pytest.raises(error):
        await ConnectionPool().handle_async_request(request_)


def test_without_asyncio_it_says_so():
    work = ConnectionPool().handle_async_request(httpx.Request("GET", "http://x"))
    with pytest.raises(ConfigurationError, match="runs under asyncio"):
        work.send(None)
