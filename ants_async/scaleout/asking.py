"""One transaction on what all workers share, or a clear error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.rows import TupleRow, tuple_row
from psycopg_pool import AsyncConnectionPool

from ants_async.errors import LimitsUnreachable

Pool: TypeAlias = AsyncConnectionPool[Any]
Cursor: TypeAlias = psycopg.AsyncCursor[TupleRow]

PATIENCE: Final = 5.0
"""Seconds until a database that does not answer is told to be out of reach."""

CLOCK: Final = "extract(epoch FROM clock_timestamp())::float8"
"""The one clock of all workers, in seconds since the epoch."""


@asynccontextmanager
async def asking(pool: Pool, about: str) -> AsyncIterator[Cursor]:
    """A transaction of one's own. Raises `LimitsUnreachable`."""
    try:
        async with (
            asyncio.timeout(PATIENCE),
            pool.connection(timeout=PATIENCE) as connection,
            connection.transaction(),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            yield cursor
    except (psycopg.Error, TimeoutError) as error:
        reason = str(error).partition("\n")[0] or f"no answer within {PATIENCE:g} s"
        raise LimitsUnreachable(f"{about}: PostgreSQL cannot be asked: {reason}") from error
