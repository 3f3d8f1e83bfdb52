"""A rate that finds the server's limit by itself and wastes little on the way.

The constants were chosen against fixed windows, sliding windows and token buckets of 8 to 190 a second;
`tests/storms` judges them by limits they were not chosen with.
"""

import math
import random
from asyncio import get_running_loop
from collections import deque
from typing import Final

from ants_async.transport.fixed import Pacer

_EPOCH: Final = 1.0  # the 429s of one second are one piece of news: cut once
_SOON: Final = 5.0  # a cut within this time of another says that the other one was too small
_STEPS: Final = (0.97, 0.93, 0.82, 0.7)  # to this share of the ceiling, by the number of cuts in a row
_FIRST_STEP: Final = 0.82  # the first cut: slow start runs ahead of what it sees
_BREATH: Final = 8  # turns left out after a 429, doubled while nothing is accepted ...
_LONGEST_BREATH: Final = 0.5  # ... up to this many seconds
_STORM: Final = 8  # so many 429s without a single accept
_STORM_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 10.0)
_SLOWEST: Final = 0.1  # even one request in ten seconds notices that things are better


class AdaptiveRate(Pacer):
    """Additive increase, cuts to just below what the server was seen to accept.

    - *Slow start*: faster with each accept, until the first 429.
    - *Cut*, once a second at most: the ceiling moves to the accepted rate, the rate goes just below it,
      further below when cuts follow each other.
    - *Growth* with each accept: fast far below the ceiling, gently up to it, a hold, ever faster beyond.
      The hold is as long as a 429 is dear: an answer that asks for a pause costs more than one that does not.
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
        self._cuts = 0  # that followed each other, an index of _STEPS
        self._hold_for = 0.0  # seconds at the ceiling before looking beyond it
        self._accepted: deque[float] = deque()  # when, lately
        self._measuring_since = math.inf  # the first answer: until then there is nothing to measure
        self._refused_in_a_row = 0
        self._row_began_at = self._row_cut_to = initial  # the rate before that row, and after its first 429
        self._row_ceiling: float | None = None  # the ceiling before it
        self._pauses = 0  # storm pauses so far
        self._paused = False  # nobody but a probe may leave until something is accepted
        self._probing = False  # the probe is on its way

    def _leave(self, turn: float) -> None:
        super()._leave(turn)
        if self._paused:
            # Nobody follows the probe before its answer; should that never come, another one goes later.
            self._probing = True
            self._due = turn + self._storm_pause()

    def succeeded(self) -> None:
        """Go a little faster."""
        now = get_running_loop().time()
        self._refused_in_a_row = 0
        if self._paused:
            self._resume(now)
        self._measuring_since = min(self._measuring_since, now)
        self._accepted.append(now)
        if self._rate < max(self._initial, 2 * self._accepted_rate(now)):  # a rate nobody uses proves nothing
            self._rate += self._growth(now)

    def throttled(self, retry_after: float | None) -> None:
        """Cut the rate; pause if the server asks for it or refuses everything."""
        now = get_running_loop().time()
        asked = retry_after if retry_after and retry_after > 0 else 0.0
        self._refused_in_a_row += 1
        if self._refused_in_a_row == 1:
            self._row_began_at, self._row_ceiling = self._rate, self._ceiling
            if now - self._last_cut >= _EPOCH and not self._paused:
                self._cut(now, asked)
            self._row_cut_to = self._rate
        else:
            self._cut_for_the_row()
        if self._probing:  # a server may ask for one second again and again: that is a storm all the same
            self._hold(max(asked, self._storm_pause()))
            self._pauses += 1
        elif asked:
            self._hold(asked)
        elif not self._paused:
            breath = min(_BREATH * 2 ** (self._refused_in_a_row - 1) / self._rate, _LONGEST_BREATH)
            if self._refused_in_a_row < _STORM:
                self._pause(breath)
            else:  # what was in flight comes back at once: a probe tells a storm from a window used up
                self._hold(breath)

    def _cut(self, now: float, asked: float) -> None:
        since, self._last_cut = now - self._last_cut, now
        if self._ceiling is None and now - self._measuring_since < _EPOCH / 2:
            self._rate = max(self._rate / 2, self._slowest)  # found it shut: that is no news about the limit
            return
        if self._ceiling is None:
            # Half of the rate at least: whoever hardly sends at all has not measured anything.
            self._ceiling = max(min(self._accepted_rate(now), self._rate), self._rate / 2)
            self._cuts, step = 1, _FIRST_STEP
        else:
            self._cuts = min(self._cuts + 1, len(_STEPS) - 1) if since < max(_SOON, 100 / self._rate) else 0
            step = _STEPS[self._cuts]
            # Refused before it looked beyond the ceiling: then that was too high.
            early = since <= self._hold_for
            highest = self._rate * (1.0 if not early else 0.95 if self._cuts else 0.98 if asked else 0.97)
            self._ceiling = min(self._moved(self._ceiling, now), highest)
        self._ceiling = max(self._ceiling, self._slowest)
        self._rate = max(step * self._ceiling, self._slowest)
        # So long that refusals stay below one request in a hundred, their pauses near one second in fifty.
        self._hold_for = min(max(20.0, 100 / self._rate, 55 * asked), 60.0)

    def _moved(self, ceiling: float, now: float) -> float:
        """Where the ceiling is by what was accepted lately."""
        if now - self._measuring_since < max(_EPOCH / 2, 10 / self._rate):
            return ceiling  # too short a time to tell: of five, one more or less is a fifth
        accepted = min(self._accepted_rate(now), self._rate)
        if accepted > 1.2 * ceiling:  # grown this far without a 429: the limit has risen
            return accepted
        if accepted < 0.8 * ceiling:  # the limit has fallen
            return 0.3 * ceiling + 0.7 * accepted
        return 0.7 * ceiling + 0.3 * accepted

    def _cut_for_the_row(self) -> None:
        """The door was shut for as long as the row took to send: that share of a second did not fit.

        No more than half of it: in a storm the row says nothing about the limit.
        """
        row = self._refused_in_a_row / self._row_began_at  # in seconds
        if self._ceiling is None or self._refused_in_a_row < 3 or row < 0.1:  # noqa: PLR2004
            return
        self._rate = max(min(self._rate, self._row_cut_to * max(0.5, 1 - row)), self._slowest)
        self._cuts = max(self._cuts, 1)

    def _growth(self, now: float) -> float:
        if self._ceiling is None:
            return 0.8
        quiet = now - self._last_cut
        far = self._rate < 0.9 * self._ceiling
        if self._rate < self._ceiling:
            if not self._cuts:
                return 0.10 if far else 0.01
            return 0.0 if quiet < 2 else 0.08 if far else 0.02  # noqa: PLR2004 - first see that it was enough
        quiet -= self._hold_for
        return 0.0 if quiet < 0 else 0.005 if quiet < 10 else 0.02 if quiet < 30 else 0.03  # noqa: PLR2004

    def _hold(self, seconds: float) -> None:
        self._pause(seconds)
        self._paused = True
        self._probing = False

    def _storm_pause(self) -> float:
        return _STORM_PAUSES[min(self._pauses, len(_STORM_PAUSES) - 1)]

    def _resume(self, now: float) -> None:
        if self._ceiling is not None and now - self._last_cut > _SOON:  # that was a storm, or a long pause
            # Half of its cut is taken back: a storm says nothing about the limit, a long pause may.
            self._ceiling = (self._ceiling + (self._row_ceiling or self._ceiling)) / 2
            self._rate = max(0.7 * self._ceiling, self._slowest)
            self._cuts = 0
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
