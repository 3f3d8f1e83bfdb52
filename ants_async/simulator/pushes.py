"""Delivery reports pushed to `notifyUrl` (manual section 2), repeated until somebody takes them.

Pushes go to this machine alone, unless the configuration says otherwise: a local server should not send
requests about because a test's body asked for it.
"""

import logging
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Final

import anyio
import attrs
import httpx

from ants_async.simulator.config import SimulatorConfig
from ants_async.simulator.messages import Message
from ants_async.simulator.state import Account
from ants_async.transport.address import is_this_machine
from ants_async.wire import json, xml

_log = logging.getLogger("ants_async.simulator")
_TIMEOUT: Final = 10.0
_AT_ONCE: Final = 16


@attrs.frozen(slots=True)
class _Push:
    """A report to be pushed; the last one is final. `tries` were made."""

    message: Message
    final: bool
    tries: int = 0


class Pushes:
    """What is to be pushed, and when. `run` pushes it."""

    def __init__(self, config: SimulatorConfig, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._due: list[tuple[float, int, _Push]] = []
        self._order = count()
        self._changed = anyio.Event()
        self.taken = 0
        self.given_up = 0

    def expect(self, message: Message) -> None:
        """A message whose sender wants to be told."""
        if not self._config.push_anywhere and not _is_here(message.asked.notify_url or ""):
            _log.warning("a notifyUrl leads off this machine; its reports are not pushed, only handed out")
            return
        if message.asked.intermediate and message.with_operator_at < message.done_at:
            self._add(message.with_operator_at, _Push(message, final=False))
        self._add(message.done_at, _Push(message, final=True))

    async def run(self, account: Account, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Push until cancelled. `transport`: in place of the network."""
        async with (
            httpx.AsyncClient(
                transport=transport, timeout=_TIMEOUT, trust_env=False, follow_redirects=False
            ) as http,
            anyio.create_task_group() as group,
        ):
            room = anyio.Semaphore(_AT_ONCE)
            while True:
                push = await self._next()
                await room.acquire()
                group.start_soon(self._push, http, account, push, room)

    def _add(self, at: float, push: _Push) -> None:
        heappush(self._due, (at, next(self._order), push))
        self._changed.set()

    async def _next(self) -> _Push:
        while True:
            wait = self._due[0][0] - self._clock() if self._due else inf
            if wait <= 0:
                return heappop(self._due)[2]
            self._changed = anyio.Event()
            with anyio.move_on_after(wait):
                await self._changed.wait()

    async def _push(
        self, http: httpx.AsyncClient, account: Account, push: _Push, room: anyio.Semaphore
    ) -> None:
        try:
            asked = push.message.asked
            if push.message.reported:  # somebody fetched it meanwhile
                return
            body = {"results": [account.report(push.message)]}
            is_xml = asked.notify_type.endswith("xml")
            content = xml.dumps(body, "reportResponse") if is_xml else json.dumps(body)
            if await self._is_taken(http, asked.notify_url or "", asked.notify_type, content):
                self.taken += 1
                push.message.reported = push.message.reported or push.final
            elif push.tries < len(self._config.push_retries):
                wait = self._config.push_retries[push.tries]
                self._add(self._clock() + wait, attrs.evolve(push, tries=push.tries + 1))
            else:
                self.given_up += 1  # it can still be fetched
        finally:
            room.release()

    async def _is_taken(self, http: httpx.AsyncClient, url: str, kind: str, content: bytes) -> bool:
        try:
            response = await http.post(url, content=content, headers={"Content-Type": kind})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            _log.debug("a pushed report was not taken: %s", type(error).__name__)
            return False
        return response.is_success


def _is_here(url: str) -> bool:
    try:
        return is_this_machine(httpx.URL(url).host)
    except httpx.InvalidURL:
        return False
