"""The row that keeps a rate: read and written in one short transaction."""

import random
from asyncio import get_running_loop
from collections.abc import Sequence
from typing import Final, LiteralString

import attrs
from psycopg.sql import SQL
from psycopg.types.json import Jsonb

from ants_async.models.limits import RateLimit
from ants_async.scaleout.asking import CLOCK, Pool, asking
from ants_async.scaleout.turns import Ask, Lease, News, visit

# The clock is read after the row is locked: turns of two workers must not overlap. A crash of the database
# may lose the last of this; before it is up again, that is over.
_READ: Final = """
SELECT kept.state, {clock}, set_config('synchronous_commit', 'off', true)
FROM (SELECT state FROM rate WHERE name = %s FOR UPDATE) kept
"""
_BEGIN: Final = "INSERT INTO rate (name, state) VALUES (%s, '{}') ON CONFLICT DO NOTHING"
_WRITE: Final = "UPDATE rate SET state = %s WHERE name = %s"


class RateRow:
    """The row: a pace that all share. `clock`: SQL, for tests."""

    def __init__(
        self, pool: Pool, name: str, limit: RateLimit | None, *, clock: LiteralString = CLOCK
    ) -> None:
        self._pool = pool
        self._name = name
        self._limit = limit
        self._read = SQL(_READ).format(clock=SQL(clock))

    async def visit(self, news: Sequence[News], ask: Ask, rng: random.Random) -> tuple[Lease, float]:
        """As `turns.visit`, and when the lease's `now` was by the loop's clock."""
        async with asking(self._pool, f"rate {self._name!r}") as cursor:
            await cursor.execute(self._read, (self._name,))
            row = await cursor.fetchone()
            if row is None:
                await cursor.execute(_BEGIN, (self._name,))
                await cursor.execute(self._read, (self._name,))
                row = await cursor.fetchone() or ({}, 0.0)
            state, now, *_ = row
            seen = get_running_loop().time()
            told = [attrs.evolve(one, at=now - (seen - one.at)) for one in news]
            lease, kept = visit(state, now, told, ask, limit=self._limit, rng=rng)
            await cursor.execute(_WRITE, (Jsonb(kept), self._name))
        return lease, seen
