"""The bulk engine: planning, sending and tracking as one task, outcomes as a stream."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import suppress
from itertools import chain, islice
from math import inf
from typing import Final

import anyio
import anyio.lowlevel
import attrs
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.streams.memory import MemoryObjectSendStream

from ants_async.client import AntsClient
from ants_async.dispatch.arrivals import Arrivals
from ants_async.dispatch.campaign import Campaign, CampaignState, Mode, Outcome, Recipient
from ants_async.dispatch.counting import Backlog, OnOutcome, OutcomesCounted, tell
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.ledger.protocol import Chunk, Ledger, OpenCampaign, PushedBulk
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.dispatch.push import Push
from ants_async.dispatch.sending import Sender
from ants_async.dispatch.tracking import Tracker, TrackingRules
from ants_async.dispatch.unbroken import end_of, to_its_end
from ants_async.errors import (
    ApiError,
    CampaignPaused,
    DecodeError,
    DispatchError,
    ReportsNotTaken,
    ValidationError,
)
from ants_async.models.reports import DeliveryReport
from ants_async.resources.reports import MAX_LIMIT
from ants_async.told import Told

Recipients = Iterable[Recipient] | AsyncIterable[Recipient]
MAX_BODY: Final = 1_000_000
_TRACKERS: Final = 2
_ROWS_A_TURN: Final = 1000
_BATCHES_AHEAD: Final = 16  # of outcomes, before a slow reader slows the sending
_MOST_UNREAD: Final = 10_000  # outcomes of pushed reports, before no more reports are taken
BESIDE_PUSHES: Final = TrackingRules(first=60.0, longest=600.0)  # pulls find only what was lost on its way


def check_chunk_size(chunk_size: int) -> None:
    """What one call for reports can answer. Raises `ValidationError`."""
    if not 1 <= chunk_size <= MAX_LIMIT:
        raise ValidationError("chunk_size", chunk_size, f"1 to {MAX_LIMIT}")


class Dispatcher:
    """Sends campaigns to their end.

    `chunk_size`: messages a request, 1 to 1000. `max_body`: bytes a request, about. `concurrency`:
    requests in flight. `grace`: seconds that requests in flight may take when a run is stopped.
    `push`: have the API push reports (mode `advanced`); `receive` takes them, and pulls become rare.
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
        self._runs: dict[int, _Run] = {}
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
        self, campaign: Campaign, recipients: Recipients | None, *, source: str | None = None
    ) -> AsyncGenerator[Outcome]:
        """Send, track, and yield outcomes as they happen, each after it is in the ledger.

        `recipients` is read lazily; None finishes what the ledger holds. `source` is kept with the
        campaign for whoever continues it. A run that is closed (`contextlib.aclosing`), cancelled or
        killed is continued by running the same campaign id again. What an earlier run recorded is not
        yielded again: `ledger.outcomes(campaign.id)` has the newest word on everybody.

        Raises `CampaignMismatch`, `CampaignPaused`, `LedgerError`, `ValidationError`, and whatever
        `recipients` raises; all that was sent until then is recorded.
        """
        opened = await to_its_end(
            self.ledger.open_campaign(
                campaign, source, reads_source=recipients is not None, now=self.client.clock()
            ),
            undo=lambda unseen: self.ledger.close_campaign(unseen.key, CampaignState.INTERRUPTED, None),
        )
        send, receive = anyio.create_memory_object_stream[Iterable[Outcome]](_BATCHES_AHEAD)
        run = self._runs[opened.key] = _Run(self, opened, send)
        # A task of its own, whose parent is this generator: a cancel scope must not be held across yields.
        task = asyncio.create_task(run.main(recipients), name=f"campaign {campaign.id}")
        try:
            async for outcomes in receive:
                for outcome in outcomes:
                    yield outcome
            await task
        finally:
            await self._end(run, task, receive)

    async def _end(
        self, run: "_Run", task: "asyncio.Task[None]", receive: ObjectReceiveStream[object]
    ) -> None:
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


