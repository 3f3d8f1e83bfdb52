"""Looks into a ledger, again and again, for all who watch; it never writes.

A look sums up whole campaigns, so that it takes its time with large ones: of the ledger's time one in so many
goes into looks, however many watch.
"""

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import anyio

from ants_async.dispatch.campaign import CampaignSummary
from ants_async.errors import AntsError
from ants_async.monitor.course import Course, is_over, seconds_left
from ants_async.report.html import plain

_log = logging.getLogger("ants_async.monitor")
_LOOK: Final = 1.0  # seconds between two looks
_ALONE: Final = 5.0  # and when nobody watches: whoever comes then sees how it went so far
_SHARE: Final = 10
_MOST_SHOWN: Final = 200
"""Campaigns, the newest first."""


class Readable(Protocol):
    """What is needed of a ledger."""

    async def campaigns(self) -> Sequence[CampaignSummary]:
        """All campaigns, newest first."""
        ...


class Watch:
    """What there is to show of a ledger. `run` keeps it up to date, `updates` hands it to a viewer.

    `expected`: how many recipients a campaign's list has, where the ledger does not know that yet.
    """

    def __init__(
        self,
        ledger: Readable,
        *,
        clock: Callable[[], float] = time.time,
        expected: Callable[[CampaignSummary], int | None] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._expected = expected
        self._courses: dict[str, Course] = {}
        self._shown: dict[str, Any] = {"campaigns": [], "error": None, "at": None}
        self._changed = anyio.Event()
        self._wanted = anyio.Event()
        self._viewers = 0
        self._is_closed = False

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            began = anyio.current_time()
            await self.look()
            took = anyio.current_time() - began
            await self._rest(took * _SHARE)

    async def look(self) -> None:
        """Look once. What cannot be read now is said to the viewers, and read the next time."""
        try:
            self._shown = self._all(await self._ledger.campaigns())
        except AntsError as error:
            _log.warning("the ledger cannot be read: %s", error)
            self._shown = {**self._shown, "error": plain(str(error))}
        except Exception as error:  # noqa: BLE001 - old counts must not stand there as if they were new
            said = f"the ledger cannot be shown ({type(error).__name__}); the monitor's log says more"
            if said != self._shown["error"]:  # not at every look
                _log.exception("the ledger cannot be shown")
            self._shown = {**self._shown, "error": said}
        self._changed.set()
        self._changed = anyio.Event()

    async def updates(self) -> AsyncIterator[Mapping[str, Any]]:
        """What there is to show: first with the course so far, then at every change, until `close`."""
        self._viewers += 1
        self._wanted.set()
        try:
            yield {**self._shown, "points": {name: _table(one) for name, one in self._courses.items()}}
            while not self._is_closed:
                await self._changed.wait()
                if not self._is_closed:
                    yield self._shown
        finally:
            self._viewers -= 1

    def close(self) -> None:
        """Let all viewers go."""
        self._is_closed = True
        self._changed.set()

    async def _rest(self, at_least: float) -> None:
        """Until the next look, which comes the sooner when somebody does."""
        rest = max(_LOOK, at_least)
        await anyio.sleep(rest)
        if not self._viewers:
            self._wanted = anyio.Event()
            with anyio.move_on_after(max(_ALONE - rest, 0)):
                await self._wanted.wait()

    def _all(self, found: Sequence[CampaignSummary]) -> dict[str, Any]:
        now = self._clock()
        some = found[:_MOST_SHOWN]
        self._courses = {one.campaign.id: self._courses.get(one.campaign.id) or Course() for one in some}
        return {
            "campaigns": [self._one(summary, now) for summary in some],
            "left_out": len(found) - len(some),
            "error": None,
            "at": now,
        }

    def _one(self, summary: CampaignSummary, now: float) -> Mapping[str, Any]:
        course, campaign = self._courses[summary.campaign.id], summary.campaign
        over = is_over(summary)
        if not (over and course.is_over):  # the end itself is noted, once
            course.see(summary, now)
        expected = None if summary.source_read else self._expected(summary)
        whole = max(summary.total, (expected or 0) - summary.duplicates - summary.suppressed)
        return {
            "id": campaign.id,
            "state": summary.state.value,
            "over": over,
            "reason": _plain(summary.reason),
            "sender": campaign.sender,
            "text": _plain(campaign.text),
            "created": summary.created_at.timestamp(),
            "read": summary.source_read,
            "whole": whole,
            "total": summary.total,
            "planned": summary.planned,
            "accepted": summary.accepted,
            "rejected": summary.rejected,
            "final": summary.final,
            "unresolved": summary.unresolved,
            "duplicates": summary.duplicates,
            "suppressed": summary.suppressed,
            "groups": {plain(name): count for name, count in summary.by_group.items()},
            "sending": course.sending,
            "ending": course.ending,
            "left": seconds_left(summary, course, whole if expected else None),
            "point": _row(course),
        }


def _plain(text: str | None) -> str | None:
    return None if text is None else plain(text)


def _row(course: Course) -> Sequence[float]:
    last = course.latest
    return [last.at, last.answered, last.ended, last.delivered]


def _table(course: Course) -> Sequence[Sequence[float]]:
    return [[one.at, one.answered, one.ended, one.delivered] for one in course.points]
