"""PIN limits, kept here before a request is wasted on the API's refusal (manual section 6.3).

An application's limits are counted over sliding windows: sends for each application and for each number,
verifications for each number.
"""

import math
from collections import deque
from collections.abc import Hashable
from typing import Final, Protocol

import anyio
import attrs

from ants_async.errors import PinLimitReached
from ants_async.models.limits import RateLimit

_SWEEP_EVERY: Final = 1000
_UNHINTED_PAUSE: Final = 60.0  # after a 429 that does not say how long: it may have been any of the limits


@attrs.define(slots=True)
class _Window:
    """When the limit was used, and until when the API itself refuses."""

    period: float = 0.0
    used: deque[float] = attrs.field(factory=deque)
    closed_until: float = -math.inf

    def wait(self, limit: RateLimit | None, now: float) -> float:
        """Seconds until one more fits."""
        if limit is None:
            return self.closed_until - now
        self.period = limit.period
        while self.used and self.used[0] <= now - limit.period:
            self.used.popleft()
        free = now if len(self.used) < limit.count else self.used[-limit.count] + limit.period
        return max(free, self.closed_until) - now

    def is_over(self, now: float) -> bool:
        """Whether nothing in it matters any more."""
        return self.closed_until <= now and (not self.used or self.used[-1] <= now - self.period)


@attrs.frozen(slots=True)
class Use:
    """One use of a limit: its name in the manual, the limit (None: the API alone counts), whose it is."""

    name: str
    limit: RateLimit | None
    key: Hashable

    @property
    def limit_text(self) -> str | None:
        """The limit as the API writes it."""
        return None if self.limit is None else str(self.limit)


class PinLimits(Protocol):
    """Who counts the PINs. Bring your own to count those of several processes together."""

    async def take(self, uses: list[Use], *, wait: bool) -> float:
        """Use up one of each, all or none: when. Raises `PinLimitReached`, or waits until there is room."""
        ...

    async def give_back(self, uses: list[Use], taken_at: float) -> None:
        """What was taken then was not used: nothing was sent or verified."""
        ...

    async def refused(self, uses: list[Use], taken_at: float, retry_after: float | None) -> float | None:
        """The API says that a limit is reached: believe it.

        Seconds for which nothing is tried; None when neither the API nor a limit known here says how long.
        """
        ...


def pause_of(uses: list[Use], retry_after: float | None) -> float | None:
    """For how long nothing is tried after a 429, in seconds; None when nobody knows."""
    periods = [use.limit.period for use in uses if use.limit is not None]
    return min(_UNHINTED_PAUSE, *periods) if retry_after is None and periods else retry_after


async def hold_back(uses: list[Use], waits: list[float], *, wait: bool) -> None:
    """Until all have room; `waits` are theirs. Raises `PinLimitReached` where nobody is to wait."""
    longest = max(waits)
    if not wait:
        use = uses[waits.index(longest)]
        raise PinLimitReached(use.name, use.limit_text, retry_after=longest)
    await anyio.sleep(longest)


class LocalPinLimits:
    """All windows of one client. What other processes send is not seen; the API's own 429 tells of it."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, Hashable], _Window] = {}
        self._taken = 0

    def __len__(self) -> int:
        return len(self._windows)

    async def take(self, uses: list[Use], *, wait: bool) -> float:
        """As `PinLimits.take`."""
        while True:
            now = anyio.current_time()
            self._sweep(now)
            windows = [self._window(use) for use in uses]
            waits = [window.wait(use.limit, now) for window, use in zip(windows, uses, strict=True)]
            longest = max(waits, default=0.0)
            if longest <= 0:
                for window, use in zip(windows, uses, strict=True):
                    if use.limit is not None:
                        window.used.append(now)
                return now
            await hold_back(uses, waits, wait=wait)

    async def give_back(self, uses: list[Use], taken_at: float) -> None:
        """As `PinLimits.give_back`."""
        for use in uses:
            window = self._window(use)
            if taken_at in window.used:
                window.used.remove(taken_at)

    async def refused(self, uses: list[Use], taken_at: float, retry_after: float | None) -> float | None:
        """As `PinLimits.refused`."""
        await self.give_back(uses, taken_at)
        pause = pause_of(uses, retry_after)
        if pause is not None:
            narrowest = self._window(uses[-1])  # the number's own: to hold all would stop everybody else, too
            narrowest.closed_until = max(narrowest.closed_until, anyio.current_time() + pause)
        return pause

    def _window(self, use: Use) -> _Window:
        return self._windows.setdefault((use.name, use.key), _Window())

    def _sweep(self, now: float) -> None:
        """From time to time, forget what is over: numbers must not pile up."""
        self._taken += 1
        if self._taken % _SWEEP_EVERY == 0:
            self._windows = {key: one for key, one in self._windows.items() if not one.is_over(now)}
