"""The ledger in PostgreSQL: the same work as on SQLite, over a pool of connections."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import cache
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

import anyio.lowlevel
import attrs
from psycopg import errors, sql
from psycopg_pool import AsyncConnectionPool

from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Outcome
from ants_async.dispatch.ledger import campaigns, checks, chunks, queries
from ants_async.dispatch.ledger.chunks import NEW_KEYS
from ants_async.dispatch.ledger.connecting import (
    PATIENCE,
    Connection,
    connect,
    connections,
    named_errors,
    without_password,
)
from ants_async.dispatch.ledger.holding import held, take, unlock
from ants_async.dispatch.ledger.migrations import LEDGER, check, migrate
from ants_async.dispatch.ledger.protocol import Chunk, OpenCampaign
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.ledger.work import LOCKED, Insertion, Rows, Statement, Work, row, rows, run
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerError, LedgerInUse

T = TypeVar("T")
P = ParamSpec("P")

_TRIES: Final = 5  # two transactions that met: one of them has to begin anew
_MET: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
_MANY: Final = 8  # rows from which COPY is the faster way
_DIALECT: Final = {NEW_KEYS: "SELECT nextval('chunk_key') FROM generate_series(1, %s)"}
SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""Begins a transaction that sees all as it stood at one moment, though others write meanwhile."""


