"""Which campaigns are at work: in PostgreSQL that is a lock of a session, which ends with it.

So nobody has to clear up after a kill.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, LiteralString

import psycopg

from ants_async.dispatch.ledger.work import Work, rows
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerInUse

_LOCK: Final[LiteralString] = "hashtextextended('ants_async campaign ' || {}, 0)"
_TAKE: Final[LiteralString] = "SELECT pg_try_advisory_lock(" + _LOCK.format("%s::text") + ")"
_TAKE_AGAIN: Final[LiteralString] = (
    "SELECT pg_try_advisory_lock(" + _LOCK.format("id") + ") FROM unnest(%s::text[]) AS id"  # noqa: S608
)
_LET_GO: Final[LiteralString] = "SELECT pg_advisory_unlock(" + _LOCK.format("%s::text") + ")"
_HELD: Final = f"""
SELECT id FROM (SELECT id, {_LOCK.format("id")} AS lock FROM unnest(?::text[]) AS id) AS asked
    JOIN pg_locks ON locktype = 'advisory' AND objsubid = 1 AND granted
    AND (classid::bigint << 32 | objid::bigint) = lock
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - a constant of ours


class Holder:
    """A session with the locks of the campaigns that are at work here; it is opened when it is needed."""

    def __init__(self, connect: Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]) -> None:
        self._connect = connect
        self._session: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()
        self._held: set[str] = set()

    async def hold(self, campaign_id: str) -> None:
        """Take a campaign. Raises `LedgerInUse` where it is at work, here or elsewhere."""
        await to_its_end(self._hold(campaign_id), undo=lambda _: self.let_go(campaign_id))

    async def let_go(self, campaign_id: str) -> None:
        """It is free for others."""
        await to_its_end(self._let_go(campaign_id))

    async def close(self) -> None:
        """Everything is."""
        async with self._turn:
            session, self._session = self._session, None
            self._held.clear()
            if session is not None:
                await session.close()

    async def _hold(self, campaign_id: str) -> None:
        async with self._turn:
            if campaign_id in self._held:  # a session may take its own locks again
                raise _in_use(campaign_id, "already")
            try:
                is_taken = await self._take(campaign_id)
            except psycopg.OperationalError:  # that it has ended is noticed when it is used
                if self._session is None or not self._session.closed:
                    raise
                is_taken = await self._take(campaign_id)
            if not is_taken:
                raise _in_use(campaign_id, "in another process")
            self._held.add(campaign_id)

    async def _take(self, campaign_id: str) -> bool:
        if self._session is None or self._session.closed:
            self._session = await self._connect()
            await self._session.execute(_TAKE_AGAIN, (list(self._held),))  # they are still at work here
        cursor = await self._session.execute(_TAKE, (campaign_id,))
        (is_taken,) = await cursor.fetchone() or (False,)
        return bool(is_taken)

    async def _let_go(self, campaign_id: str) -> None:
        async with self._turn:
            self._held.discard(campaign_id)
            if self._session is None or self._session.closed:
                return  # and its locks with it
            try:
                await self._session.execute(_LET_GO, (campaign_id,))
            except psycopg.OperationalError:
                if not self._session.closed:
                    raise


def at_work(campaign_ids: Collection[str]) -> Work[set[str]]:
    """Those of them that workers have, or a process that lives."""
    by_workers = yield from rows("SELECT id FROM campaign WHERE by_workers")
    held = yield from rows(_HELD, list(campaign_ids))
    return {campaign_id for (campaign_id,) in (*by_workers, *held)}


def _in_use(campaign_id: str, where: str) -> LedgerInUse:
    return LedgerInUse(f"campaign {campaign_id!r} is at work {where}; wait for it, or stop it first")
