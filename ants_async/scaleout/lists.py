"""Whom campaigns do not text, as a worker has read it: a list is read once for all of a campaign's chunks."""

from functools import partial
from typing import Final

import anyio

from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.integrity import damaged
from ants_async.dispatch.ledger.postgres import PostgresLedger, perform
from ants_async.dispatch.ledger.suppressed import read_on
from ants_async.dispatch.suppression import SuppressionList

_MOST: Final = 64  # campaigns; a million numbers take a few megabytes
_ROWS_A_TURN: Final = 10  # others have the loop in between


class SuppressionLists:
    """Those of the campaigns that a worker has been at lately."""

    def __init__(self, ledger: PostgresLedger) -> None:
        self._ledger = ledger
        self._turn = anyio.Lock()
        self._read: dict[int, tuple[int, int, SuppressionList]] = {}

    async def of(self, campaign: int, size: int) -> SuppressionList | None:
        """So many numbers, or more: lists only grow. Raises `LedgerDamaged`, `LedgerError`."""
        if not size:
            return None
        async with self._turn:
            known, after, found = self._read.pop(campaign, (0, 0, SuppressionList()))
            while known < size:
                read = partial(_read_on, campaign, after)
                after, numbers = await self._ledger.within(read)
                if not numbers:
                    raise damaged(f"{known} of {size} numbers that are not to be texted")
                found.numbers.add_all(numbers)
                known += len(numbers)  # no number is stored twice; to count those of a set takes long
            self._read[campaign] = known, after, found
            if len(self._read) > _MOST:
                del self._read[next(iter(self._read))]
        return found


async def _read_on(campaign: int, after: int, connection: Connection) -> tuple[int, list[int]]:
    return await perform(connection, read_on(campaign, after, _ROWS_A_TURN))
