"""Who has a chunk: one worker at a time, for a while.

A lease has a fence: a number that grows each time the chunk is taken. Whatever is written for the chunk is
written in a transaction that finds its own fence there; a worker that was away for too long, and whose chunk
another one has by now, is refused.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, Generic, ParamSpec, TypeVar

import anyio
import attrs

from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import CampaignState, Outcome
from ants_async.dispatch.ledger import campaigns, chunks, queries, settling
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.postgres import PostgresLedger, perform
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.ledger.work import Work, row, run
from ants_async.errors import CampaignMismatch, CampaignPaused, LeaseLost, LedgerError
from ants_async.models.reports import DeliveryReport

T = TypeVar("T")
P = ParamSpec("P")


@attrs.frozen(slots=True)
class Taken(Generic[T]):
    """A chunk that this worker has, its campaign, and what it was taken for: a `Chunk`, or a `Bulk`.

    `begins_at`: the API that the campaign belongs to from the first answer on, where it is none's yet.
    `suppression_size`: numbers on its suppression lists.
    """

    key: int
    fence: int
    campaign: OpenCampaign
    found: T
    is_running: bool = True
    begins_at: str | None = None
    suppression_size: int = 0


class ChangedMeanwhile(LedgerError):
    """The campaign is not what it was when this worker took its chunk."""


_TAKE: Final = f"""
WITH free AS (
    SELECT lease.chunk, campaign.*
    FROM lease JOIN chunk ON chunk.key = lease.chunk JOIN campaign ON campaign.key = chunk.campaign
    WHERE lease.chunk = %s AND (lease.job = %s OR %s) AND lease.until < clock_timestamp()
        AND chunk.state = %s AND (campaign.state = %s OR chunk.state <> %s OR chunk.attempted_at IS NOT NULL)
    FOR UPDATE OF lease, chunk
)
UPDATE lease SET fence = fence + 1, owner = %s, until = clock_timestamp() + %s
FROM free WHERE lease.chunk = free.chunk
RETURNING fence, free.key, created_at, store_texts, free.api, free.state,
    free.suppression_size, id, {", ".join(campaigns.ASKED)}
""".encode()  # noqa: S608 - names of ours
"""The chunk is locked as well: what its late holder wrote while we waited for the lease counts."""


class Leases:
    """The leases of one worker, each for `seconds`. `api`: where it sends to."""

    def __init__(self, ledger: PostgresLedger, seconds: float, api: str) -> None:
        self._ledger = ledger
        self._api = api
        self._seconds = seconds
        self._length = timedelta(seconds=seconds)
        self.owner = secrets.token_hex(8)

    async def to_send(self, chunk: int, job: int | None = None) -> Taken[Chunk] | None:
        """Take a chunk without an answer; None when another worker has it, or nothing is to be done.

        `job`: for this job, which has to be the latest one that was deferred for the chunk: a second one
        would double all that follow it. What has not begun is begun only while its campaign is running. What
        has begun comes to its end. Raises `CampaignMismatch` where the campaign was begun at another API.
        """
        return await self._take(chunk, ChunkState.UNANSWERED, job, chunks.load)

    async def to_ask(self, chunk: int, job: int | None = None) -> Taken[Bulk] | None:
        """Take a chunk that waits for final statuses; None as for `to_send`."""
        return await self._take(chunk, ChunkState.TRACKED, job, lambda _, key: queries.bulk(key))

    async def _take(
        self, chunk: int, state: ChunkState, job: int | None, read: Callable[[OpenCampaign, int], Work[T]]
    ) -> Taken[T] | None:
        unanswered, running = int(ChunkState.UNANSWERED), str(CampaignState.RUNNING)

        async def do(connection: Connection) -> Taken[T] | None:
            values = (chunk, job, job is None, int(state), running, unanswered, self.owner, self._length)
            found = await (await connection.execute(_TAKE, values)).fetchone()
            if found is None:
                return None
            fence, key, created_at, stores_texts, begun_at, now, size, *asked = found
            campaign = campaigns.campaign_of(asked)
            if begun_at not in {None, self._api}:
                raise CampaignMismatch(
                    f"campaign {campaign.id!r} was begun at {begun_at}, and a worker sends to {self._api}: "
                    f"stop that worker or mend its address, then 'ants-async campaign resume {campaign.id}'"
                )
            opened = OpenCampaign(
                key,
                campaign,
                created_at,
                stores_texts=bool(stores_texts),
                is_cancelled=now == str(CampaignState.CANCELLED),
            )
            held = await perform(connection, read(opened, chunk))
            return Taken(
                chunk,
                fence,
                opened,
                held,
                is_running=now == running,
                begins_at=self._api if begun_at is None else None,
                suppression_size=size,
            )

        return await self._ledger.within(do)

    async def inherit(self, connection: Connection, chunk: int) -> int:
        """A chunk that was made of one that we have: its fence."""
        await connection.execute(
            "INSERT INTO lease (chunk, fence, owner, until) VALUES (%s, 1, %s, clock_timestamp() + %s)",
            (chunk, self.owner, self._length),
        )
        return 1

    async def let_go(self, connection: Connection, chunk: int) -> None:
        """Free for whoever is woken next."""
        await connection.execute(
            "UPDATE lease SET until = '-infinity', owner = NULL WHERE chunk = %s", (chunk,)
        )

    @asynccontextmanager
    async def kept(self, fences: Mapping[int, int]) -> AsyncIterator[None]:
        """Renew these leases while the block lasts, which `LeaseLost` ends when there is none left."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._renew, fences)
                yield
                group.cancel_scope.cancel()
        except BaseExceptionGroup as several:  # the block's own, or the loss: never both
            raise several.exceptions[0] from None

    async def _renew(self, fences: Mapping[int, int]) -> None:
        while True:
            await anyio.sleep(self._seconds / 3)
            mine = dict(fences)

            async def do(connection: Connection, mine: Mapping[int, int] = mine) -> int:
                values = (list(mine), list(mine.values()), self._length, self.owner)
                (left,) = await (await connection.execute(_RENEW, values)).fetchone() or (0,)
                return int(left)

            if mine and not await self._ledger.within(do):
                raise LeaseLost(f"chunks {', '.join(map(str, mine))}: taken over by another worker")


