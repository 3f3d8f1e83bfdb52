"""Pacing: one request every so often, first come, first served."""

import math
import random
from asyncio import get_running_loop
from typing import Final

import anyio

from ants_async.models.limits import RateLimit

LONGEST_PAUSE: Final = 120.0
"""No `Retry-After` is obeyed for longer than this many seconds."""

_SOON: Final = 1e-6  # a wait shorter than this is none: clocks are floats
_LATE: Final = 0.02  # timers up to this late do not slow the pace down


class Pacer:
    """One request every `1 / rate` seconds (GCRA without bursts).

    Only the head of the line sleeps, and it holds the lock; the others wait for the lock. So news has to
    reach one sleeper only, and a caller that is cancelled just leaves the line.
    """

    _nap = 60.0  # never sleep longer at once: the time that is due may have moved

    def __init__(self, rate: float, rng: random.Random | None = None) -> None:
        self._rate = rate
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._line = anyio.Lock()
        self._due = -math.inf  # when the next request may leave

    @property
    def rate(self) -> float:
        """Requests per second now, for display."""
        return self._rate

    async def acquire(self) -> None:
        """Wait for this caller's turn."""
        now = get_running_loop().time()
        if self._due <= now and not self._line.locked():
            self._leave(now)
            return
        async with self._line:
            now = get_running_loop().time()
            while self._due - now > _SOON:
                await anyio.sleep(min(self._due - now, self._nap))
                now = get_running_loop().time()
            # The next turn counts from when this one was due: the delays of timers must not add up.
            self._leave(max(self._due, now - _LATE))

    def _leave(self, turn: float) -> None:
        self._due = turn + 1 / self._rate

    def _pause(self, seconds: float) -> None:
        """Hold everybody back so long, or a little longer: who stops together should not start together."""
        pause = min(seconds * self._rng.uniform(1.0, 1.25), LONGEST_PAUSE)
        self._due = max(self._due, get_running_loop().time() + pause)


class FixedRate(Pacer):
    """A rate that is known. A 429 (somebody else uses the account, too) pauses everybody all the same."""

    def __init__(self, limit: RateLimit, *, rng: random.Random | None = None) -> None:
        super().__init__(limit.count / limit.period, rng)
        self.limit = limit

    def succeeded(self) -> None:
        """Nothing to learn."""

    def throttled(self, retry_after: float | None) -> None:
        """Pause for as long as the server asks, or for one turn."""
        self._pause(retry_after if retry_after and retry_after > 0 else 1 / self._rate)