class _Run:
    """One campaign at work, from `open_campaign` to `close_campaign`."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        opened: OpenCampaign,
        outcomes: MemoryObjectSendStream[Iterable[Outcome]],
    ) -> None:
        self._ledger = dispatcher.ledger
        self._opened = opened
        self.key = opened.key
        self._outcomes = outcomes
        self._dispatcher = dispatcher
        self._stopping = anyio.Event()
        self._reading = anyio.CancelScope()
        self._failure: Exception | None = None
        self._textless = False
        self._pushed, self._relayed = anyio.create_memory_object_stream[Sequence[Outcome]](inf)
        self.unread = 0
        client, clock = dispatcher.client, dispatcher.client.clock
        self._clock = clock
        rules = dispatcher.tracking
        if rules is BESIDE_PUSHES and opened.campaign.mode is Mode.MULTI:  # which has no pushes
            rules = TrackingRules()
        self._tracker = Tracker(client, self._ledger, opened, rules, emit=self._emit, clock=clock)
        self._sender = Sender(
            client,
            self._ledger,
            opened,
            dispatcher.sending,
            emit=self._emit,
            track=self._tracker.watch,
            pause=self._pause,
            clock=clock,
            push=dispatcher.push,
        )

    @property
    def tracked(self) -> int:
        """Chunks whose reports are not all there."""
        return self._tracker.followed

    @property
    def unread_batches(self) -> int:
        """Of outcomes, before the reader."""
        return self._outcomes.statistics().current_buffer_used

    def pushed(self, bulk: PushedBulk) -> None:
        """Go on from what was pushed. Nothing waits here: a slow reader is no reason to lose an outcome."""
        with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # it ends: the ledger has it
            self._pushed.send_nowait(bulk.outcomes)
            self.unread += len(bulk.outcomes)
        self._tracker.pushed(bulk.chunk_key, bulk.left)

    async def _relay(self) -> None:
        """Outcomes of pushed reports to the reader, until there will be no more."""
        async for outcomes in self._relayed:
            await self._emit(outcomes)
            self.unread -= len(outcomes)

    def stop(self) -> None:
        """Read nothing more, start nothing more."""
        self._stopping.set()
        self._reading.cancel()
        self._tracker.stop()

    async def main(self, recipients: Recipients | None) -> None:
        """Everything, as one task group; the ledger is told how it ended."""
        async with self._outcomes, self._relayed:
            try:
                async with anyio.create_task_group() as relay:
                    relay.start_soon(self._relay)
                    with self._pushed:
                        await self._send_and_track(recipients)
            finally:
                await to_its_end(self._close())
            if self._failure is not None:
                raise self._failure

    async def _send_and_track(self, recipients: Recipients | None) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(_TRACKERS):
                group.start_soon(self._guarded, self._tracker.run)
            await self._guarded(self._follow_old_bulks)
            if not self._stopping.is_set():
                await self._guarded(self._send_all, recipients)
            self._tracker.no_more()
        goes_on = self._failure is None and not self._stopping.is_set()
        if self._textless and goes_on and await self._ledger.unanswered(self._opened.key):
            self._failure = CampaignPaused(
                "some recipients of an earlier list are not sent yet, and this ledger keeps no texts: "
                "run the campaign with a list that has them"
            )

    async def _follow_old_bulks(self) -> None:
        for bulk in await self._ledger.bulks(self._opened.key):
            self._tracker.watch(bulk, is_old=True)

    async def _close(self) -> None:
        failure = self._failure
        if isinstance(failure, CampaignPaused):
            state = CampaignState.PAUSED
        elif failure is not None or self._stopping.is_set():
            state = CampaignState.INTERRUPTED
        else:
            state = CampaignState.FINISHED
        reason = None if failure is None else self._reason(failure)
        await self._ledger.close_campaign(self._opened.key, state, reason)

    def _reason(self, failure: Exception) -> str:
        """As the ledger may have it: what the API says, and a value that is refused, may quote a text."""
        if self._opened.stores_texts:
            return str(failure)
        cause = failure.__cause__
        if isinstance(cause, ApiError):
            return f"{type(failure).__name__}: HTTP {cause.status_code} {cause.code}"
        is_ours = isinstance(failure, DispatchError) and not isinstance(cause, DecodeError)
        return str(failure) if is_ours else type(failure).__name__

    async def _guarded(self, work: Callable[..., Awaitable[None]], *args: object) -> None:
        """The first failure stops the run gently, so that what is in flight is still recorded."""
        try:
            await work(*args)
        except anyio.BrokenResourceError:
            if not self._stopping.is_set():  # else: the senders left before the planner did
                raise
        except Exception as error:  # noqa: BLE001 - raised again by main
            if self._failure is None:
                self._failure = error
            self.stop()

    async def _send_all(self, recipients: Recipients | None) -> None:
        """Old chunks first, then the source; its end is noted only when all of it is on disk."""
        known = NumberSet()
        if recipients is not None:
            async for numbers in self._ledger.numbers(self._opened.key):
                for number in numbers:
                    known.add(number)
        if recipients is not None or await self._ledger.unanswered(self._opened.key):
            await self._sender.get_ready(None if recipients is None else known)
        jobs, work = anyio.create_memory_object_stream[Chunk | Messages](0)
        async with anyio.create_task_group() as group:
            for _ in range(self._dispatcher.concurrency):
                group.start_soon(self._guarded, self._send_jobs, work.clone())
            work.close()
            async with jobs:
                with self._reading:
                    await self._guarded(self._read, recipients, known, jobs)
        if self._textless:  # of their chunks a part may be on its way, and another not
            await self._follow_old_bulks()
        if recipients is not None and not self._stopping.is_set():
            await self._ledger.source_read(self._opened.key)

    async def _read(
        self,
        recipients: Recipients | None,
        known: NumberSet,
        jobs: ObjectSendStream[Chunk | Messages],
    ) -> None:
        textless = []
        for key in await self._ledger.unanswered(self._opened.key):
            chunk = await self._ledger.chunk(self._opened, key)
            if all(chunk.messages.texts):
                await jobs.send(chunk)
            else:
                textless.append(chunk)
        texts: dict[str, str] = {}
        for chunk in textless:
            texts.update(zip(chunk.messages.to, chunk.messages.texts, strict=True))
        if recipients is not None:
            await self._plan(recipients, self._planner(known, texts), jobs)
        self._textless = bool(textless)
        for chunk in textless:  # before the others leave: a chunk that is divided puts all to other places
            await self._sender.look_up_only(_without_texts(chunk, texts))
        for chunk in textless:
            await jobs.send(_with_texts(chunk, texts))

    def _planner(self, known: NumberSet, wanted: dict[str, str]) -> Planner:
        dispatcher = self._dispatcher
        push = dispatcher.push if self._opened.campaign.mode is Mode.ADVANCED else None
        return Planner(
            self._opened.campaign,
            known,
            chunk_size=dispatcher.chunk_size,
            max_body=dispatcher.max_body,
            own_bytes=0 if push is None else push.bytes_a_message,
            wanted=wanted,
        )

    async def _plan(
        self, recipients: Recipients, planner: Planner, jobs: ObjectSendStream[Chunk | Messages]
    ) -> None:
        first, turn = True, 0
        async for some in batches(recipients):
            for chunk in planner.cut(some):
                first = await self._note_duplicates(planner, first=first)
                await jobs.send(chunk)
            if planner.rows >= turn:  # a source that holds nothing new fills no chunk,
                turn = planner.rows + _ROWS_A_TURN
                await anyio.lowlevel.checkpoint()  # and must neither block the loop
                first = await self._note_duplicates(planner, first=first)  # nor pile up what is doubled in it
        await self._note_duplicates(planner, first=first)
        rest = planner.flush()
        if rest is not None:
            await jobs.send(rest)

    async def _note_duplicates(self, planner: Planner, *, first: bool) -> bool:
        doubled, planner.duplicates = planner.duplicates, []
        if first or doubled:
            await self._ledger.replace_duplicates(self._opened.key, doubled, first=first)
            await self._emit(doubled)
        return False

    async def _send_jobs(self, work: ObjectReceiveStream[Chunk | Messages]) -> None:
        async with work:
            async for job in work:
                if isinstance(job, Chunk):
                    await self._sender.deliver(job)
                else:
                    chunk = await self._ledger.begin(self._opened, job, self._clock())
                    await self._sender.deliver(chunk, is_new=True)
                if self._stopping.is_set():
                    return

    async def _emit(self, outcomes: Iterable[Outcome]) -> None:
        """To the reader, who may have gone; the ledger has it all."""
        if not outcomes:
            return
        if self._dispatcher.told:
            outcomes = tell(self._dispatcher.told, self._opened.campaign.id, outcomes)
        try:
            await self._outcomes.send(outcomes)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    async def _pause(self, seconds: float) -> bool:
        """Wait; False when the run is being stopped."""
        with anyio.move_on_after(seconds):
            await self._stopping.wait()
        return not self._stopping.is_set()


def _with_texts(chunk: Chunk, texts: Mapping[str, str]) -> Chunk:
    """A chunk that was stored without texts, with those that the list has."""
    found = chunk.messages.where(lambda one: bool(texts[one.to]))
    return attrs.evolve(chunk, messages=attrs.evolve(found, texts=[texts[to] for to in found.to]))


def _without_texts(chunk: Chunk, texts: Mapping[str, str]) -> Chunk:
    """Those that the list has not."""
    return attrs.evolve(chunk, messages=chunk.messages.where(lambda one: not texts[one.to]))


async def batches(recipients: Recipients) -> AsyncIterator[Iterable[Recipient]]:
    """One by one as they come, or so many a turn where nobody has to wait for them."""
    if isinstance(recipients, AsyncIterable):
        async for recipient in recipients:
            yield (recipient,)
    else:
        rows = iter(recipients)
        for recipient in rows:
            yield chain((recipient,), islice(rows, _ROWS_A_TURN - 1))