_RENEW: Final = """
WITH mine AS (
    SELECT chunk, fence FROM lease
    JOIN unnest(%s::bigint[], %s::bigint[]) AS ours (chunk, fence) USING (chunk, fence)
), renewed AS (
    UPDATE lease SET until = clock_timestamp() + %s FROM mine
    WHERE lease.chunk = mine.chunk AND lease.fence = mine.fence AND lease.owner = %s
)
SELECT count(*) FROM mine
"""
"""How many nobody has taken over: what we let go a moment ago is not renewed, and not lost either."""


def _begin(taken: Taken[Any], chunk: Chunk, at: float) -> Work[None]:
    """Whoever pauses or cancels the campaign, or suppresses somebody, comes before this, or it is sent.

    A repeat under the same ids, which only asks for an answer, is not kept by a pause.
    """
    state, size = yield from row(
        "SELECT campaign.state, suppression_size FROM campaign JOIN chunk ON chunk.campaign = campaign.key"
        " WHERE chunk.key = ? FOR SHARE OF campaign",
        chunk.key,
    )
    is_repeat = chunk.attempted_at is not None
    if size != taken.suppression_size or (is_repeat and state == str(CampaignState.CANCELLED)):
        raise ChangedMeanwhile("its campaign is cancelled, or texts fewer people by now: it is taken anew")
    if state != str(CampaignState.RUNNING) and not is_repeat:
        raise CampaignPaused(f"the campaign is {state}")
    yield from queries.set_attempted(chunk.key, at)


def _answered(taken: Taken[Any], chunk: Chunk, answers: Sequence[Answer], now: float) -> Work[Bulk | None]:
    """Whoever submits has no address: whose answer comes first has the campaign."""
    if taken.begins_at is not None:
        sql = "UPDATE campaign SET api = ? WHERE key = ? AND api IS NULL"
        yield from run(sql, taken.begins_at, taken.campaign.key)
    return (yield from queries.answered(chunk, answers, now))


