"""A whole HTTP answer from a stranger: what the client makes of it, over a real socket."""

import asyncio
import functools
import socket
import warnings

from ants_async.client import AntsClient
from ants_async.endpoints import Family
from ants_async.errors import AntsError, ApiError, OutcomeUnknown
from ants_async.transport.auth import BasicAuth
from ants_async.transport.http11 import ConnectionPool
from ants_async.transport.http11.connection import Connection
from ants_async.transport.rate import make_limiter
from ants_async.transport.retry import RetryPolicy
from fuzz.target import Breach


class Strangers(ConnectionPool):
    """Every connection leads to somebody who has said it all already, and gone."""

    said = b""

    async def _opened(self, origin, loop, seconds):
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * len(self.said))
            theirs.settimeout(10)  # nobody reads while this is written: it has to fit
            theirs.sendall(self.said)
            theirs.shutdown(socket.SHUT_WR)
            _, connection = await loop.create_connection(
                lambda: Connection(origin, loop, self._open), sock=ours
            )
        return connection


@functools.cache
def loop():
    """One event loop a process."""
    return asyncio.new_event_loop()


@functools.cache
def connection():
    """One transport and client a process: making them takes long."""
    transport = Strangers()
    client = AntsClient(
        "http://127.0.0.1",
        BasicAuth("demo", "demo"),
        transport=transport,
        rate=None,
        retry=RetryPolicy(attempts=1, deadline=0),
    )
    return transport, client


def check_http(data):
    """A read ends in a model or an error of ours, and a send is unclear wherever no answer can be read."""
    transport, client = connection()
    transport.said = bytes(data[1:])
    client._transport.limiters = {family: make_limiter(None) for family in Family}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loop().run_until_complete(_check(client, is_send=data[:1] == b"\1"))
    if transport._turns._value != transport._connections:
        raise Breach("a turn is kept")


async def _check(client, *, is_send):
    try:
        if is_send:
            await client.sms.send("66847781470", "x")
        else:
            await client.account.balance()
    except AntsError as error:
        if is_send and not isinstance(error, ApiError | OutcomeUnknown):
            raise Breach(f"a send that may have arrived ends in {error!r}") from error
    await asyncio.sleep(0)  # what is closed is closed in the next round
