"""One connection: a request out, its answer in; and whether another one may follow."""

import asyncio
import select
from typing import Final, cast

import httpx

from ants_async.transport.http11.answers import Answers

_ENOUGH: Final = 64 * 1024
"""Bytes of a body that may wait for their reader; until it comes, nothing more is read off the socket."""

Origin = tuple[str, str, int]  # scheme, host, port


class Connection(asyncio.Protocol):
    """asyncio tells it what happens; one caller at a time waits for it.

    It is bound to its event loop. `abort` it whenever anything went wrong in between: what then comes
    belongs to nobody.
    """

    def __init__(self, origin: Origin, loop: asyncio.AbstractEventLoop, all_open: "set[Connection]") -> None:
        self.origin = origin
        self.answer = Answers()
        self.idle_since = 0.0
        self.gone = asyncio.Event()
        self.loop = loop
        self._all_open = all_open
        self._waiter: asyncio.Future[bool] | None = None
        self._failure: tuple[type[httpx.TransportError], str] | None = None
        self._is_sending = False
        self._is_full = False  # more is written than the socket takes
        self._is_held = False  # more has come than is read

    # --- for the caller

    async def ask(self, request: bytes, write: float | None, read: float | None, *, is_head: bool) -> None:
        """Send it, and wait for the head of the answer, which may come before all is sent."""
        answer = self.answer
        answer.expect(is_head=is_head)
        self._is_sending = True
        self._transport.write(request)
        while self._is_full and not answer.has_head:
            await self._news(write, httpx.WriteTimeout)
        self._is_sending = False
        while not answer.has_head:
            await self._news(read, httpx.ReadTimeout)

    async def read(self, seconds: float | None) -> bytes:
        """Some of the body, or nothing at its end."""
        answer = self.answer
        while not answer.pieces and not answer.is_complete:
            await self._news(seconds, httpx.ReadTimeout)
        body = answer.take()
        if self._is_held and not answer.is_complete:
            self._is_held = False
            self._transport.resume_reading()
        return body

    async def _news(self, seconds: float | None, late: type[httpx.TimeoutException]) -> None:
        """Wait until anything changes. Raises `late`, and what the connection broke with."""
        if self._failure is not None:
            kind, reason = self._failure
            raise kind(reason)
        waiter = self._waiter = self.loop.create_future()
        timer = None if seconds is None else self.loop.call_later(seconds, _tell, waiter, False)
        try:
            in_time = await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        if not in_time:
            raise late(f"nothing for {seconds:g} s")

    @property
    def is_reusable(self) -> bool:
        """Whether the exchange came to a clean end: all was sent and read, and nothing came since."""
        return (
            self.answer.can_go_on
            and not self.answer.pieces
            and self._failure is None
            and not self._is_full
            and not self._is_held
            and self._transport.get_write_buffer_size() == 0
            and not self._transport.is_closing()
        )

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to read: for an idle connection that would be its end, or garbage.

        The event loop will tell as well, but only when it comes to it.
        """
        return not self._socket.poll(0)

    def close(self) -> None:
        """With a goodbye, where there is one; nobody waits for it."""
        self._transport.close()

    def abort(self) -> None:
        """At once, whatever is under way."""
        self._transport.abort()

    # --- for asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = select.poll()
        self._socket.register(transport.get_extra_info("socket"), select.POLLIN)
        self._all_open.add(self)

    def data_received(self, data: bytes) -> None:
        answer = self.answer
        if answer.is_complete:
            answer.can_go_on = False  # nobody asked for this
            self.abort()
            return
        wrong = answer.feed(data)
        if wrong is not None:
            self._break(httpx.RemoteProtocolError, wrong)
            self.abort()
        elif answer.size > _ENOUGH and not answer.is_complete and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()
        if answer.has_head or wrong is not None:
            self._wake()

    def eof_received(self) -> None:
        self.answer.end()
        if not self.answer.is_complete:
            what = "in the middle of its answer" if self.answer.has_head else "without an answer"
            self._break(httpx.RemoteProtocolError, f"the server closed the connection {what}")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.answer.can_go_on = False
        if exc is None:
            self._break(httpx.ReadError, "the connection was closed")
        else:
            self._break(httpx.WriteError if self._is_sending else httpx.ReadError, str(exc) or repr(exc))
        self._wake()
        self._all_open.discard(self)
        self.gone.set()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    def _break(self, kind: type[httpx.TransportError], reason: str) -> None:
        self._failure = self._failure or (kind, reason)  # the first one is why

    def _wake(self) -> None:
        if self._waiter is not None:
            _tell(self._waiter, True)


def _tell(waiter: "asyncio.Future[bool]", news: bool) -> None:
    if not waiter.done():
        waiter.set_result(news)
