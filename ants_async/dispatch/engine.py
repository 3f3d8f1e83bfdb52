"""The bulk engine: planning, sending and tracking as one task, outcomes as a stream."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Iterable
from typing import Final

import anyio
import anyio.lowlevel
from anyio.abc import ObjectReceiveStream

from ants_async.client import AntsClient
from ants_async.dispatch.arrivals import Arrivals
from ants_async.dispatch.campaign import Campaign, CampaignState, Outcome
from ants_async.dispatch.canary import Canary
from ants_async.dispatch.counting import Backlog, OnOutcome, OutcomesCounted
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.ledger.protocol import Ledger, PushedBulk
from ants_async.dispatch.push import Push
from ants_async.dispatch.run import Run
from ants_async.dispatch.source import Recipients
from ants_async.dispatch.suppression import Suppress, is_suppressed
from ants_async.dispatch.tracking import BESIDE_PUSHES, TrackingRules
from ants_async.dispatch.unbroken import end_of, to_its_end
from ants_async.errors import ReportsNotTaken, ValidationError
from ants_async.models.reports import DeliveryReport
from ants_async.resources.reports import MAX_LIMIT
from ants_async.told import Told

MAX_BODY: Final = 1_000_000
_BATCHES_AHEAD: Final = 16  # of outcomes, before a slow reader slows the sending
_MOST_UNREAD: Final = 10_000  # outcomes of pushed reports, before no more reports are taken


def check_chunk_size(chunk_size: int) -> None:
    """What one call for reports can answer. Raises `ValidationError`."""
    if not 1 <= chunk_size <= MAX_LIMIT:
        raise ValidationError("chunk_size", chunk_size, f"1 to {MAX_LIMIT}")


class Dispatcher:
    """Sends campaigns to their end.

    `chunk_size`: messages a request, 1 to 1000. `max_body`: bytes a request, about. `concurrency`:
    requests in flight. `grace`: seconds that requests in flight may take when a run is stopped.
    `push`: have the API push reports (mode `advanced`); `receive` takes them, and pulls become rare.
    `suppress`: numbers that no campaign texts here, whatever list they stand on: a set, a `SuppressionList`,
    or a function of a number; each is said in an outcome.
    `on_outcome`: a function of yours that is told how many came to what; it must not block.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        *,
        chunk_size: int = MAX_LIMIT,
        max_body: int = MAX_BODY,
        concurrency: int = 8,
        grace: float = 10.0,
        sending: SendingRules | None = None,
        tracking: TrackingRules | None = None,
        push: Push | None = None,
        suppress: Suppress | None = None,
        on_outcome: OnOutcome | None = None,
    ) -> None:
        check_chunk_size(chunk_size)
        if concurrency < 1:
            raise ValidationError("concurrency", concurrency, "at least 1")
        self.client = client
        self.ledger = ledger
        self.chunk_size = chunk_size
        self.max_body = max_body
        self.concurrency = concurrency
        self.grace = grace
        self.sending = sending or SendingRules()
        self.tracking = tracking or (TrackingRules() if push is None else BESIDE_PUSHES)
        self.push = push
        self.is_suppressed = is_suppressed(suppress)
        self._runs: dict[int, Run] = {}
        self._arrivals = Arrivals(ledger, self._tell)
        self.told: Told[OutcomesCounted] = Told()
        if on_outcome is not None:
            self.add_hook(on_outcome)

    def add_hook(self, on_outcome: OnOutcome) -> Callable[[], None]:
        """Tell this function, too, until what this returns is called."""
        return self.told.add(on_outcome)

    @property
    def backlog(self) -> Backlog:
        """What is before it now."""
        runs = list(self._runs.values())  # it may be asked for in another thread
        return Backlog(
            campaigns=len(runs),
            tracked=sum(run.tracked for run in runs),
            unread=sum(run.unread_batches for run in runs),
        )

    async def receive(self, reports: Iterable[DeliveryReport]) -> None:
        """Take pushed reports, as `webhooks.report_receiver` hands them over.

        They are stored when it returns, whether their campaign runs now or not; a report that comes again, or
        is not final, changes nothing. Raises `ReportsNotTaken` for those of bulks that this ledger does not
        know, or whose sends are not answered yet, and for all while a run's reader is far behind; and
        `LedgerError`. The others are stored all the same, also when this is cancelled.
        """
        final = [report for report in reports if report.status.is_final]
        if not final:
            return
        if any(run.unread > _MOST_UNREAD for run in self._runs.values()):
            raise ReportsNotTaken(final)
        not_taken = await self._arrivals.store(final)
        if not_taken:
            raise ReportsNotTaken(not_taken)

    def _tell(self, bulk: PushedBulk) -> None:
        run = self._runs.get(bulk.campaign_key)
        if run is not None:
            run.pushed(bulk)

    async def run(
        self,
        campaign: Campaign,
        recipients: Recipients | None,
        *,
        source: str | None = None,
        canary: Canary | None = None,
        suppress: Collection[str] | None = None,
    ) -> AsyncGenerator[Outcome]:
        """Send, track, and yield outcomes as they happen, each after it is in the ledger.

        `recipients` is read lazily; None finishes what the ledger holds. `source` is kept with the
        campaign for whoever continues it. A run that is closed (`contextlib.aclosing`), cancelled or
        killed is continued by running the same campaign id again. What an earlier run recorded is not
        yielded again: `ledger.outcomes(campaign.id)` has the newest word on everybody. With a `canary` a few
        go ahead, and `CanaryFailed` is raised where too many of them fail. `suppress`: a set of numbers, or a
        `SuppressionList`, which are not texted; they stay with the campaign, whoever goes on with it.

        Raises `CampaignMismatch`, `CampaignPaused`, `LedgerError`, `ValidationError`, and whatever
        `recipients` raises; all that was sent until then is recorded.
        """
        opened = await to_its_end(
            self.ledger.open_campaign(
                campaign,
                source,
                api=self.client.address,
                reads_source=recipients is not None,
                suppress=suppress,
                now=self.client.clock(),
            ),
            undo=lambda unseen: self.ledger.close_campaign(unseen.key, CampaignState.INTERRUPTED, None),
        )
        send, receive = anyio.create_memory_object_stream[Iterable[Outcome]](_BATCHES_AHEAD)
        run = self._runs[opened.key] = Run(self, opened, send, canary)
        # A task of its own, whose parent is this generator: a cancel scope must not be held across yields.
        task = asyncio.create_task(run.main(recipients), name=f"campaign {campaign.id}")
        try:
            async for outcomes in receive:
                for outcome in outcomes:
                    yield outcome
            await task
        finally:
            await self._end(run, task, receive)

    async def _end(self, run: Run, task: "asyncio.Task[None]", receive: ObjectReceiveStream[object]) -> None:
        """Let requests in flight come home within the grace period, then stop hard; always wait."""
        await receive.aclose()
        run.stop()
        with anyio.CancelScope(shield=True):
            try:
                await asyncio.wait({task}, timeout=self.grace)
            finally:
                task.cancel()
                try:
                    await end_of(task)
                finally:
                    self._runs.pop(run.key, None)
        if not task.cancelled():
            task.exception()  # was raised to the reader, or there is no reader to raise it to