class LeasedLedger(SqlLedger):
    """The ledger for a chunk that is ours; each write finds our fence, or raises `LeaseLost`.

    `done_in`: the state that ends our work on it. A chunk that comes to it, or beyond, is let go in the same
    transaction, in which `then` defers what comes next. `fences` are those of chunks that are still ours.
    """

    def __init__(
        self,
        ledger: PostgresLedger,
        leases: Leases,
        taken: Taken[Any],
        *,
        done_in: ChunkState,
        then: Callable[[Connection, int], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._leases = leases
        self._taken = taken
        self._done_in = done_in
        self._then = then
        self.fences = {taken.key: taken.fence}
        self.has_closed = False

    async def _look(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._ledger.within(lambda connection: perform(connection, work(*args, **kwargs)))

    async def _fenced(self, chunk: int, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        async def do(connection: Connection) -> tuple[T, int]:
            await self._check(connection, chunk)
            value = await perform(connection, work(*args, **kwargs))
            cursor = await connection.execute("SELECT state FROM chunk WHERE key = %s", (chunk,))
            (state,) = await cursor.fetchone() or (ChunkState.CLOSED,)
            if state == ChunkState.CLOSED:
                await connection.execute("DELETE FROM lease WHERE chunk = %s", (chunk,))
            elif state >= self._done_in:
                await self._leases.let_go(connection, chunk)
            if self._done_in <= state < ChunkState.CLOSED:
                await self._then(connection, chunk)
            return value, state

        value, state = await self._ledger.within(do)
        self._note(chunk, state)
        return value

    def _note(self, chunk: int, state: int) -> None:
        self.has_closed |= state == ChunkState.CLOSED
        if state >= self._done_in:
            self.fences.pop(chunk, None)

    async def hand_over(self, chunk: int, then: Callable[[Connection, int], Awaitable[None]]) -> None:
        """Let it go with work left, and defer that."""

        async def do(connection: Connection) -> None:
            await self._check(connection, chunk)
            await self._leases.let_go(connection, chunk)
            await then(connection, chunk)

        if chunk in self.fences:
            await self._ledger.within(do)
            del self.fences[chunk]

    async def _check(self, connection: Connection, chunk: int) -> None:
        """Nobody takes it before the transaction ends. What was let go is no longer ours."""
        ours = "SELECT fence FROM lease WHERE chunk = %s AND owner = %s FOR UPDATE"
        found = await (await connection.execute(ours, (chunk, self._leases.owner))).fetchone()
        if found is None or found[0] != self.fences.get(chunk):
            raise LeaseLost(f"chunk {chunk}: taken over by another worker")

    async def attempting(self, chunk: Chunk, at: float | None) -> Chunk:
        """A request may have arrived since `at`; None: it is known that none did."""

        async def do(connection: Connection) -> None:
            await self._check(connection, chunk.key)
            if at is None:
                await perform(connection, queries.set_attempted(chunk.key, at))
            else:
                await perform(connection, _begin(self._taken, chunk, at))

        await self._ledger.within(do)
        return attrs.evolve(chunk, attempted_at=at)

    async def split(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """Two chunks for one, both ours."""

        async def do(connection: Connection) -> tuple[Chunk, Chunk]:
            await self._check(connection, chunk.key)
            halves = await perform(connection, chunks.split(chunk))
            # Noted before the end: whoever is cancelled at it has both to give back.
            self.fences[halves[1].key] = await self._leases.inherit(connection, halves[1].key)
            return halves

        return await self._ledger.within(do)

    async def answered(self, chunk: Chunk, answers: Sequence[Answer], now: float) -> Bulk | None:
        """Record answers; once no message is without one, the bulk to follow, if any was accepted."""
        return await self._fenced(chunk.key, _answered, self._taken, chunk, answers, now)

    async def record_final(
        self, campaign: OpenCampaign, bulk: Bulk, reports: Mapping[str, DeliveryReport]
    ) -> tuple[int, int]:
        """Record final statuses by message id; how many came, and how many still wait.

        Outcomes are read from the ledger, by whoever wants them.
        """
        came, left = await self._fenced(bulk.key, settling.record_final, campaign.campaign.id, bulk, reports)
        return len(came), left

    async def park(
        self, campaign: OpenCampaign, key: int, reason: str, now: float
    ) -> tuple[Sequence[Outcome], Bulk | None]:
        """What has no answer in a chunk becomes unresolved; the bulk to follow, if any was accepted."""
        return await self._fenced(
            key, queries.give_up, campaign.campaign.id, key, reason, MessageState.PLANNED, now
        )

    async def give_up(self, campaign: OpenCampaign, key: int, reason: str, now: float) -> Sequence[Outcome]:
        """What was accepted in a chunk and is not final becomes unresolved."""
        outcomes, _ = await self._fenced(
            key, queries.give_up, campaign.campaign.id, key, reason, MessageState.ACCEPTED, now
        )
        return outcomes
