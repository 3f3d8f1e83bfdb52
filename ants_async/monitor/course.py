"""The course of a campaign: its counts over time, how fast it is, and when it will be done."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final

import attrs

from ants_async.dispatch.campaign import CampaignState, CampaignSummary

_MOST_POINTS: Final = 300
_RECENT: Final = 20.0  # seconds over which the rate now is taken
_OVER: Final = frozenset({CampaignState.FINISHED, CampaignState.CANCELLED})
_DELIVERED: Final = "DELIVERED"


@attrs.frozen
class Point:
    """Counts at a moment, in seconds since the epoch: with an answer, at their end, delivered."""

    at: float
    answered: int
    ended: int
    delivered: int


@attrs.define
class Course:
    """Points of a campaign, thinned out as they get more: a picture shows all of the time watched."""

    points: list[Point] = attrs.field(factory=list)
    is_over: bool = False
    """Whether nothing of it will change any more, by what was noted last."""
    _recent: deque[Point] = attrs.field(factory=deque)
    _every: int = 1
    _seen: int = 0

    def see(self, summary: CampaignSummary, at: float) -> Point:
        """Note its counts."""
        ended = summary.final + summary.rejected + summary.unresolved
        point = Point(at, summary.total - summary.planned, ended, summary.by_group.get(_DELIVERED, 0))
        self.is_over = is_over(summary)
        if self.is_over or self._seen % self._every == 0:  # nothing comes after an end that would show it
            self.points.append(point)
        self._seen += 1
        if len(self.points) > _MOST_POINTS:
            self.points = list(islice(self.points, 0, None, 2))
            self._every *= 2
        self._recent.append(point)
        while len(self._recent) > 2 and at - self._recent[1].at >= _RECENT:  # noqa: PLR2004 - two make a rate
            self._recent.popleft()
        return point

    @property
    def latest(self) -> Point:
        """The last one noted."""
        return self._recent[-1]

    @property
    def sending(self) -> float:
        """Messages answered a second, now; none once it is over."""
        return self._rate(lambda point: point.answered)

    @property
    def ending(self) -> float:
        """Messages that come to their end a second, now; none once it is over."""
        return self._rate(lambda point: point.ended)

    def _rate(self, count: Callable[[Point], int]) -> float:
        if self.is_over:
            return 0.0
        first, last = self._recent[0], self._recent[-1]
        seconds = last.at - first.at
        return max(count(last) - count(first), 0) / seconds if seconds > 0 else 0.0


def is_over(summary: CampaignSummary) -> bool:
    """Whether nothing of it will change any more."""
    return summary.is_done or (summary.state in _OVER and not summary.accepted)


def seconds_left(summary: CampaignSummary, course: Course, expected: int | None) -> float | None:
    """Until all is sent, at the rate now; None where that cannot be told.

    `expected`: recipients of the whole list; without it the ledger knows only when it is read to its end.
    """
    whole = summary.total if summary.source_read else expected
    if whole is None or summary.state is not CampaignState.RUNNING or not course.sending:
        return None
    return max(whole - (summary.total - summary.planned), 0) / course.sending
