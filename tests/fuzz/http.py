"""A whole HTTP answer from a stranger: what the client makes of it, without a socket."""

import asyncio
import functools
import warnings

import httpcore
import httpx

from ants_async.client import AntsClient
from ants_async.endpoints import Family
from ants_async.errors import AntsError, ApiError, OutcomeUnknown
from ants_async.transport.auth import BasicAuth
from ants_async.transport.rate import make_limiter
from ants_async.transport.retry import RetryPolicy
from fuzz.target import Breach


@functools.cache
def loop():
    """One event loop a process."""
    return asyncio.new_event_loop()


@functools.cache
def connection():
    """One transport and client a process: making them takes long."""
    transport = httpx.AsyncHTTPTransport()
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
    backend = httpcore.AsyncMockBackend([bytes(data[1:])])
    transport._pool = httpcore.AsyncConnectionPool(network_backend=backend)
    client._transport.limiters = {family: make_limiter(None) for family in Family}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loop().run_until_complete(_check(client, is_send=data[:1] == b"\1"))
    if len(client._http.cookies.jar):
        raise Breach("a cookie is kept")


async def _check(client, *, is_send):
    try:
        if is_send:
            await client.sms.send("66847781470", "x")
        else:
            await client.account.balance()
    except AntsError as error:
        if is_send and not isinstance(error, ApiError | OutcomeUnknown):
            raise Breach(f"a send that may have arrived ends in {error!r}") from error
