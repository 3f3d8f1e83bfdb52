"""PIN limits, kept here before a request is wasted on the API's refusal (manual section 6.3).

An application's limits are counted over sliding windows: sends for each application and for each number,
verifications for each number. What other processes send is not seen here; the API's own 429 tells of it.
"""

import math
from collections import deque
from collections.abc import Hashable
from typing import Final

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

    def wait(self, limit: RateLimit, now: float) -> float:
        """Seconds until one more fits."""
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
    """One use of a limit: its name in the manual, the limit, and whose it is."""

    name: str
    limit: RateLimit
    key: Hashable


class PinLimits:
    """All windows of one client."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, Hashable], _Window] = {}
        self._taken = 0

    def __len__(self) -> int:
        return len(self._windows)

    async def take(self, uses: list[Use], *, wait: bool) -> float:
        """Use up one of each, all or none: when. Raises `PinLimitReached`, or waits until there is room."""
        while True:
            now = anyio.current_time()
            windows = [self._window(use) for use in uses]
            waits = [window.wait(use.limit, now) for window, use in zip(windows, uses, strict=True)]
            longest = max(waits, default=0.0)
            if longest <= 0:
                for window in windows:
                    window.used.append(now)
                return now
            if not wait:
                use = uses[waits.index(longest)]
                raise PinLimitReached(use.name, str(use.limit), retry_after=longest)
            await anyio.sleep(longest)

    def give_back(self, uses: list[Use], taken_at: float) -> None:
        """What was taken then was not used: the request never left."""
        for use in uses:
            window = self._window(use)
            if taken_at in window.used:
                window.used.remove(taken_at)

    def refused(self, uses: list[Use], taken_at: float, retry_after: float | None) -> float:
        """The API says that a limit is reached: believe it. Seconds for which nothing is tried."""
        if retry_after is None:
            retry_after = min([_UNHINTED_PAUSE, *(use.limit.period for use in uses)])
        self.give_back(uses, taken_at)
        narrowest = uses[-1]  # the number's own: what concerns all would stop everybody else, too
        self._window(narrowest).closed_until = anyio.current_time() + retry_after
        return retry_after

    def _window(self, use: Use) -> _Window:
        self._taken += 1
        if self._taken % _SWEEP_EVERY == 0:
            now = anyio.current_time()
            self._windows = {key: one for key, one in self._windows.items() if not one.is_over(now)}
        return self._windows.setdefault((use.name, use.key), _Window(use.limit.period))
