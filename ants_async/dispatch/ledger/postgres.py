"""The ledger in PostgreSQL: the same work as on SQLite, over a pool of connections."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

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
from ants_async.dispatch.ledger.work import LOCKED, Insertion, Rows, Statement, Work, row, rows
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerError, LedgerInUse

T = TypeVar("T")
P = ParamSpec("P")

_TRIES: Final = 5  # two transactions that met: one of them has to begin anew
_MET: Final = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
_MANY: Final = 8  # rows from which COPY is the faster way
_LOCK: Final = "hashtextextended('ants_async ' || %s, 0)"
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
        self._held: dict[int, psycopg.AsyncConnection[Any]] = {}  # a lock for each campaign at work

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
        with named_errors():
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
            with named_errors():
                await pool.open(wait=True, timeout=10.0)
                async with pool.connection() as connection:
                    await check(connection, "ledger", LEDGER)
        except BaseException:
            await pool.close()
            raise
        self._pool = pool

    async def _close(self) -> None:
        pool, self._pool = self._pool, None
        while self._held:
            await self._held.popitem()[1].close()
        if pool is not None:
            await pool.close()

    async def within(self, do: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        """One transaction, which comes to its end once it has begun, whatever cancels the caller.

        Where it met another one it is done anew from its start. Raises `LedgerError`.
        """
        return await to_its_end(self._tried(do))

    async def _tried(self, do: Callable[[psycopg.AsyncConnection[Any]], Awaitable[T]]) -> T:
        with named_errors():
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
        held = await self.lock(f"campaign {campaign.id}")
        if held is None:
            raise LedgerInUse(f"campaign {campaign.id!r} is at work already; wait for it, or stop it first")
        try:
            opened = await self._run(
                queries.open_campaign,
                campaign,
                source,
                now,
                reads_source=reads_source,
                store_texts=self._store_texts,
                is_alone=True,
                check=self._check,
            )
        except BaseException:
            await to_its_end(held.close())
            raise
        self._held[opened.key] = held
        return opened

    def _check(self, key: int) -> Work[None]:
        (by_workers,) = yield from row("SELECT by_workers FROM campaign WHERE key = ?", key)
        if by_workers:
            raise LedgerInUse("the campaign was submitted to workers: `ants-async campaign resume`")
        yield from checks.check_messages(key)

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended; the campaign is free for others."""
        try:
            await super().close_campaign(key, state, reason)
        finally:
            await self.release(key)

    async def release(self, key: int) -> None:
        """Free a campaign for others, in the state that it is in."""
        await to_its_end(self._held.pop(key).close())

    async def _summaries(self, campaign_id: str | None) -> Sequence[CampaignSummary]:
        found = await super()._summaries(campaign_id)
        at_work = await self.held([one.campaign.id for one in found]) | await self._run(_by_workers)
        return [
            attrs.evolve(one, state=CampaignState.INTERRUPTED)
            if one.state is CampaignState.RUNNING and one.campaign.id not in at_work
            else one
            for one in found  # whoever ran it was killed, and had no time to say so
        ]

    async def held(self, campaign_ids: Sequence[str]) -> set[str]:
        """Those of them that a living process has at work."""
        return await self._run(_held, campaign_ids)

    async def lock(self, name: str) -> psycopg.AsyncConnection[Any] | None:
        """A lock on a name, which ends with its connection, however that ends; None when another has it."""
        with named_errors():
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name="ants_async lock"
            )
            try:
                cursor = await connection.execute(f"SELECT pg_try_advisory_lock({_LOCK})", (name,))
                if (await cursor.fetchone() or (False,))[0]:
                    return connection
            except BaseException:
                await to_its_end(connection.close())
                raise
            await connection.close()
        return None


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
def _spoken(statement: str) -> bytes:
    """A statement of the ledger's as PostgreSQL takes it."""
    spoken = _DIALECT.get(statement) or statement.replace("?", "%s").replace(LOCKED, "FOR UPDATE")
    return spoken.encode()


def _by_workers() -> Work[set[str]]:
    return {campaign_id for (campaign_id,) in (yield from rows("SELECT id FROM campaign WHERE by_workers"))}


def _held(campaign_ids: Sequence[str]) -> Work[set[str]]:
    return {campaign_id for (campaign_id,) in (yield from rows(_HELD, list(campaign_ids)))}


_HELD: Final = f"""
SELECT id
FROM (SELECT id, {_LOCK.replace("%s", "'campaign ' || id")} AS lock FROM unnest(?::text[]) AS id) AS asked
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
def named_errors() -> Iterator[None]:
    """PostgreSQL's errors as ours: their first line alone, for the rest may quote what was stored."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, OSError) as error:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        raise LedgerError(f"PostgreSQL: {said or str(error).strip().partition(chr(10))[0]}") from error
