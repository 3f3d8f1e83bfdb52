"""The ledger in PostgreSQL: the same work as on SQLite, over a pool of connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType
from typing import Any, Final, LiteralString, ParamSpec, Self, TypeVar

import attrs
import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary
from ants_async.dispatch.ledger import checks, queries
from ants_async.dispatch.ledger.chunks import NEW_KEYS
from ants_async.dispatch.ledger.migrations import LEDGER, SCHEMA, check, migrate
from ants_async.dispatch.ledger.protocol import OpenCampaign
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.ledger.work import LOCKED, Insertion, Rows, Statement, Work
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerError, LedgerInUse

T = TypeVar("T")
P = ParamSpec("P")

_TRIES: Final = 5  # two transactions that met: one of them has to begin anew
_MET: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
_MANY: Final = 8  # rows from which COPY is the faster way
_LOCK: Final = "hashtextextended('ants_async campaign ' || %s, 0)"
_DIALECT: Final = {NEW_KEYS: "SELECT nextval('chunk_key') FROM generate_series(1, %s)"}


def connections(url: str, *, most: int) -> AsyncConnectionPool:
    """A pool that is not open yet, for our schema; each connection is tried before it is handed out."""
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=most,
        open=False,
        timeout=10.0,
        check=AsyncConnectionPool.check_connection,
        kwargs={"options": f"-c search_path={SCHEMA},public", "application_name": "ants_async"},
    )


class PostgresLedger(SqlLedger):
    """A durable ledger in PostgreSQL, for any number of processes, used as `async with`.

    `url`: as psycopg takes it (`postgresql://…`, or `host=… dbname=…`). A campaign is at work in one process
    at a time; when that process ends, however it ends, another may go on. `connections`: the most that are
    open. `store_texts` is as for `SqliteLedger`. The tables are made by `ants-async database migrate`, or by
    `await PostgresLedger(url).migrate()`. Raises `LedgerInUse`, `LedgerError`.
    """

    def __init__(self, url: str, *, connections: int = 8, store_texts: bool = True) -> None:
        self._url = url
        self._most = connections
        self._store_texts = store_texts
        self._pool: AsyncConnectionPool | None = None
        self._holder: psycopg.AsyncConnection[Any] | None = None  # of the locks on campaigns at work
        self._turn = asyncio.Lock()
        self._held: dict[int, str] = {}

    @property
    def pool(self) -> AsyncConnectionPool:
        """The open pool. Raises `LedgerError` when there is none."""
        if self._pool is None:
            raise LedgerError(f"{self!r} is not open; use it as 'async with'")
        return self._pool

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_without_password(self._url)!r})"

    async def migrate(self) -> int:
        """Make the tables, or bring them up to date; how many steps that took."""
        with _named_errors():
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
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

    async def _open(self) -> None:
        pool = connections(self._url, most=self._most)
        try:
            with _named_errors():
                await pool.open(wait=True, timeout=10.0)
                async with pool.connection() as connection:
                    await check(connection, "ledger", LEDGER)
        except BaseException:
            await pool.close()
            raise
        self._pool = pool

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        holder, self._holder = self._holder, None
        self._held.clear()
        if holder is not None:
            await holder.close()
        if pool is not None:
            await pool.close()

    async def within(self, do: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        """One transaction, which comes to its end once it has begun, whatever cancels the caller.

        Where it met another one it is done anew from its start. Raises `LedgerError`.
        """
        return await to_its_end(self._tried(do))

    async def _tried(self, do: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        with _named_errors():
            for _ in range(_TRIES - 1):
                with suppress(*_MET):
                    return await self._once(do)
            return await self._once(do)

    async def _once(self, do: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        async with self.pool.connection() as connection:
            return await do(connection)

    async def _run(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.within(lambda connection: perform(connection, work(*args, **kwargs)))

    async def _open_campaign(
        self, campaign: Campaign, source: str | None, *, reads_source: bool, now: float
    ) -> OpenCampaign:
        await self._hold(campaign.id)
        try:
            opened = await self._run(
                queries.open_campaign,
                campaign,
                source,
                now,
                reads_source=reads_source,
                store_texts=self._store_texts,
                is_alone=True,
                check=_check,
            )
        except BaseException:
            await to_its_end(self._let_go(campaign.id))
            raise
        self._held[opened.key] = campaign.id
        return opened

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended; the campaign is free for others."""
        try:
            await super().close_campaign(key, state, reason)
        finally:
            if key in self._held:
                await to_its_end(self._let_go(self._held.pop(key)))

    async def _summaries(self, campaign_id: str | None) -> Sequence[CampaignSummary]:
        found = await super()._summaries(campaign_id)
        held = await self._run(_at_work, [one.campaign.id for one in found])
        return [
            attrs.evolve(one, state=CampaignState.INTERRUPTED)
            if one.state is CampaignState.RUNNING and one.campaign.id not in held
            else one
            for one in found  # whoever ran it was killed, and had no time to say so
        ]

    async def _hold(self, campaign_id: str) -> None:
        """A lock of this session, which ends with it: nobody has to clear up after a kill."""
        if campaign_id in self._held.values():  # a session may take its own locks again
            raise LedgerInUse(f"campaign {campaign_id!r} is at work already; wait for it, or stop it first")
        async with self._turn:
            with _named_errors():
                if self._holder is None or self._holder.closed:
                    self._holder = await psycopg.AsyncConnection.connect(
                        self._url, autocommit=True, application_name="ants_async holder"
                    )
                cursor = await self._holder.execute(f"SELECT pg_try_advisory_lock({_LOCK})", (campaign_id,))
                is_held = (await cursor.fetchone() or (False,))[0]
        if not is_held:
            raise LedgerInUse(
                f"campaign {campaign_id!r} is at work in another process; wait for it, or stop it first"
            )

    async def _let_go(self, campaign_id: str) -> None:
        async with self._turn:
            if self._holder is None or self._holder.closed:
                return  # and its locks with it
            with _named_errors():
                await self._holder.execute(f"SELECT pg_advisory_unlock({_LOCK})", (campaign_id,))


