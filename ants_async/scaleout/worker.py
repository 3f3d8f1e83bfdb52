"""What a worker does with a chunk when it is woken for it.

The same sending and the same questions as in one process; what differs is who remembers what comes next.
Here it is a job, deferred in the transaction that makes it necessary.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.inquiry import Inquiry
from ants_async.dispatch.ledger import queries
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.postgres import PostgresLedger, perform
from ants_async.dispatch.ledger.protocol import Bulk, Chunk
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.dispatch.push import Push
from ants_async.dispatch.sending import Sender
from ants_async.dispatch.stopping import Stopping
from ants_async.dispatch.suppression import is_suppressed
from ants_async.dispatch.tracking import OVERDUE, TrackingRules
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import (
    ApiError,
    AuthenticationError,
    CampaignMismatch,
    CampaignPaused,
    LeaseLost,
    LedgerDamaged,
    PermissionDenied,
    TransportError,
)
from ants_async.scaleout.control import finish, leave_to_a_person, pause
from ants_async.scaleout.leases import ChangedMeanwhile, LeasedLedger, Leases, Taken
from ants_async.scaleout.lists import SuppressionLists
from ants_async.scaleout.queue import Look, Queue

T = TypeVar("T")
_log = logging.getLogger("ants_async.scaleout")
_UNTIL_TRIED_AGAIN: Final = 30.0  # seconds, for what has begun and could not be brought to its end


class Worker:
    """Sends chunks and asks for their reports, with one client. `lease`: seconds that a chunk is its own.

    `job`: the one that woke it; nothing is done when it is not the chunk's latest.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: PostgresLedger,
        queue: Queue,
        *,
        lease: float,
        sending: SendingRules,
        tracking: TrackingRules,
        push: Push | None,
        is_suppressed: Callable[[str], bool] | None = None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._queue = queue
        self._leases = Leases(ledger, lease, client.address)
        self._lists = SuppressionLists(ledger)
        self._sending = sending
        self._tracking = tracking
        self._push = push
        self._is_suppressed = is_suppressed
        self._stopping = Stopping()

    def stop(self) -> None:
        """Begin nothing more: what waits for its turn is given back at once."""
        self._stopping.set()

    async def send(self, chunk: int, job: int | None = None) -> None:
        """Bring a chunk to its answer."""
        taking = to_its_end(self._leases.to_send(chunk, job), undo=self._give_back_unseen)
        taken = await self._if_ours(chunk, taking)
        if taken is None:
            return
        ledger = self._until_answered(taken)
        campaign = taken.campaign.campaign
        wait = 0.0 if campaign.quiet_hours is None else campaign.quiet_hours.left(self._client.clock())
        if wait:
            await to_its_end(self._give_back(ledger, wait))
            return
        try:
            async with self._leases.kept(ledger.fences):
                sender = await self._sender(ledger, taken)
                await sender.get_ready(None)
                await sender.deliver(taken.found)
        except ChangedMeanwhile as changed:
            _log.debug("chunk %s: %s", chunk, changed, extra=_fields(taken, chunk, changed))
        except (CampaignPaused, LedgerDamaged) as refused:
            wait = _UNTIL_TRIED_AGAIN
            await self._pause(taken.campaign.key, str(refused))
        except LeaseLost as lost:
            _log.warning("%s", lost, extra=_fields(taken, chunk, lost))
        except Exception:
            wait = _UNTIL_TRIED_AGAIN  # whatever it is, it may be so again
            raise
        finally:
            await to_its_end(self._give_back(ledger, wait))
        await self._finish(ledger, taken.campaign.key)

    async def _sender(self, ledger: LeasedLedger, taken: Taken[Chunk]) -> Sender:
        suppressed = await self._lists.of(taken.campaign.key, taken.suppression_size)
        return Sender(
            self._client,
            ledger,
            taken.campaign,
            # What has begun in one that is not running any more must not keep a place from the others.
            self._sending if taken.is_running else attrs.evolve(self._sending, patience=0.0),
            emit=_nobody_waits,
            track=_its_job_does,
            pause=self._stopping.pause,
            turn=self._stopping.turn,
            stays=False,
            push=self._push,
            is_suppressed=is_suppressed(self._is_suppressed, suppressed),
        )

    def _until_answered(self, taken: Taken[Chunk]) -> LeasedLedger:
        async def follow(connection: Connection, chunk: int) -> None:
            bulk = await perform(connection, queries.bulk(chunk))
            delay = bulk.until_first(self._client.clock())
            look = Look(wait=self._tracking.first, quiet_since=time.time())
            await self._queue.track(connection, chunk, look, delay=delay)

        return LeasedLedger(self._ledger, self._leases, taken, done_in=ChunkState.TRACKED, then=follow)

    async def _give_back(self, ledger: LeasedLedger, wait: float) -> None:
        """What was not brought to its end is free at once: the next one need not wait for the lease's end."""

        async def resume(connection: Connection, chunk: int) -> None:
            turn = await self._queue.turn(connection)
            await self._queue.send(connection, [chunk], turn, wait=wait)

        for chunk in list(ledger.fences):
            with suppress(LeaseLost):  # whoever took it over has it
                await ledger.hand_over(chunk, resume)

    async def _give_back_unseen(self, taken: Taken[Chunk] | None) -> None:
        """What was taken for somebody who was cancelled meanwhile."""
        if taken is not None:
            await self._give_back(self._until_answered(taken), 0.0)

    async def track(self, chunk: int, look: Look, job: int | None = None) -> None:
        """Ask for a chunk's reports, and defer what comes next, until all is final."""
        await self._look(chunk, look, job, by_logs=False)

    async def look_up(self, chunk: int, look: Look, job: int | None = None) -> None:
        """Ask the logs about a chunk whose reports are overdue, or may be lost."""
        await self._look(chunk, look, job, by_logs=True)

    async def _look(self, chunk: int, look: Look, job: int | None, *, by_logs: bool) -> None:
        taking = to_its_end(self._leases.to_ask(chunk, job), undo=lambda unseen: self._put_off(unseen, look))
        taken = await self._if_ours(chunk, taking)
        if taken is not None:
            try:
                await self._ask(taken, look, by_logs=by_logs)
            except LeaseLost as lost:
                _log.warning("%s", lost, extra=_fields(taken, chunk, lost))

    async def _ask(self, taken: Taken[Bulk], look: Look, *, by_logs: bool) -> None:
        ledger = self._until_closed(taken)
        try:
            await self._ask_with(ledger, taken, look, by_logs=by_logs)
        except asyncio.CancelledError:  # it is stopped, perhaps with reports in hand
            await to_its_end(self._put_off(taken, attrs.evolve(look, ask_logs=True), ledger))
            raise

    def _until_closed(self, taken: Taken[Bulk]) -> LeasedLedger:
        return LeasedLedger(
            self._ledger, self._leases, taken, done_in=ChunkState.CLOSED, then=_its_job_is_next
        )

    async def _put_off(
        self, taken: Taken[Bulk] | None, look: Look, ledger: LeasedLedger | None = None
    ) -> None:
        """Whoever is free asks at once."""
        if taken is not None:
            again = attrs.evolve(look, wait=0.0)
            ledger = ledger or self._until_closed(taken)
            with suppress(LeaseLost):  # whoever took it over has it
                await ledger.hand_over(taken.key, lambda there, chunk: self._queue.track(there, chunk, again))

    async def _ask_with(self, ledger: LeasedLedger, taken: Taken[Bulk], look: Look, *, by_logs: bool) -> None:
        chunk, bulk = taken.key, taken.found
        inquiry = Inquiry(self._client, ledger, taken.campaign, partial(ledger.record_final, taken.campaign))
        came, failure = 0, None
        async with self._leases.kept(ledger.fences):
            try:
                came, left = await (inquiry.logs(bulk) if by_logs else inquiry.reports(bulk))
                now = self._client.clock()
                if by_logs and left and not look.ask_logs and self._tracking.is_overdue(bulk, now):
                    await ledger.give_up(taken.campaign, chunk, OVERDUE, now)
            except (ApiError, TransportError) as error:
                failure = error
                fields = _fields(taken, chunk, error)
                _log.info("chunk %s: %s; asked again later, and the logs too", chunk, error, extra=fields)
        if isinstance(failure, AuthenticationError | PermissionDenied):
            await self._pause(taken.campaign.key, f"the API refuses the account: {failure}")
        quiet_since = time.time() if came else look.quiet_since
        is_quiet = self._tracking.asks_logs(bulk, time.time() - quiet_since, self._client.clock())
        goes_to_logs = look.ask_logs or failure is not None or bulk.stands_elsewhere or is_quiet

        async def go_on(connection: Connection, chunk: int) -> None:
            if goes_to_logs and not by_logs:
                after = Look(wait=look.wait, quiet_since=quiet_since, ask_logs=failure is not None)
                await self._queue.look_up(connection, chunk, after)
            else:
                wait, delay = self._tracking.next_look(bulk, look.wait, came, self._client.clock())
                after = Look(wait=wait, quiet_since=quiet_since, ask_logs=failure is not None)
                await self._queue.track(connection, chunk, after, delay=delay)

        await ledger.hand_over(chunk, go_on)
        await self._finish(ledger, taken.campaign.key)

    async def _if_ours(self, chunk: int, taking: Awaitable[T]) -> T | None:
        """What is damaged, or another API's, a person has to look at; its campaign begins nothing new."""
        try:
            return await taking
        except (LedgerDamaged, CampaignMismatch) as error:
            reason = str(error)
        _log.error("chunk %s: %s", chunk, reason)
        await self._ledger.within(lambda connection: leave_to_a_person(connection, chunk, reason))
        return None

    async def _pause(self, campaign: int, reason: str) -> None:
        """Nothing new is sent; what was sent is still asked for."""
        await self._ledger.within(lambda connection: pause(connection, campaign, reason))

    async def _finish(self, ledger: LeasedLedger, campaign: int) -> None:
        """After the transaction that closed a chunk: who closes the last one sees all the others closed."""
        if ledger.has_closed:
            await self._ledger.within(lambda connection: finish(connection, campaign), is_one=True)


def _fields(taken: Taken[Chunk] | Taken[Bulk], chunk: int, error: BaseException) -> dict[str, object]:
    """Of a log line, for whoever keeps them by field."""
    return {**fields_of(taken.campaign.campaign.id, error=error), "chunk": chunk}


async def _nobody_waits(outcomes: Iterable[Outcome]) -> None:
    """Outcomes are read from the ledger."""


def _its_job_does(bulk: Bulk) -> None:
    """A bulk is followed by the job that was deferred with its answer."""


async def _its_job_is_next(connection: Connection, chunk: int) -> None:
    """What is left is handed over at the end of a look."""
