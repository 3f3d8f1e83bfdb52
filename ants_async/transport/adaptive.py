"""A rate that finds the server's limit by itself and wastes little on the way.

The constants were chosen against fixed windows, sliding windows and token buckets of 8 to 190 a second;
`tests/storms` judges them by limits they were not chosen with.
"""

import math
import random
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Mapping
from itertools import groupby
from typing import Any, ClassVar, Final

import attrs

from ants_async.transport.fixed import Pace, Pacer

_IN_FLIGHT: Final = 1.03  # accepted at more than this share of the rate: that is not what the rate sent
_EPOCH: Final = 1.0  # the 429s of one second are one piece of news: cut once
_SOON: Final = 5.0  # a cut within this time of another says that the other one was too small
_STEPS: Final = (0.97, 0.93, 0.82, 0.7)  # to this share of the ceiling, by the number of cuts in a row
_FIRST_STEP: Final = 0.82  # the first cut: slow start runs ahead of what it sees
_BREATH: Final = 8  # turns left out after a 429, doubled while nothing is accepted ...
_LONGEST_BREATH: Final = 0.5  # ... up to this many seconds
_STORM: Final = 8  # so many 429s without a single accept
_STORM_PAUSES: Final = (1.0, 2.0, 4.0, 8.0, 10.0)
SLOWEST: Final = 0.1
"""Even one request in ten seconds notices that things are better."""


