"""Outcomes as a stream that any process can read, from where it left off.

Fates stand in the ledger in the order their transactions began (`told_in`), and may be committed in another.
Only those are read than which no older transaction is still open: so nobody is passed over, and a cursor is
a place that never changes.
"""

import re
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Final, Self

import anyio
import attrs

from ants_async.dispatch.campaign import CampaignState, Outcome
from ants_async.dispatch.ledger.chunks import column
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.fates import Fate, reader_of
from ants_async.dispatch.ledger.holding import check_lock, unlock
from ants_async.dispatch.ledger.postgres import SNAPSHOT, PostgresLedger, perform
from ants_async.dispatch.messages import message_ids
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerError, LedgerInUse, ValidationError

_FATES_A_TURN: Final = 2000
_OUTCOMES_A_TURN: Final = 10_000
_CURSOR: Final = re.compile(r"([0-9]{1,20})-([0-9]{1,19})-([0-9]{1,6})", re.ASCII)
_XIDS: Final = 2**64  # as many as there are
_KEYS: Final = 2**63
_NOTE_EVERY: Final = 1000
_ENDS: Final = [str(CampaignState.FINISHED), str(CampaignState.CANCELLED)]


@attrs.frozen(order=True)
class Cursor:
    """After which message of which fate a stream goes on; as text `told_in-told_as-place`."""

    told_in: int = 0
    told_as: int = 0
    place: int = 0

    @classmethod
    def read(cls, text: "str | Cursor | None") -> Self:
        """Raises `ValidationError` for what is none."""
        if isinstance(text, cls):
            return text
        if text is None:
            return cls()
        match = _CURSOR.fullmatch(str(text))
        told_in, told_as, place = map(int, match.groups()) if match else (_XIDS, 0, 0)
        if told_in >= _XIDS or told_as >= _KEYS:
            raise ValidationError("after", text, "a cursor that an outcome stream gave")
        return cls(told_in, told_as, place)

    def __str__(self) -> str:
        return f"{self.told_in}-{self.told_as}-{self.place}"


_READ: Final = f"""
SELECT told_in::text, told_as, chunk.key, chunk.bulk_id, fate.first, fate.last,
    {", ".join(f"fate.{name}" for name in Fate._fields)}
FROM fate JOIN chunk ON chunk.key = fate.chunk
WHERE told_of = %s AND (told_in, told_as) >= (%s::text::xid8, %s)
    AND told_in < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY fate.told_in, fate.told_as LIMIT %s
""".encode()  # noqa: S608 - names of ours


