"""One campaign at work: old chunks, then the source, sent and tracked as one task group."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final

import anyio
import anyio.lowlevel
import attrs
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.streams.memory import MemoryObjectSendStream

from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Mode, Outcome
from ants_async.dispatch.canary import Canary, go_ahead
from ants_async.dispatch.counting import tell
from ants_async.dispatch.ledger.protocol import Chunk, OpenCampaign, PushedBulk
from ants_async.dispatch.messages import Message, Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.dispatch.sending import Sender
from ants_async.dispatch.source import ROWS_A_TURN, Recipients, batches
from ants_async.dispatch.stopping import Stopping
from ants_async.dispatch.suppression import is_suppressed
from ants_async.dispatch.tracking import BESIDE_PUSHES, Tracker, TrackingRules
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import ApiError, CampaignPaused, DecodeError, DispatchError, LedgerDamaged

if TYPE_CHECKING:
    from ants_async.dispatch.engine import Dispatcher

_TRACKERS: Final = 2


class Run:
    """One campaign at work, from `open_campaign` to `close_campaign`."""

    def __init__(
        self,
        dispatcher: "Dispatcher",
        opened: OpenCampaign,
        outcomes: MemoryObjectSendStream[Iterable[Outcome]],
        canary: Canary | None,
    ) -> None:
        self._ledger = dispatcher.ledger
        self._opened = opened
        self.key = opened.key
        self._outcomes = outcomes
        self._dispatcher = dispatcher
        self._stopping = Stopping()
        self._reading = anyio.CancelScope()
        self._failure: Exception | None = None
        self._textless = False
        self._canary = canary
        self._is_suppressed = is_suppressed(dispatcher.is_suppressed, opened.suppressed)
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
            pause=self._stopping.pause,
            turn=self._stopping.turn,
            push=dispatcher.push,
            is_suppressed=self._is_suppressed,
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
        is_over = self._failure is not None or self._stopping.is_set() or self._opened.is_cancelled
        if self._textless and not is_over and await self._ledger.unanswered(self._opened.key):
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
            if self._opened.is_cancelled and chunk.attempted_at is None:
                continue
            if all(chunk.messages.texts):
                await jobs.send(chunk)
            else:
                textless.append(chunk)
        texts: dict[str, str] = {}
        for chunk in textless:
            texts.update(zip(chunk.messages.to, chunk.messages.texts, strict=True))
        if recipients is not None:
            planner = self._planner(known, texts)
            if self._canary is not None:
                recipients = await go_ahead(
                    self._canary,
                    recipients,
                    planner,
                    plan=lambda some: self._plan(some, planner, jobs),
                    look=self._summary,
                    delay=lambda due: self._opened.campaign.delay(self._clock(), due),
                )
            await self._plan(recipients, planner, jobs)
        self._textless = bool(textless)
        for chunk in textless:  # before the others leave: a chunk that is divided puts all to other places
            await self._sender.look_up_only(_some(chunk, lambda one: not self._is_told(one, texts)))
        for chunk in textless:
            told = _some(chunk, lambda one: self._is_told(one, texts))
            own = [texts[to] for to in told.messages.to]
            await jobs.send(attrs.evolve(told, messages=attrs.evolve(told.messages, texts=own)))

    def _is_told(self, message: Message, texts: Mapping[str, str]) -> bool:
        """Whether the list has its text, or it needs none: nobody suppressed is sent one."""
        suppressed = self._is_suppressed is not None and self._is_suppressed(message.to)
        return suppressed or bool(texts[message.to])

    async def _summary(self) -> CampaignSummary:
        summary = await self._ledger.summary(self._opened.campaign.id)
        if summary is None:
            raise LedgerDamaged("a campaign that is at work is not in it any more")
        return summary

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
            is_suppressed=self._is_suppressed,
        )

    async def _plan(
        self, recipients: Recipients, planner: Planner, jobs: ObjectSendStream[Chunk | Messages]
    ) -> int:
        """All of them; how many are new."""
        first, turn, planned = planner.rows == 0, planner.rows, 0
        async for some in batches(recipients):
            for chunk in planner.cut(some):
                first = await self._note_left_out(planner, first=first)
                await jobs.send(chunk)
                planned += len(chunk)
            if planner.rows >= turn:  # a source that holds nothing new fills no chunk,
                turn = planner.rows + ROWS_A_TURN
                await anyio.lowlevel.checkpoint()  # and must neither block the loop
                first = await self._note_left_out(planner, first=first)  # nor pile up what is left out
        await self._note_left_out(planner, first=first)
        rest = planner.flush()
        if rest is not None:
            await jobs.send(rest)
            planned += len(rest)
        return planned

    async def _note_left_out(self, planner: Planner, *, first: bool) -> bool:
        left_out, planner.left_out = planner.left_out, []
        if first or left_out:
            await self._ledger.replace_left_out(self._opened.key, left_out, first=first)
            await self._emit(left_out)
        return False

    async def _send_jobs(self, work: ObjectReceiveStream[Chunk | Messages]) -> None:
        async with work:
            async for job in work:
                if isinstance(job, Chunk):
                    await self._sender.deliver(job)
                else:
                    ready = await self._sender.gate.ready()
                    if ready is None:
                        return
                    chunk = await self._ledger.begin(self._opened, job, self._clock())
                    await self._sender.deliver(chunk, ready=ready)
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


def _some(chunk: Chunk, which: Callable[[Message], bool]) -> Chunk:
    return attrs.evolve(chunk, messages=chunk.messages.where(which))
