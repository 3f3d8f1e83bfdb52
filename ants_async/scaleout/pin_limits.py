"""PIN limits of an account, counted for all workers together in PostgreSQL.

limits, pyrate-limiter and throttled-py were looked at: none takes several limits or none in PostgreSQL.
"""

import hashlib
import json
import logging
import math
from itertools import count
from typing import Final, LiteralString

from psycopg.sql import SQL, Composed

from ants_async.errors import LimitsUnreachable
from ants_async.resources.pin_limits import Use, hold_back, pause_of
from ants_async.scaleout.asking import CLOCK, Cursor, Pool, asking

_SWEEP_EVERY: Final = 100
_log = logging.getLogger("ants_async.scaleout")

_ALONE: Final = "SELECT pg_advisory_xact_lock(%(lock)s)"
_CLOSED_UNTIL: Final = """
SELECT max(over_at) FROM pin_use
WHERE (account, name, key, refused) = (%(account)s, %(name)s, %(key)s, true)
"""
_FULL_UNTIL: Final = """
SELECT at + %(period)s FROM pin_use
WHERE (account, name, key, refused) = (%(account)s, %(name)s, %(key)s, false)
ORDER BY at DESC OFFSET %(count)s - 1 LIMIT 1
"""
_ADD: Final = """
INSERT INTO pin_use (account, name, key, at, over_at, refused)
VALUES (%(account)s, %(name)s, %(key)s, %(at)s, %(over_at)s, %(refused)s)
"""
_REMOVE: Final = """
DELETE FROM pin_use WHERE ctid = (
    SELECT ctid FROM pin_use
    WHERE (account, name, key, at, refused) = (%(account)s, %(name)s, %(key)s, %(at)s, false) LIMIT 1)
"""
# What another one is removing is left to it: who waits for a second row with a first in hand can be stuck.
_SWEEP: Final = """
DELETE FROM pin_use
WHERE ctid = ANY (ARRAY(SELECT ctid FROM pin_use WHERE over_at <= %s LIMIT 10000 FOR UPDATE SKIP LOCKED))
"""


class SharedPinLimits:
    """`PinLimits` of all workers that name the same account: `AntsClient(pin_limits=...)`, on an open pool.

    `take` raises `LimitsUnreachable` while the database cannot be asked. What cannot be given back then stays
    counted, and a refusal that cannot be told is not: the API will say it again. `clock`: SQL, for tests.
    """

    def __init__(self, pool: Pool, account: str, *, clock: LiteralString = CLOCK) -> None:
        self._pool = pool
        self._now = SQL("SELECT {clock}").format(clock=SQL(clock))
        self._account = account
        self._takes = count()

    async def take(self, uses: list[Use], *, wait: bool) -> float:
        """As `PinLimits.take`; when, in seconds since the epoch by the database's clock."""
        while True:
            async with asking(self._pool, "PIN limits") as cursor:
                now = await self._alone(cursor, uses)
                waits = [await self._free_at(cursor, use) - now for use in uses]
                longest = max(waits, default=0.0)
                if longest <= 0:
                    await cursor.executemany(
                        _ADD,
                        [
                            self._row(use, at=now, over_at=now + use.limit.period, refused=False)
                            for use in uses
                            if use.limit is not None
                        ],
                    )
                if next(self._takes) % _SWEEP_EVERY == 0:
                    await cursor.execute(_SWEEP, (now,))
            if longest <= 0:
                return now
            await hold_back(uses, waits, wait=wait)

    async def give_back(self, uses: list[Use], taken_at: float) -> None:
        """As `PinLimits.give_back`."""
        try:
            async with asking(self._pool, "PIN limits") as cursor:
                await self._remove(cursor, uses, taken_at)
        except LimitsUnreachable as error:
            _log.warning("a PIN that was not sent stays counted: %s", error)

    async def refused(self, uses: list[Use], taken_at: float, retry_after: float | None) -> float | None:
        """As `PinLimits.refused`."""
        pause = pause_of(uses, retry_after)
        try:
            async with asking(self._pool, "PIN limits") as cursor:
                now = await self._alone(cursor, uses)
                await self._remove(cursor, uses, taken_at)
                if pause is not None:  # the number's own limit: to hold all would stop everybody else, too
                    await cursor.execute(_ADD, self._row(uses[-1], at=now, over_at=now + pause, refused=True))
        except LimitsUnreachable as error:
            _log.warning("other workers are not told that a PIN limit is reached: %s", error)
        return pause

    async def _alone(self, cursor: Cursor, uses: list[Use]) -> float:
        """Wait until nobody else counts these, always in the same order, or two could wait for each other.

        The time is asked for after that: what is taken later is later.
        """
        for lock in sorted({_lock(self._account, use.name, _text(use)) for use in uses}):
            await cursor.execute(_ALONE, {"lock": lock})
        return await _number(cursor, self._now, {})

    async def _free_at(self, cursor: Cursor, use: Use) -> float:
        closed_until = await _number(cursor, _CLOSED_UNTIL, self._row(use))
        if use.limit is None:
            return closed_until
        window = self._row(use, count=use.limit.count, period=use.limit.period)
        return max(closed_until, await _number(cursor, _FULL_UNTIL, window))

    async def _remove(self, cursor: Cursor, uses: list[Use], taken_at: float) -> None:
        await cursor.executemany(_REMOVE, [self._row(use, at=taken_at) for use in uses])

    def _row(self, use: Use, **values: object) -> dict[str, object]:
        return {"account": self._account, "name": use.name, "key": _text(use), **values}


def _text(use: Use) -> str:
    """An application, or an application and a number; never a PIN."""
    return json.dumps(use.key)


def _lock(*whose: str) -> int:
    return int.from_bytes(hashlib.sha256(json.dumps(whose).encode()).digest()[:8], "big", signed=True)


async def _number(cursor: Cursor, query: LiteralString | Composed, values: dict[str, object]) -> float:
    """The one number that comes back; long ago when there is none."""
    await cursor.execute(query, values)
    row = await cursor.fetchone()
    return -math.inf if row is None or row[0] is None else row[0]
