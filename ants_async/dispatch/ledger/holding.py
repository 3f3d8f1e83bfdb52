"""Who has what at work: in PostgreSQL that is a lock of a session, which ends with it.

So nobody has to clear up after a kill.
"""

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final, LiteralString

import psycopg

from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.work import Work, rows
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerInUse

_LOCK: Final[LiteralString] = "hashtextextended('ants_async ' || {}, 0)"
_TAKE: Final[LiteralString] = "SELECT pg_try_advisory_lock(" + _LOCK.format("%s::text") + ")"
_HELD: Final = f"""
SELECT name FROM (SELECT name, {_LOCK.format("name")} AS lock FROM unnest(?::text[]) AS name) AS asked
    JOIN pg_locks ON locktype = 'advisory' AND objsubid = 1 AND granted
    AND (classid::bigint << 32 | objid::bigint) = lock
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - a constant of ours


async def take(connect: Callable[[], Awaitable[Connection]], name: str) -> Connection | None:
    """A session of its own with the lock of a name, which is free when it closes; None: somebody has it."""
    session = await connect()
    try:
        (is_taken,) = await (await session.execute(_TAKE, (name,))).fetchone() or (False,)
        if is_taken:
            return session
    except BaseException:
        await to_its_end(session.close())
        raise
    await to_its_end(session.close())
    return None


async def unlock(session: Connection) -> None:
    """Free at once: that a session was closed the server learns a moment later."""
    try:
        with suppress(psycopg.Error):
            await session.execute("SELECT pg_advisory_unlock_all()")
    finally:
        await session.close()


async def check_lock(session: Connection | None) -> None:
    """Ask the session of a lock: nobody uses it, and nobody would notice that it has ended."""
    if session is not None:
        with suppress(psycopg.Error):
            await session.execute("SELECT 1")
            return
    raise LedgerInUse("its lock was lost with a connection, and somebody else may have it: run it again")


def held(names: Collection[str]) -> Work[set[str]]:
    """Those of these names whose lock somebody has who lives."""
    return {name for (name,) in (yield from rows(_HELD, list(names)))}
