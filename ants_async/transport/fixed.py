"""Pacing: one request every so often, first come, first served.

A *pace* reckons turns and never waits: it is told the time, and can be written down, so that a row of a
database can keep it for many processes. A *pacer* waits for the turns of a pace of its own.
"""

import math
import random
from asyncio import get_running_loop
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import anyio
import attrs

from ants_async.models.limits import RateLimit

LONGEST_PAUSE: Final = 120.0
"""No `Retry-After` is obeyed for longer than this many seconds."""

_SOON: Final = 1e-6  # a wait shorter than this is none: clocks are floats
LATE: Final = 0.02
"""Timers up to this late do not slow the pace down."""


@attrs.define(slots=True, kw_only=True)
class Pace:
    """One turn every `1 / rate` seconds (GCRA without bursts)."""

    rate: float
    due: float = -math.inf
    """When the next request may leave."""
    closed_until: float = -math.inf
    """When the last pause ends: who took a turn earlier than this, before the pause, has lost it."""
    held_at: float = -math.inf
    """When everybody was told to stop, last: who took a turn before has lost it."""
    paused: bool = False
    """Nobody but a probe may leave until something is accepted."""

    TIMES: ClassVar[tuple[str, ...]] = ("due", "closed_until", "held_at")
    FACTS: ClassVar[tuple[str, ...]] = ()

    def leave(self, turn: float) -> None:
        """Somebody leaves now."""
        self.due = turn + 1 / self.rate

    def pause(self, now: float, seconds: float, rng: random.Random) -> None:
        """Hold everybody back so long, or a little longer: who stops together should not start together."""
        end = now + min(seconds * rng.uniform(1.0, 1.25), LONGEST_PAUSE)
        self.closed_until = max(self.closed_until, end)
        self.due = max(self.due, end)

    def succeeded(self, now: float) -> None:
        """Nothing to learn."""

    def throttled(self, now: float, retry_after: float | None, rng: random.Random) -> None:
        """Pause for as long as the server asks, or for one turn."""
        self.pause(now, retry_after if retry_after and retry_after > 0 else 1 / self.rate, rng)

    def written(self, now: float) -> dict[str, Any]:
        """What JSON can keep. Times are told from `now`: when the clock is set back, nobody waits for it."""
        times = {name: getattr(self, name) - now for name in self.TIMES}
        facts = {name: getattr(self, name) for name in self.FACTS}
        return {"at": now, **{name: at for name, at in times.items() if math.isfinite(at)}, **facts}

    def read(self, state: Mapping[str, Any], now: float) -> None:
        """Go on from what was written, at any time before now. What is not in it stays as it is."""
        then = min(state.get("at", now), now)
        for name in self.TIMES:
            if name in state:
                setattr(self, name, then + state[name])
        for name in self.FACTS:
            setattr(self, name, state.get(name, getattr(self, name)))


class Pacer:
    """Waits for the turns of a pace.

    Only the head of the line sleeps, and it holds the lock; the others wait for the lock. So news has to
    reach one sleeper only, and a caller that is cancelled just leaves the line.
    """

    _nap = 60.0  # never sleep longer at once: the time that is due may have moved

    def __init__(self, pace: Pace, rng: random.Random | None = None) -> None:
        self._pace = pace
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._line = anyio.Lock()

    @property
    def rate(self) -> float:
        """Requests per second now, for display."""
        return self._pace.rate

    @property
    def waiting(self) -> int:
        """Callers that wait for their turn: the head of the line, and those behind it."""
        line = self._line.statistics()
        return line.locked + line.tasks_waiting

    async def acquire(self) -> None:
        """Wait for this caller's turn."""
        now = get_running_loop().time()
        pace = self._pace
        if pace.due <= now and not self._line.locked():
            pace.leave(now)
            return
        async with self._line:
            now = get_running_loop().time()
            while pace.due - now > _SOON:
                await anyio.sleep(min(pace.due - now, self._nap))
                now = get_running_loop().time()
            # The next turn counts from when this one was due: the delays of timers must not add up.
            pace.leave(max(pace.due, now - LATE))

    def succeeded(self) -> None:
        """An answer came that was neither a 429 nor a 5xx."""
        self._pace.succeeded(get_running_loop().time())

    def throttled(self, retry_after: float | None) -> None:
        """A 429 came; `retry_after` is what the server asked for, in seconds."""
        self._pace.throttled(get_running_loop().time(), retry_after, self._rng)


class FixedRate(Pacer):
    """A rate that is known. A 429 (somebody else uses the account, too) pauses everybody all the same."""

    def __init__(self, limit: RateLimit, *, rng: random.Random | None = None) -> None:
        super().__init__(Pace(rate=limit.count / limit.period), rng)
        self.limit = limit