class OutcomeStream:
    """Outcomes of a campaign, each after it is in the ledger: `async for outcome in stream`.

    A recipient comes once for each step: accepted or rejected, then final or unresolved. `cursor` is the
    place after the outcome at hand: given as `after`, a stream goes on there.

    With a `consumer` the database keeps the place, and the stream is used as `async with`. An outcome is
    consumed when the next one is asked for, or the block is left without an error; a consumer that is killed
    gets at most the last thousand again. Raises `LedgerInUse` while another one reads under the same name.

    The stream ends when everybody has had the last word; it waits while the campaign is paused. Without
    `follow` it ends with what is there.
    """

    def __init__(
        self,
        ledger: PostgresLedger,
        campaign_id: str,
        *,
        after: str | Cursor | None = None,
        consumer: str | None = None,
        poll: float = 0.5,
        follow: bool = True,
    ) -> None:
        if after is not None and consumer is not None:
            raise ValidationError("after", after, "left out for a consumer, whose place the database keeps")
        self._ledger = ledger
        self._campaign_id = campaign_id
        self._consumer = consumer
        self._poll = poll
        self._follow = follow
        self._lock: Connection | None = None
        self._key = 0
        self._consumed = self.cursor = Cursor.read(after)

    async def __aenter__(self) -> Self:
        self._key = await self._ledger.campaign_key(self._campaign_id)
        if self._consumer is not None:
            self._lock = await self._ledger.lock(f"consumer {self._key} {self._consumer}")
            if self._lock is None:
                raise LedgerInUse(f"consumer {self._consumer!r} is being read for by another process")
            try:
                self._consumed = self.cursor = await self._ledger.within(self._place)
            except BaseException:
                await to_its_end(unlock(self._lock))
                raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            try:
                if exc is None:
                    self._consumed = self.cursor
                await to_its_end(self._ledger.within(self._note))
            finally:
                await to_its_end(unlock(self._lock))

    async def __aiter__(self) -> AsyncIterator[Outcome]:
        if self._consumer is not None and self._lock is None:
            raise LedgerError(f"the stream of consumer {self._consumer!r} is used as 'async with'")
        if not self._key:
            self._key = await self._ledger.campaign_key(self._campaign_id)
        since_noted = 0
        while True:
            found, is_over = await self._ledger.within(self._read)
            for cursor, outcome in found:
                self._consumed, self.cursor = self.cursor, cursor
                yield outcome
                since_noted += 1
                if since_noted >= _NOTE_EVERY:
                    await self._consume()
                    since_noted = 0
            if found:
                await self._consume()
            elif is_over or not self._follow:
                return
            else:
                await anyio.sleep(self._poll)

    async def _consume(self) -> None:
        self._consumed = self.cursor
        if self._consumer is not None:
            await self._ledger.within(self._note)

    async def _place(self, connection: Connection) -> Cursor:
        cursor = await connection.execute(
            "SELECT told_in::text::bigint, told_as, place FROM consumer WHERE campaign = %s AND name = %s",
            (self._key, self._consumer),
        )
        return Cursor(*(await cursor.fetchone() or ()))

    async def _note(self, connection: Connection) -> None:
        consumed = self._consumed
        await check_lock(self._lock)
        await connection.execute(
            "INSERT INTO consumer (campaign, name, told_in, told_as, place)"
            " VALUES (%s, %s, %s::text::xid8, %s, %s) ON CONFLICT (campaign, name) DO UPDATE"
            " SET told_in = excluded.told_in, told_as = excluded.told_as, place = excluded.place",
            (self._key, self._consumer, str(consumed.told_in), consumed.told_as, consumed.place),
        )

    async def _read(self, connection: Connection) -> tuple[list[tuple[Cursor, Outcome]], bool]:
        """What is new, and whether nothing more will come, by one look at everything."""
        await connection.execute(SNAPSHOT)
        await connection.execute("SET LOCAL enable_sort = off")  # by the index, however little is known of it
        at = self.cursor
        values = (self._key, str(at.told_in), at.told_as)
        rows = await (await connection.execute(_READ, (*values, _FATES_A_TURN))).fetchall()
        found: list[tuple[Cursor, Outcome]] = []
        columns: dict[int, tuple[list[int], list[str]]] = {}
        reader = await perform(connection, reader_of([Fate._make(row[6:]) for row in rows]))
        for told_in, told_as, chunk, bulk_id, first, last, *values_of_fate in rows:
            if len(found) >= _OUTCOMES_A_TURN:
                break  # a fate may be a thousand outcomes
            fate = Fate._make(values_of_fate)
            if chunk not in columns:
                lines = await perform(connection, column(chunk, "rows"))
                columns[chunk] = (lines, await perform(connection, column(chunk, "numbers")))
            lines, numbers = columns[chunk]
            here = Cursor(int(told_in), told_as)
            skipped = at.place if (at.told_in, at.told_as) == (here.told_in, here.told_as) else 0
            some = slice(first + skipped, last + 1)
            ids = message_ids(self._campaign_id, numbers[some])
            told = zip(lines[some], numbers[some], ids, strict=True)
            for place, (line, to, message_id) in enumerate(told, skipped + 1):
                outcome = reader.outcome(fate, line, to, message_id, bulk_id)
                found.append((attrs.evolve(here, place=place), outcome))
        is_over = not found and await self._is_over(connection)
        return found, is_over

    async def _is_over(self, connection: Connection) -> bool:
        at = self.cursor
        cursor = await connection.execute(
            _IS_OVER, (self._key, _ENDS, self._key, self._key, str(at.told_in), at.told_as)
        )
        return bool((await cursor.fetchone() or (False,))[0])


_IS_OVER: Final = """
SELECT EXISTS (SELECT FROM campaign WHERE key = %s AND state = ANY(%s))
    AND NOT EXISTS (
        SELECT FROM chunk LEFT JOIN lease ON lease.chunk = chunk.key WHERE campaign = %s
        AND (state = 1 OR state = 0 AND (attempted_at IS NOT NULL OR until > clock_timestamp()))
    ) AND NOT EXISTS (
        SELECT FROM fate WHERE told_of = %s AND (told_in, told_as) > (%s::text::xid8, %s)
    )
"""