@attrs.define(slots=True, kw_only=True)
class AdaptivePace(Pace):
    """Additive increase, cuts to just below what the server was seen to accept.

    - *Slow start*: faster with each accept, until the first 429.
    - *Cut*, once a second at most: the ceiling moves to the accepted rate, the rate goes just below it,
      further below when cuts follow each other.
    - *Growth* with each accept: fast far below the ceiling, gently up to it, a hold, ever faster beyond.
      The hold is as long as a 429 is dear: an answer that asks for a pause costs more than one that does not.
    - *Breath* after each 429: a few turns are left out, so that a cut still too small wastes little.
    - *Pause* when the server asks for one, or in a storm of 429s; then a single probe goes first.
    """

    initial: float = 10.0
    slowest: float = SLOWEST
    lag: float = 0.0
    """News may come this many seconds late: what was accepted later than that is not counted yet."""
    rate: float = attrs.field(init=False, default=attrs.Factory(lambda self: self.initial, takes_self=True))
    ceiling: float | None = attrs.field(init=False, default=None)  # unknown until the first 429
    last_cut: float = attrs.field(init=False, default=-math.inf)
    cuts: int = attrs.field(init=False, default=0)  # that followed each other, an index of _STEPS
    hold_for: float = attrs.field(init=False, default=0.0)  # seconds at the ceiling, then a look beyond it
    accepted: deque[float] = attrs.field(init=False, factory=deque)  # when, lately
    measuring_since: float = attrs.field(init=False, default=math.inf)  # the first answer: nothing before it
    refused_in_a_row: int = attrs.field(init=False, default=0)
    row_began_at: float = attrs.field(init=False, default=0.0)  # the rate before that row ...
    row_cut_to: float = attrs.field(init=False, default=0.0)  # ... and after its first 429
    row_ceiling: float | None = attrs.field(init=False, default=None)  # the ceiling before it
    pauses: int = attrs.field(init=False, default=0)  # storm pauses so far
    probing: bool = attrs.field(init=False, default=False)  # the probe is on its way

    TIMES: ClassVar[tuple[str, ...]] = (*Pace.TIMES, "last_cut", "measuring_since")
    FACTS: ClassVar[tuple[str, ...]] = (
        "rate", "ceiling", "cuts", "hold_for", "refused_in_a_row", "row_began_at", "row_cut_to",
        "row_ceiling", "pauses", "paused", "probing",
    )  # fmt: skip

    def leave(self, turn: float) -> None:
        super().leave(turn)
        if self.paused:
            # Nobody follows the probe before its answer; should that never come, another one goes later.
            self.probing = True
            self.due = turn + self._storm_pause()

    def succeeded(self, now: float) -> None:
        """Go a little faster."""
        self.refused_in_a_row = 0
        if self.paused and now >= self.held_at + self.lag:  # what left before anybody knew is no probe
            self._resume(now)
        self.measuring_since = min(self.measuring_since, now)
        if self.accepted and now < self.accepted[-1]:  # news of another process came first
            insort(self.accepted, now)
        else:
            self.accepted.append(now)
        if self.rate < max(self.initial, 2 * self._accepted_rate(now)):  # a rate nobody uses proves nothing
            self.rate += self._growth(now)

    def throttled(self, now: float, retry_after: float | None, rng: random.Random) -> None:
        """Cut the rate; pause if the server asks for it or refuses everything."""
        asked = retry_after if retry_after and retry_after > 0 else 0.0
        self.refused_in_a_row += 1
        if self.refused_in_a_row == 1:
            self.row_began_at = self.rate
            if now - self.last_cut >= _EPOCH and not self.paused:
                self.row_ceiling = self.ceiling
                self._cut(now, asked)
            self.row_cut_to = self.rate
        else:
            self._cut_for_the_row()
        if self.probing:  # a server may ask for one second again and again: that is a storm all the same
            self._hold(now, max(asked, self._storm_pause()), rng)
            self.pauses += 1
        elif asked:
            self._hold(now, asked, rng)
        elif not self.paused:
            breath = min(_BREATH * 2 ** (self.refused_in_a_row - 1) / self.rate, _LONGEST_BREATH)
            if self.refused_in_a_row < _STORM:
                self.pause(now, breath, rng)
            else:  # what was in flight comes back at once: a probe tells a storm from a window used up
                self._hold(now, breath, rng)

    def _cut(self, now: float, asked: float) -> None:
        since, self.last_cut = now - self.last_cut, now
        if self.ceiling is None and now - self.measuring_since < _EPOCH / 2:
            self.rate = max(self.rate / 2, self.slowest)  # found it shut: that is no news about the limit
            return
        if self.ceiling is None:
            # Half of the rate at least: whoever hardly sends at all has not measured anything.
            self.ceiling = max(min(self._accepted_rate(now), self.rate), self.rate / 2)
            self.cuts, step = 1, _FIRST_STEP
        else:
            self.cuts = min(self.cuts + 1, len(_STEPS) - 1) if since < max(_SOON, 100 / self.rate) else 0
            step = _STEPS[self.cuts]
            self.ceiling = min(self._moved(self.ceiling, now), self._highest(now, since))
        self.ceiling = max(self.ceiling, self.slowest)
        self.rate = max(step * self.ceiling, self.slowest)
        # So long that refusals stay below one request in a hundred, their pauses near one second in fifty.
        self.hold_for = min(max(34.0, 100 / self.rate, 55 * asked), 60.0)

    def _highest(self, now: float, since: float) -> float:
        """How high the ceiling can be, now that this rate was refused, so long after the last refusal."""
        if since > self.hold_for:
            return self.rate  # it had looked beyond the ceiling
        if self._accepted_rate(now) > _IN_FLIGHT * self.rate:
            return math.inf  # the limit was used up by what had left faster, before the last cut
        if self.cuts > 1:  # and again: below one request in sixty there is no hurry
            return self.rate * (0.9 if since * self.rate < 60 else 0.95)  # noqa: PLR2004
        return self.rate * (0.95 if since < 3 else 0.98)  # noqa: PLR2004

    def _moved(self, ceiling: float, now: float) -> float:
        """Where the ceiling is by what was accepted lately."""
        if now - self.measuring_since < max(_EPOCH / 2, 10 / self.rate):
            return ceiling  # too short a time to tell: of five, one more or less is a fifth
        accepted = min(self._accepted_rate(now), self.rate)
        if accepted > 1.2 * ceiling:  # grown this far without a 429: the limit has risen
            return accepted
        if accepted < 0.8 * ceiling:  # the limit has fallen
            return 0.3 * ceiling + 0.7 * accepted
        return 0.7 * ceiling + 0.3 * accepted

    def _cut_for_the_row(self) -> None:
        """The door was shut for as long as the row took to send: that share of a second did not fit.

        No more than half of it: in a storm the row says nothing about the limit.
        """
        row = self.refused_in_a_row / self.row_began_at  # in seconds
        if self.ceiling is None or self.refused_in_a_row < 3 or row < 0.1:  # noqa: PLR2004
            return
        self.rate = max(min(self.rate, self.row_cut_to * max(0.5, 1 - row)), self.slowest)
        self.cuts = max(self.cuts, 1)

    def _growth(self, now: float) -> float:
        if self.ceiling is None:
            return 0.8
        quiet = now - self.last_cut
        far = self.rate < 0.9 * self.ceiling
        if self.rate < self.ceiling:
            if not self.cuts:
                return 0.10 if far else 0.01
            return 0.0 if quiet < 2 else 0.08 if far else 0.02  # noqa: PLR2004 - first see that it was enough
        quiet -= self.hold_for
        return 0.0 if quiet < 0 else 0.004 if quiet < 10 else 0.02 if quiet < 30 else 0.03  # noqa: PLR2004

    def _hold(self, now: float, seconds: float, rng: random.Random) -> None:
        self.pause(now, seconds, rng)
        self.held_at = now
        self.paused = True
        self.probing = False

    def _storm_pause(self) -> float:
        return _STORM_PAUSES[min(self.pauses, len(_STORM_PAUSES) - 1)]

    def _resume(self, now: float) -> None:
        if self.ceiling is not None and now - self.last_cut > _SOON:  # that was a storm, or a long pause
            # Half of its cut is taken back: a storm says nothing about the limit, a long pause may.
            self.ceiling = (self.ceiling + (self.row_ceiling or self.ceiling)) / 2
            self.rate = max(0.7 * self.ceiling, self.slowest)
            self.cuts = 0
        self.paused = self.probing = False
        self.pauses = 0
        self.closed_until = now
        self.due = now + 1 / self.rate
        self.accepted.clear()  # the pause says nothing about the server's limit
        self.measuring_since = now

    def _accepted_rate(self, now: float) -> float:
        """Accepts per second over the last second, or over about twenty turns when those take longer."""
        now -= self.lag
        start = max(now - max(1.0, 20 / self.rate), self.measuring_since)
        while self.accepted and self.accepted[0] <= start:
            self.accepted.popleft()
        known = bisect_right(self.accepted, now) if self.lag else len(self.accepted)
        return known / max(now - start, 0.1)

    def written(self, now: float) -> dict[str, Any]:
        """With what was accepted lately, as pairs: when, how many."""
        self._accepted_rate(now)  # forgets what is too old to matter
        lately = [[at - now, len(list(same))] for at, same in groupby(self.accepted)]
        return {**super().written(now), "accepted": lately}

    def read(self, state: Mapping[str, Any], now: float) -> None:
        """Go on from what was written."""
        super().read(state, now)
        then = min(state.get("at", now), now)
        self.accepted = deque(then + ago for ago, count in state.get("accepted", ()) for _ in range(count))


class AdaptiveRate(Pacer):
    """An `AdaptivePace` of this process's own."""

    _nap = 0.05  # when a probe comes back the line has to know soon

    def __init__(
        self, *, initial: float = 10.0, slowest: float = SLOWEST, rng: random.Random | None = None
    ) -> None:
        super().__init__(AdaptivePace(initial=initial, slowest=slowest), rng)
