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


STEPS = (0.97, 0.93, 0.82, 0.7)
BACK = 0.03


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
        self._hold_for = 10.0
        self._again = 0
        self._accepted: deque[float] = deque()  # when, lately
        self._measuring_since = -math.inf
        self._refused_in_a_row = 0
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
        if self._measuring_since > now:
            self._measuring_since = now
        self._accepted.append(now)
        if self._rate < max(self._initial, 2 * self._accepted_rate(now)):  # a rate nobody uses proves nothing
            self._rate += self._growth(now)

    def throttled(self, retry_after: float | None) -> None:
        """Cut the rate; pause if the server asks for it or refuses everything."""
        now = anyio.current_time()
        asked = retry_after if retry_after and retry_after > 0 else 0.0
        self._refused_in_a_row += 1
        if self._refused_in_a_row == 1:  # a long row is a closed door, not a lower limit
            self._row_rate = self._rate
            if now - self._last_cut >= _EPOCH and not self._paused:
                self._cut(now, asked)
            self._row_cut = self._rate
        elif self._refused_in_a_row >= 8 and self._ceiling is not None:
            fits = max(0.5, 1 - self._refused_in_a_row / self._row_rate)
            self._rate = max(min(self._rate, self._row_cut * fits), self._slowest)
            self._again = max(self._again, 1)
        if self._probing:  # the server may ask for one second again and again: that is a storm all the same
            self._hold(max(asked, self._storm_pause()))
            self._pauses += 1
        elif asked:
            self._hold(asked)
        elif not self._paused:
            breath = min(_BREATH * 2 ** (self._refused_in_a_row - 1) / self._rate, _LONGEST_BREATH)
            if self._refused_in_a_row < _STORM:
                self._pause(breath)
            else:  # what was in flight comes back at once: one probe tells a storm from a window used up
                self._hold(breath)

    def _cut(self, now: float, asked: float) -> None:
        accepted = min(self._accepted_rate(now), self._rate)
        if now - self._measuring_since < 0.5:
            accepted = self._ceiling if self._ceiling is not None else self._rate
        refused = self._rate
        known = self._ceiling is not None
        if self._ceiling is None:
            # Half of the rate at least: whoever hardly sends at all has not measured anything.
            self._ceiling = max(accepted, self._rate / 2)
        elif accepted > 1.2 * self._ceiling:
            self._ceiling = accepted
        elif accepted < 0.8 * self._ceiling:  # noqa: PLR2004 - the limit itself has moved
            self._ceiling = 0.3 * self._ceiling + 0.7 * accepted
        else:
            self._ceiling = 0.7 * self._ceiling + 0.3 * accepted
        if not known:
            self._again = 2
        else:
            self._again = min(self._again + 1, 3) if now - self._last_cut < _TOO_SOON else 0
            self._ceiling = min(self._ceiling, refused)
        if known and self._again:
            self._ceiling = min(self._ceiling, 0.97 * refused)
        self._ceiling = max(self._ceiling, self._slowest)
        self._rate = max(STEPS[self._again] * self._ceiling, self._slowest)
        self._last_cut = now
        self._hold_for = 10.0 if not known else min(max(10.0, 100 / self._rate, 40 * asked), 60.0)

    def _growth(self, now: float) -> float:
        if self._ceiling is None:
            return 0.5
        quiet = now - self._last_cut
        if self._rate < self._ceiling:
            if self._again:
                return 0.0 if quiet < 3 else BACK
            return 0.10 if self._rate < 0.9 * self._ceiling else 0.01
        quiet -= self._hold_for
        return 0.0 if quiet < 0 else 0.005 if quiet < 10 else 0.02 if quiet < 30 else 0.05  # noqa: PLR2004

    def _hold(self, seconds: float) -> None:
        self._pause(seconds)
        self._paused = True
        self._probing = False

    def _storm_pause(self) -> float:
        return _STORM_PAUSES[min(self._pauses, len(_STORM_PAUSES) - 1)]

    def _resume(self, now: float) -> None:
        if now - self._last_cut > _TOO_SOON and self._ceiling is not None:
            self._rate = max(self._ceiling / 2, self._slowest)
            self._again = 0
        self._paused = self._probing = False
        self._pauses = 0
        self._due = now + 1 / self._rate
        self._accepted.clear()  # the pause says nothing about the server's limit
        self._measuring_since = math.inf  # until the first answer, which is a round trip away

    def _accepted_rate(self, now: float) -> float:
        """Accepts per second over the last second, or over about twenty turns when those take longer."""
        start = max(now - max(1.0, 20 / self._rate), self._measuring_since)
        while self._accepted and self._accepted[0] <= start:
            self._accepted.popleft()
        return len(self._accepted) / max(now - start, 0.1)
