"""What one trip to a shared rate settles: told the news, it hands out the next turns.

Nothing here waits or does I/O. The pace is the one that a single process uses; between processes only this
is new: several turns are taken at once, ahead of their time, and may be lost again to a pause.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from ants_async.models.limits import RateLimit
from ants_async.transport.adaptive import AdaptivePace
from ants_async.transport.fixed import Pace

HORIZON: Final = 0.25
"""Turns are taken up to so many seconds ahead: a little later, at the latest, everybody knows of a cut."""

_TELL_WITHIN: Final = 0.2  # seconds until accepts are told, after which they are counted ...
_TELL_WITHIN_FIRST: Final = 0.02  # ... while the rate doubles and doubles: there an old count is a wrong one
_TELLING: Final = 0.03  # what that may take
_NAP: Final = 0.25  # ask so often, in a pause, whether it is over
_SOON: Final = 0.01


@attrs.define(slots=True)
class News:
    """At `at`, by the clock of whoever tells it, so many were accepted; or none, and that was a 429."""

    at: float
    accepted: int = 0
    retry_after: float | None = None


@attrs.frozen(slots=True)
class Ask:
    """Turns for so many callers that wait, and for so many that are expected soon."""

    waiting: int
    expected: int = 0
    last: float = -math.inf
    """The last turn in hand, by the database's clock: what is taken up to there is taken by us."""


@attrs.frozen(slots=True)
class Lease:
    """Turns of ours, and what everybody has to know. Times are the database's."""

    now: float
    turns: tuple[float, ...]
    rate: float
    paused: bool
    held_at: float
    closed_until: float
    tell_within: float
    """Accepts have to be told so many seconds later; 429s at once."""
    again: float
    """So many seconds later there may be a turn, when none was left."""

    def keeps(self, turn: float, taken_at: float) -> bool:
        """Whether a turn that was taken then is still good after the last pause."""
        return taken_at >= self.held_at and turn >= self.closed_until


def fresh(limit: RateLimit | None) -> Pace:
    """The pace of a rate that nobody has used yet."""
    return AdaptivePace() if limit is None else Pace(rate=limit.count / limit.period)


def _tell_within(pace: Pace) -> float:
    is_first_climb = isinstance(pace, AdaptivePace) and pace.ceiling is None
    return _TELL_WITHIN_FIRST if is_first_climb else _TELL_WITHIN


def visit(
    state: Mapping[str, Any],
    now: float,
    news: Sequence[News],
    ask: Ask,
    *,
    limit: RateLimit | None,
    rng: random.Random,
) -> tuple[Lease, dict[str, Any]]:
    """`settle` with the pace of this state: what comes of it, and the state to keep."""
    pace = fresh(limit)
    pace.read(state, now)
    if isinstance(pace, AdaptivePace):
        pace.lag = _tell_within(pace) + _TELLING
    lease = settle(pace, now, news, ask, rng)
    return lease, pace.written(now)


def settle(pace: Pace, now: float, news: Sequence[News], ask: Ask, rng: random.Random) -> Lease:
    """Tell the pace what happened (`at` by the database's clock), and take turns.

    Turns come in the order of asking, so nobody starves. Who asks gets half of what is free within the
    horizon, and one at least: N busy workers have `HORIZON / (N + 2)` seconds of turns each, and who comes
    new waits less than the horizon for a first turn. While others queue, there are none for callers only
    expected: they could be left over, and the account would have that much less.
    """
    for one in news:
        for _ in range(one.accepted):
            pace.succeeded(one.at)
        if not one.accepted:
            pace.throttled(one.at, one.retry_after, rng)
    ahead = max(pace.due - now, 0.0)
    alone = pace.due <= max(now, ask.last + 1.5 / pace.rate)
    # Rounded up as often as down: whole turns would make shares of a few turns unequal for good.
    free = max(1, int((HORIZON - ahead) / 2 * pace.rate + rng.random()))
    if pace.paused:  # a probe, and not before its time: until then it could be lost with its worker
        free = 1 if ahead <= _SOON else 0
    wanted = ask.waiting + (ask.expected if alone and ask.waiting else 0)
    turns: list[float] = []
    while len(turns) < min(wanted, free):
        turns.append(max(pace.due, now))
        pace.leave(turns[-1])
    return Lease(
        now=now,
        turns=tuple(turns),
        rate=pace.rate,
        paused=pace.paused,
        held_at=pace.held_at,
        closed_until=pace.closed_until,
        tell_within=_tell_within(pace),
        again=0.0 if turns or not wanted else min(max(pace.due - now, _SOON), _NAP),
    )