class PostgresLedger(SqlLedger):
    """A durable ledger in PostgreSQL, for any number of processes, used as `async with`.

    `url`: as psycopg takes it (`postgresql://…`, or `host=… dbname=…`). A campaign is at work in one process
    at a time; when that process ends, however it ends, another may go on. `connections`: the most that are
    open. `store_texts` is as for `SqliteLedger`. `patience`: seconds to wait for a server that does not
    answer. The tables are made by `ants-async database migrate`, or by
    `await PostgresLedger(url).migrate()`. Raises `LedgerInUse`, `LedgerError`.
    """

    def __init__(
        self, url: str, *, connections: int = 8, store_texts: bool = True, patience: float = PATIENCE
    ) -> None:
        self._url = url
        self._most = connections
        self._store_texts = store_texts
        self._patience = patience
        self._pool: AsyncConnectionPool | None = None
        self._at_work: dict[int, _Hold] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({without_password(self._url)!r})"

    async def migrate(self) -> int:
        """Make the tables, or bring them up to date; how many steps that took."""
        with named_errors():
            async with await self._connect() as connection:
                return await migrate(connection, "ledger", LEDGER)

    async def __aenter__(self) -> Self:
        await to_its_end(self._open(), undo=lambda _: self._close())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await to_its_end(self._close())

    async def _connect(self) -> Connection:
        return await connect(self._url, patience=self._patience)

    async def _open(self) -> None:
        with named_errors():
            async with await self._connect() as connection:
                await check(connection, "ledger", LEDGER)
            pool = connections(self._url, most=self._most, patience=self._patience)
            try:
                await pool.open(wait=True, timeout=self._patience)
            except BaseException:
                await pool.close()
                raise
        self._pool = pool

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        try:
            while self._at_work:
                await unlock(self._at_work.popitem()[1].session)
        finally:
            if pool is not None:
                await pool.close()

    @property
    def pool(self) -> AsyncConnectionPool:
        """The open pool. Raises `LedgerError` when there is none."""
        if self._pool is None:
            raise LedgerError(f"{self!r} is not open; use it as 'async with'")
        return self._pool

    async def within(self, do: Callable[[Connection], Awaitable[T]], *, is_one: bool = False) -> T:
        """One transaction, which comes to its end once it has begun, whatever cancels the caller.

        `is_one`: it is one statement, which needs no begin and no commit. Where it met another one it is done
        anew from its start. Raises `LedgerError`.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()  # nothing is begun any more
        return await to_its_end(self._tried(do, is_one))

    async def _tried(self, do: Callable[[Connection], Awaitable[T]], is_one: bool) -> T:
        with named_errors():
            for _ in range(_TRIES - 1):
                with suppress(*_MET):
                    return await self._once(do, is_one)
            return await self._once(do, is_one)

    async def _once(self, do: Callable[[Connection], Awaitable[T]], is_one: bool) -> T:
        async with (
            self.pool.connection() as connection,
            nullcontext() if is_one else connection.transaction(),
        ):
            return await do(connection)

    async def _run(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.within(lambda connection: perform(connection, work(*args, **kwargs)))

    async def _look(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """All of it as it stood at one moment, though others write meanwhile."""
        return await self._run(_looking, lambda: work(*args, **kwargs))

    async def _open_campaign(
        self, campaign_id: str, opening: Callable[..., Work[OpenCampaign]]
    ) -> OpenCampaign:
        session = await self._locked(_name(campaign_id), campaigns.at_work_already(campaign_id))
        try:
            opened, times = await self._run(_opened, lambda: opening(is_alone=True, check=self._check))
        except BaseException:
            await to_its_end(unlock(session))
            raise
        self._at_work[opened.key] = _Hold(session, times)
        return opened

    def _check(self, key: int) -> Work[None]:
        (by_workers,) = yield from row("SELECT by_workers FROM campaign WHERE key = ?", key)
        if by_workers:
            raise LedgerInUse("the campaign was submitted to workers: `ants-async campaign resume`")
        yield from checks.check_messages(key)

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended; the campaign is free for others."""
        try:
            with suppress(LedgerInUse):  # it may be somebody else's by now, and so its state
                await self._while_held(key, campaigns.close_campaign, key, state, reason)
        finally:
            await self.release(key)

    async def cancel(self, campaign_id: str, reason: str = "cancelled by hand") -> None:
        """As any ledger."""
        await self.campaign_key(campaign_id)
        async with self.alone_with(_name(campaign_id), campaigns.at_work_already(campaign_id)):
            await self._run(campaigns.cancel, campaign_id, reason, is_alone=True)

    @asynccontextmanager
    async def alone_with(self, name: str, refusal: str) -> AsyncIterator[None]:
        """The lock of a name, while the block lasts. Raises `LedgerInUse`, with `refusal`."""
        session = await self._locked(name, refusal)
        try:
            yield
        finally:
            await to_its_end(unlock(session))

    async def _locked(self, name: str, refusal: str) -> Connection:
        session = await self.lock(name)
        if session is None:
            raise LedgerInUse(refusal)
        return session

    async def begin(self, campaign: OpenCampaign, messages: Messages, attempted_at: float) -> Chunk:
        """As any ledger. Raises `LedgerInUse` where the campaign is no longer ours: nothing leaves then."""
        (chunk,) = await self._while_held(campaign.key, chunks.begin, campaign, [messages], attempted_at)
        return chunk

    async def attempting(self, chunk: Chunk, at: float | None) -> Chunk:
        """As `begin`."""
        await self._of_a_chunk(chunk.key, queries.set_attempted, chunk.key, at)
        return attrs.evolve(chunk, attempted_at=at)

    async def split(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """As `begin`."""
        return await self._of_a_chunk(chunk.key, chunks.split, chunk)

    async def source_read(self, key: int) -> None:
        """As `begin`."""
        await self._while_held(key, campaigns.source_read, key)

    async def replace_left_out(self, key: int, left_out: Sequence[Outcome], *, first: bool) -> None:
        """As `begin`."""
        await self._while_held(key, queries.replace_left_out, key, left_out, first)

    async def _while_held(self, key: int, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        async def do(connection: Connection) -> T:
            await self.check_held(connection, key)
            return await perform(connection, work(*args, **kwargs))

        return await self.within(do)

    async def _of_a_chunk(
        self, chunk: int, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        campaign = await self._run(chunks.campaign_of, chunk)  # which never changes
        return await self._while_held(campaign, work, *args, **kwargs)

    async def release(self, key: int) -> None:
        """Free a campaign for others, in the state that it is in."""
        hold = self._at_work.pop(key, None)
        if hold is not None:
            await to_its_end(unlock(hold.session))

    async def lock(self, name: str) -> Connection | None:
        """The lock of a name, which ends with this session, however that ends; None: somebody has it."""
        with named_errors():
            return await take(self._connect, name)

    async def check_held(self, connection: Connection, key: int) -> None:
        """For a transaction that relies on it: raises `LedgerInUse` where a campaign is no longer ours.

        Nobody opens it before the transaction ends; and whoever does then sees all of it.
        """
        hold = self._at_work.get(key)
        ours = "SELECT FROM campaign WHERE key = %s AND opened = %s FOR NO KEY UPDATE"
        values = (key, 0 if hold is None else hold.times)
        if hold is None or await (await connection.execute(ours, values)).fetchone() is None:
            raise LedgerInUse("a connection was lost, and somebody else has it at work by now: run it again")

    async def at_work(self, campaign_ids: Collection[str]) -> set[str]:
        """Those of them that a living process has at work."""
        return await self._run(at_work, campaign_ids)

    async def _summaries(self, campaign_id: str | None) -> Sequence[CampaignSummary]:
        """Whoever was running a campaign and was killed had no time to say so."""
        found = await super()._summaries(campaign_id)
        running = _running(found)
        lost = running - await self.at_work(running) - await self._run(_by_workers) if running else set()
        if not lost:
            return found
        found = await super()._summaries(campaign_id)  # one may have ended between the two looks
        lost &= _running(found)
        return [
            attrs.evolve(one, state=CampaignState.INTERRUPTED) if one.campaign.id in lost else one
            for one in found
        ]


@attrs.frozen(slots=True)
class _Hold:
    """A campaign that is ours: a session with its lock, which tells others, and how often it was opened."""

    session: Connection
    times: int


def _opened(begin: Callable[[], Work[OpenCampaign]]) -> Work[tuple[OpenCampaign, int]]:
    opened = yield from begin()
    (times,) = yield from row(
        "UPDATE campaign SET opened = opened + 1 WHERE key = ? RETURNING opened", opened.key
    )
    return opened, times


async def perform(connection: Connection, work: Work[T]) -> T:
    """Do a piece of the ledger's work in the transaction at hand."""
    try:
        step = next(work)
        while True:
            step = work.send(await _rows(connection, step))
    except StopIteration as end:
        value: T = end.value
        return value


async def _rows(connection: Connection, step: Statement | Insertion) -> Rows:
    if isinstance(step, Statement):
        cursor = await connection.execute(_spoken(step.sql), step.values)
        return await cursor.fetchall() if cursor.description else []
    into = sql.SQL("{} ({})").format(
        sql.Identifier(step.table), sql.SQL(", ").join(map(sql.Identifier, step.columns))
    )
    async with connection.cursor() as cursor:
        if len(step.rows) < _MANY:
            values = sql.SQL(", ").join([sql.Placeholder()] * len(step.columns))
            await cursor.executemany(sql.SQL("INSERT INTO {} VALUES ({})").format(into, values), step.rows)
        else:
            async with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(into)) as copy:
                for one in step.rows:
                    await copy.write_row(one)
    return []


@cache
def _spoken(statement: str) -> bytes:
    """A statement of the ledger's as PostgreSQL takes it."""
    spoken = _DIALECT.get(statement) or statement.replace("?", "%s").replace(LOCKED, "FOR UPDATE")
    return spoken.encode()


def _looking(begin: Callable[[], Work[T]]) -> Work[T]:
    yield from run(SNAPSHOT)
    return (yield from begin())


def _name(campaign_id: str) -> str:
    return f"campaign {campaign_id}"


def at_work(campaign_ids: Collection[str]) -> Work[set[str]]:
    """Those of them that a living process has at work."""
    names = {_name(campaign_id): campaign_id for campaign_id in campaign_ids}
    return {names[name] for name in (yield from held(names))}


def _by_workers() -> Work[set[str]]:
    return {campaign_id for (campaign_id,) in (yield from rows("SELECT id FROM campaign WHERE by_workers"))}


def _running(found: Sequence[CampaignSummary]) -> set[str]:
    return {one.campaign.id for one in found if one.state is CampaignState.RUNNING}
