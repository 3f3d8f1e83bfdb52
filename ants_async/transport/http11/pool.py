"""Connections, kept for the next request; an httpx transport over them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
import attrs
import httpx

from ants_async.errors import ConfigurationError
from ants_async.transport.http11.connection import Connection, Origin
from ants_async.transport.http11.dialing import dial
from ants_async.transport.http11.requests import head_of, origin_of

_CLOSED: Final = "this pool is closed"
_GOODBYE: Final = 2.0
"""Seconds that closing may take in all."""


@attrs.frozen(slots=True)
class Timeouts:
    """Seconds for each step; None: as long as it takes."""

    connect: float | None = None
    read: float | None = None
    write: float | None = None
    pool: float | None = None


@attrs.frozen(slots=True)
class Reply:
    """The head of an answer, and its body, yet to be read; close that in the end."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: httpx.AsyncByteStream


class ConnectionPool(httpx.AsyncBaseTransport):
    """At most so many `connections`; what is idle is kept for `expiry` seconds.

    `context`: for https. Nothing runs in the background: what is idle for too long is closed when the next
    request comes by. It works under asyncio and uvloop alone. Raises httpx's errors.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        connections: int = 256,
        expiry: float = 30.0,
    ) -> None:
        self._context = context
        self._connections = connections
        self._expiry = expiry
        self._turns = asyncio.Semaphore(connections)
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []  # those used last stand last
        self._is_closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """httpx's way in: the answer, when its head is there."""
        content = await request.aread()
        reply = await self.ask(
            origin_of(request.url),
            head_of(request, content),
            content,
            Timeouts(**request.extensions.get("timeout", {})),
            is_head=request.method == "HEAD",
        )
        return httpx.Response(reply.status, headers=reply.headers, stream=reply.body)

    async def ask(
        self, origin: Origin, head: bytes, content: bytes, timeouts: Timeouts, *, is_head: bool = False
    ) -> Reply:
        """Send a request that is bytes already. Nothing is ever sent twice."""
        loop = _running_loop()
        if self._turns.locked():
            await self._wait_for_turn(timeouts.pool)
        else:
            await self._turns.acquire()  # at once
        connection = None
        try:
            connection = self._reused(origin, loop)
            if connection is None:
                connection = await self._opened(origin, loop, timeouts.connect)
            await connection.ask(head + content, timeouts.write, timeouts.read, is_head=is_head)
        except BaseException:
            self._turns.release()
            if connection is not None:
                connection.abort()  # nobody knows what comes out of it next
            raise
        answer = connection.answer
        return Reply(answer.status, answer.headers, _Body(connection, timeouts.read, self._give_back))

    async def _wait_for_turn(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection was free in time") from None

    def _reused(self, origin: Origin, loop: asyncio.AbstractEventLoop) -> Connection | None:
        """An idle connection that the server still holds, as far as anybody can know."""
        self._forget_other_loops(loop)
        oldest = loop.time() - self._expiry
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.pop(0).close()
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place].origin == origin:
                connection = self._idle.pop(place)
                if connection.is_reusable and connection.is_silent:
                    return connection
                connection.abort()
        return None

    def _forget_other_loops(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connections of a loop that has ended cannot even be closed any more."""
        if self._idle and self._idle[0].loop is not loop:
            self._open.difference_update(self._idle)
            self._idle.clear()

    async def _opened(
        self, origin: Origin, loop: asyncio.AbstractEventLoop, seconds: float | None
    ) -> Connection:
        if self._is_closed:
            raise httpx.ConnectError(_CLOSED)
        if len(self._open) >= self._connections and self._idle:
            self._idle.pop(0).close()  # of another origin
        try:
            async with asyncio.timeout(seconds):
                connection = await dial(
                    lambda: Connection(origin, loop, self._open), origin, self._context_for(origin)
                )
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection in time") from None
        except OSError as error:
            reason = str(error) or repr(error)
        else:
            if not self._is_closed:
                return connection
            connection.abort()
            reason = _CLOSED
        raise httpx.ConnectError(reason)

    def _context_for(self, origin: Origin) -> ssl.SSLContext | None:
        if origin[0] == "http":
            return None
        if self._context is None:
            self._context = httpx.create_ssl_context(trust_env=False)
        return self._context

    def _give_back(self, connection: Connection) -> None:
        """Its answer was read, or nobody wants the rest."""
        self._turns.release()
        if self._is_closed or not connection.is_reusable:
            connection.abort()
            return
        connection.idle_since = connection.loop.time()
        self._idle.append(connection)

    async def aclose(self) -> None:
        """Close what is idle, politely but not for long, and cut off what is not."""
        self._is_closed = True
        self._forget_other_loops(_running_loop())
        for connection in self._open.difference(self._idle):
            connection.abort()
        for connection in self._idle:
            connection.close()
        self._idle.clear()
        try:
            with anyio.move_on_after(_GOODBYE):
                for connection in list(self._open):
                    await connection.gone.wait()
        finally:
            for connection in list(self._open):
                connection.abort()


class _Body(httpx.AsyncByteStream):
    """What comes after the head; no more of it is taken in than is read."""

    def __init__(
        self, connection: Connection, seconds: float | None, give_back: Callable[[Connection], None]
    ) -> None:
        self._connection = connection
        self._seconds = seconds
        self._give_back = give_back
        self._is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._connection.read(self._seconds):
            yield piece

    async def aclose(self) -> None:
        """The connection goes back: for the next request if all was read, else to its end."""
        if not self._is_closed:
            self._is_closed = True
            self._give_back(self._connection)


def _running_loop() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        pass
    raise ConfigurationError("ants_async runs under asyncio, or uvloop")
