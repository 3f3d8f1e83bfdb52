"""A rate that finds the server's limit by itself and wastes little on the way.

The constants come from simulations with limits of 5 to 400 a second, held by fixed windows and token buckets.
"""

import math
import random
from collections import deque
from typing import Final

import anyio

from ants_async.transport.fixed import Pacer

_EPOCH: Final = 1.0  # the 429s of one second are one piece of news: cut once
_TOO_SOON: Final = 5.0  # a cut that another one follows within this time was too small, because
_AGAIN: Final = 0.93  # one second across two windows of the server shows more than either lets pass
_BREATH: Final = 8  # turns left out after a 429, doubled while nothing is accepted ...
_LONGEST_BREATH: Final = 0.5  # ... up to this many seconds
_STORM: Final = 8  # so many 429s without a single accept
_STORM_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 10.0)
_SLOWEST: Final = 0.1  # even one request in ten seconds notices that things are better


class AdaptiveRate(Pacer):
    """Additive increase, cuts to just below what the server was seen to accept.

    - *Slow start*: one request a second faster with each accept, until the first 429.
    - *Cut*, once a second at most: the ceiling moves to the accepted rate, the rate goes just below it.
    - *Growth* with each accept: fast far below the ceiling, gently up to it, a hold, ever faster beyond.
    - *Breath* after each 429: a few turns are left out, so that a cut still too small wastes little.
    - *Pause* when the server asks for one, or in a storm of 429s; then a single probe goes first.
    """

    _nap = 0.05  # when a probe comes back the line has to know soon

    def __init__(
        self, *, initial: float = 10.0, slowest: float = _SLOWEST, rng: random.Random | None = None
    ) -> None:
        super().__init__(initial, rng)
        self._initial = initial
        self._slowest = slowest
        self._ceiling: float | None = None  # unknown until the first 429
        self._last_cut = -math.inf
        self._accepted: deque[float] = deque()  # when, lately
        self._measuring_since = -math.inf
        self._refused_in_a_row = 0
        self._refused_since = -math.inf
        self._pauses = 0  # storm pauses so far
        self._paused = False  # nobody but a probe may leave until something is accepted
        self._probing = False  # the probe is on its way

    def _leave(self, turn: float) -> None:
        super()._leave(turn)
        if not self._accepted and self._measuring_since == -math.inf:
            self._measuring_since = turn
        if self._paused:
            # Nobody follows the probe before its answer; should that never come, another one goes later.
            self._probing = True
            self._due = turn + self._storm_pause()

    def succeeded(self) -> None:
        """Go a little faster."""
        now = anyio.current_time()
        self._refused_in_a_row = 0
        if self._paused:
            self._resume(now)
        self._accepted.append(now)
        if self._rate < max(self._initial, 2 * self._accepted_rate(now)):  # a rate nobody uses proves nothing
            self._rate += self._growth(now)

    def throttled(self, retry_after: float | None) -> None:
        """Cut the rate; pause if the server asks for it or refuses everything."""
        now = anyio.current_time()
        self._refused_in_a_row += 1
        if self._refused_in_a_row == 1:  # a long row is a closed door, not a lower limit
            self._refused_since = now
            if now - self._last_cut >= _EPOCH and not self._paused:
                self._cut(now)
        if retry_after and retry_after > 0:
            self._hold(retry_after)
        elif self._probing or (not self._paused and self._is_storm(now)):
            self._hold(self._storm_pause())
            self._pauses += 1
        elif not self._paused:
            self._pause(min(_BREATH * 2 ** (self._refused_in_a_row - 1) / self._rate, _LONGEST_BREATH))

    def _cut(self, now: float) -> None:
        accepted = min(self._accepted_rate(now), self._rate)
        if self._ceiling is None:
            # Half of the rate at least: whoever hardly sends at all has not measured anything.
            self._ceiling = max(accepted, self._rate / 2)
        elif not 0.8 <= accepted / self._ceiling <= 1.2:  # noqa: PLR2004 - the limit itself has moved
            self._ceiling = 0.3 * self._ceiling + 0.7 * accepted
        else:
            self._ceiling = 0.7 * self._ceiling + 0.3 * accepted
            if now - self._last_cut < _TOO_SOON:
                self._ceiling *= _AGAIN
        self._ceiling = max(self._ceiling, self._slowest)
        self._rate = max(0.97 * self._ceiling, self._slowest)
        self._last_cut = now

    def _growth(self, now: float) -> float:
        if self._ceiling is None:
            return 1.0
        if self._rate < 0.9 * self._ceiling:
            return 0.10
        if self._rate < self._ceiling:
            return 0.01
        quiet = now - self._last_cut
        return 0.0 if quiet < 10 else 0.005 if quiet < 30 else 0.02 if quiet < 60 else 0.05  # noqa: PLR2004

    def _hold(self, seconds: float) -> None:
        self._pause(seconds)
        self._paused = True
        self._probing = False

    def _is_storm(self, now: float) -> bool:
        # What was in flight comes back all at once when a window is used up: that alone is no storm.
        return self._refused_in_a_row >= _STORM and now - self._refused_since >= _EPOCH

    def _storm_pause(self) -> float:
        return _STORM_PAUSES[min(self._pauses, len(_STORM_PAUSES) - 1)]

    def _resume(self, now: float) -> None:
        if self._pauses and self._ceiling is not None:
            self._rate = max(self._ceiling / 2, self._slowest)
        self._paused = self._probing = False
        self._pauses = 0
        self._due = now + 1 / self._rate
        self._accepted.clear()  # the pause says nothing about the server's limit
        self._measuring_since = now

    def _accepted_rate(self, now: float) -> float:
        """Accepts per second over the last second, or over about twenty turns when those take longer."""
        start = max(now - max(1.0, 20 / self._rate), self._measuring_since)
        while self._accepted and self._accepted[0] <= start:
            self._accepted.popleft()
        return len(self._accepted) / max(now - start, 0.1)
