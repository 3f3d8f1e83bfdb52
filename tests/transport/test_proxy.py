"""A proxy is set by argument. It sees where a request goes, and nothing of what is in it."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme
from security.bad_server import answer, bad_server, closed_port
from security.leaks import Canaries, listening

from ants_async import AntsClient, BasicAuth, RetryPolicy
from ants_async.errors import ApiError, ConnectionFailed

AUTHORITY = trustme.CA()
BALANCE = b'{"balance": 1, "currency": "THB"}'
PASSWORD = "pr%40xy-w%C3%B6rd"
SECRETS = Canaries(proxy=PASSWORD, sent="pr@xy-wörd", basic="anna:s3cret", password="s3cret")
SECRETS.add("both", "carl:pr@xy-wörd")


@asynccontextmanager
async def tunnel(refuse=None):
    """A proxy that makes tunnels: its port, the heads of what it was asked, the bytes that went through."""
    asked, through = [], []

    async def copy(reader, writer):
        while piece := await reader.read(65536):
            through.append(piece)
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head)
        if refuse is not None:
            writer.write(refuse(head))
            await writer.drain()
            writer.close()
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        back, on = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(copy(reader, on), copy(back, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked, through
    finally:
        server.close()
        await server.wait_closed()


def client(port, proxy_port):
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return AntsClient(
        f"https://127.0.0.1:{port}",
        BasicAuth("anna", "s3cret"),
        proxy=f"http://carl:{PASSWORD}@127.0.0.1:{proxy_port}",
        ssl_context=context,
        rate=None,
        retry=RetryPolicy(attempts=1),
    )


@asynccontextmanager
async def api(handler):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    async with bad_server(handler, ssl=context) as (server, port):
        yield server, port


async def test_requests_go_through_it_and_it_cannot_read_them():
    with listening() as heard:
        async with (
            api(lambda _: answer(200, BALANCE)) as (server, port),
            tunnel() as (proxy_port, asked, through),
            client(port, proxy_port) as ants,
        ):
            assert (await ants.account.balance()).balance == 1
            assert SECRETS.in_object(ants) == set()
    assert b"\r\nproxy-authorization: basic " in asked[0].lower()
    assert b"\r\nauthorization" not in asked[0].lower()
    assert SECRETS.in_bytes(b"".join(through)) == set()
    assert b"proxy-authorization" not in server.requests[0].lower()
    assert SECRETS.in_text(heard.text) == set()


@pytest.mark.parametrize(
    "refuse",
    [
        lambda head: b"HTTP/1.1 407 " + b" ".join(head.split()) + b"\r\nContent-Length: 0\r\n\r\n",
        lambda head: b"HTTP/1.1 502 Bad\r\nX-Echo: " + b" ".join(head.split()) + b"\r\n\r\n",
    ],
    ids=["reason", "header"],
)
async def test_a_tunnel_that_is_refused_means_that_nothing_was_sent(refuse):
    with listening() as heard:
        async with tunnel(refuse) as (proxy_port, _, _), client(closed_port(), proxy_port) as ants:
            for work in (ants.account.balance, lambda: ants.sms.send("66847781470", "x")):
                with pytest.raises(ConnectionFailed) as caught:
                    await work()
                assert SECRETS.in_error(caught.value) == set()
    assert SECRETS.in_text(heard.text) == set()


async def test_an_answer_that_quotes_the_proxys_password_is_not_told_whole():
    async with (
        api(lambda _: answer(400, f"{PASSWORD} pr@xy-wörd".encode())) as (_, port),
        tunnel() as (proxy_port, _, _),
        client(port, proxy_port) as ants,
    ):
        with pytest.raises(ApiError) as caught:
            await ants.account.balance()
    assert SECRETS.in_error(caught.value) == set()


async def test_a_proxy_out_of_reach():
    async with client(closed_port(), closed_port()) as ants:
        with pytest.raises(ConnectionFailed) as caught:
            await ants.account.balance()
    assert SECRETS.in_error(caught.value) == set()