async def perform(connection: psycopg.AsyncConnection[Any], work: Work[T]) -> T:
    """Do a piece of the ledger's work in the transaction at hand."""
    try:
        step = next(work)
        while True:
            step = work.send(await _rows(connection, step))
    except StopIteration as end:
        value: T = end.value
        return value


async def _rows(connection: psycopg.AsyncConnection[Any], step: Statement | Insertion) -> Rows:
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
def _spoken(statement: str) -> LiteralString:
    """A statement of the ledger's as PostgreSQL takes it."""
    return _DIALECT.get(statement) or statement.replace("?", "%s").replace(LOCKED, "FOR UPDATE")


def _check(key: int) -> Work[None]:
    (by_workers,) = (yield Statement("SELECT by_workers FROM campaign WHERE key = ?", (key,)))[0]
    if by_workers:
        raise LedgerInUse("the campaign was submitted to workers: `ants-async campaign resume --database …`")
    yield from checks.check_messages(key)


def _at_work(campaign_ids: Sequence[str]) -> Work[set[str]]:
    """Those that workers have, or a process that lives."""
    by_workers = yield Statement("SELECT id FROM campaign WHERE by_workers", ())
    held = yield Statement(_HELD, (list(campaign_ids),))
    return {campaign_id for (campaign_id,) in (*by_workers, *held)}


_HELD: Final = f"""
SELECT id FROM (SELECT id, {_LOCK.replace("%s", "id")} AS lock FROM unnest(?::text[]) AS id) AS asked
    JOIN pg_locks ON locktype = 'advisory' AND objsubid = 1 AND granted
    AND (classid::bigint << 32 | objid::bigint) = lock
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - a constant of ours


def _without_password(url: str) -> str:
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        return "…"  # it may be in there anywhere
    parts.pop("password", None)
    return make_conninfo("", **parts)


@contextmanager
def _named_errors() -> Iterator[None]:
    """PostgreSQL's errors as ours: their first line alone, for the rest may quote what was stored."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, OSError) as error:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        raise LedgerError(f"PostgreSQL: {said or str(error).strip().partition(chr(10))[0]}") from error
