"""Pushed reports on their way into the ledger.

They come one by one and many at a time, and each transaction waits for the disk: whatever comes while one
is under way goes together into the next. A request may be cut off at any moment. What it brought is then
stored and told all the same, by a task of its own, or else a run would miss outcomes that its ledger has.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import attrs

from ants_async.dispatch.ledger.protocol import Ledger, PushedBulk
from ants_async.errors import ReportsNotTaken
from ants_async.models.reports import DeliveryReport

_MOST_WAITING: Final = 10_000


@attrs.define(slots=True, eq=False)
class _Batch:
    """Reports for one transaction; the task answers the places of those that were not taken."""

    reports: list[DeliveryReport] = attrs.field(factory=list)
    task: "asyncio.Task[frozenset[int]] | None" = None


class Arrivals:
    """Stores pushed reports, together where they come together. `tell` hears what came of them."""

    def __init__(self, ledger: Ledger, tell: Callable[[PushedBulk], None]) -> None:
        self._ledger = ledger
        self._tell = tell
        self._turn = anyio.Lock()
        self._gathering = _Batch()

    async def store(self, reports: Sequence[DeliveryReport]) -> list[DeliveryReport]:
        """Store them; answers those that were not taken.

        Raises `LedgerError`, and `ReportsNotTaken` when there are too many at a time.
        """
        batch = self._gathering
        if batch.task is not None and batch.task.done():  # cancelled before its turn, with its event loop
            batch = self._gathering = _Batch()
        start = len(batch.reports)
        if start and start + len(reports) > _MOST_WAITING:
            raise ReportsNotTaken(reports)
        batch.reports += reports
        if batch.task is None:
            batch.task = asyncio.create_task(self._commit(batch), name="ants_async pushed reports")
            batch.task.add_done_callback(_look_at)
        await asyncio.wait({batch.task})  # being cancelled here does not cancel the task
        not_taken = batch.task.result()
        return [report for place, report in enumerate(reports, start) if place in not_taken]

    async def _commit(self, batch: _Batch) -> frozenset[int]:
        async with self._turn:
            self._gathering = _Batch()
            pushed = await self._ledger.pushed(batch.reports)
            for bulk in pushed.bulks:
                self._tell(bulk)
            return pushed.not_taken


def _look_at(task: "asyncio.Task[frozenset[int]]") -> None:
    """An error is raised to those who wait, of whom there may be none left."""
    if not task.cancelled():
        task.exception()
