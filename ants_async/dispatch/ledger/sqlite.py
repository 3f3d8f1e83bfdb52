"""The ledger in one SQLite file. Also in memory: the same code over `:memory:`."""

import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Self

import attrs

from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode, Outcome, OutcomeKind
from ants_async.dispatch.ledger import chunks, queries, settling
from ants_async.dispatch.ledger.database import Database
from ants_async.dispatch.ledger.fates import Fate, record
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, OpenCampaign, Pushed
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.messages import Messages
from ants_async.errors import LedgerError, ValidationError
from ants_async.models.reports import DeliveryReport

_CHUNKS_A_TURN = 20


class SqliteLedger:
    """A durable ledger: one file, for one process at a time, used as `async with`.

    `read_only` opens it beside a running campaign, to look. `store_texts=False` leaves the recipients' own
    texts out of the file: a campaign that begins in it needs its list again to go on, and is in mode
    `advanced`; a text that is the campaign's own is kept. Raises `LedgerInUse`, `LedgerError`.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, read_only: bool = False, store_texts: bool = True
    ) -> None:
        self.path = os.fspath(path)
        self._database = Database(self.path, read_only=read_only)
        self._read_only = read_only
        self._store_texts = store_texts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    async def __aenter__(self) -> Self:
        await self._database.open()
        if not self._read_only:
            try:
                await self._database.run(queries.mark_interrupted)
            except BaseException:
                await self._database.close()  # nobody else will, and the next one wants to open it
                raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._database.close()

    async def open_campaign(
        self, campaign: Campaign, source: str | None, *, reads_source: bool, now: float
    ) -> OpenCampaign:
        """Create the campaign or continue it, `reads_source` with its list.

        Raises `CampaignMismatch`, `LedgerInUse` while it is at work already, `LedgerError` for damage, and
        `ValidationError` in mode `multi` without texts.
        """
        if campaign.mode is Mode.MULTI and not self._store_texts:
            raise ValidationError(
                "mode", "multi", "'advanced' where texts are not stored: 'multi' looks sends up by their text"
            )
        return await self._database.run(
            queries.open_campaign,
            campaign,
            source,
            now,
            reads_source=reads_source,
            store_texts=self._store_texts,
        )

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended."""
        await self._database.run(queries.close_campaign, key, state, reason)

    async def source_read(self, key: int) -> None:
        """The whole source is in the ledger now."""
        await self._database.run(queries.source_read, key)

    async def numbers(self, key: int) -> AsyncIterator[Sequence[int]]:
        """All numbers planned so far, in batches."""
        async for some in self._chunks(key):
            yield await self._database.run(queries.numbers, some)

    async def replace_duplicates(self, key: int, duplicates: Sequence[Outcome], *, first: bool) -> None:
        """Note doubled rows; `first` forgets those of an earlier reading of the source."""
        await self._database.run(queries.replace_duplicates, key, duplicates, first)

    async def begin(self, campaign: OpenCampaign, messages: Messages, attempted_at: float) -> Chunk:
        """Put a new chunk on disk just before its request leaves."""
        return await self._database.run(chunks.begin, campaign, messages, attempted_at)

    async def unanswered(self, key: int) -> Sequence[int]:
        """Chunks with messages that no answer is recorded for."""
        return await self._database.run(queries.chunk_keys, key, ChunkState.UNANSWERED)

    async def chunk(self, campaign: OpenCampaign, key: int) -> Chunk:
        """A chunk with those of its messages that no answer is recorded for."""
        return await self._database.run(chunks.load, campaign, key)

    async def attempting(self, chunk: Chunk, at: float | None) -> Chunk:
        """A request may have arrived since `at`; None: it is known that none did."""
        await self._database.run(queries.set_attempted, chunk.key, at)
        return Chunk(chunk.key, chunk.bulk_id, chunk.messages, at)

    async def split(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """Two chunks for one, after the API refused it as a whole."""
        return await self._database.run(chunks.split, chunk)

    async def answered(self, chunk: Chunk, answers: Sequence[Answer], now: float) -> Bulk | None:
        """Record answers; once no message is without one, the bulk to follow, if any was accepted."""
        return await self._database.run(_answered, chunk, answers, now)

    async def bulks(self, key: int) -> Sequence[Bulk]:
        """Answered chunks that wait for final statuses."""
        return await self._database.run(queries.bulks, key)

    async def waiting(self, campaign: OpenCampaign, bulk: Bulk) -> Sequence[str]:
        """Ids of a bulk's messages that are not final yet."""
        return await self._database.run(queries.waiting, campaign.campaign.id, bulk.key)

    async def settle(
        self, campaign: OpenCampaign, bulk: Bulk, reports: Mapping[str, DeliveryReport]
    ) -> tuple[Sequence[Outcome], int]:
        """Record final statuses by message id; answers the outcomes, and how many still wait."""
        return await self._database.run(settling.settle, campaign.campaign.id, bulk, reports)

    async def pushed(self, reports: Sequence[DeliveryReport]) -> Pushed:
        """Record final statuses by bulk, number and message id, whichever campaigns they belong to."""
        return await self._database.run(settling.settle_pushed, reports)

    async def park(
        self, campaign: OpenCampaign, key: int, reason: str, now: float
    ) -> tuple[Sequence[Outcome], Bulk | None]:
        """What has no answer in a chunk becomes unresolved; the bulk to follow, if any was accepted."""
        return await self._database.run(
            queries.give_up, campaign.campaign.id, key, reason, MessageState.PLANNED, now
        )

    async def give_up(self, campaign: OpenCampaign, key: int, reason: str, now: float) -> Sequence[Outcome]:
        """What was accepted in a chunk and is not final becomes unresolved."""
        outcomes, _ = await self._database.run(
            queries.give_up, campaign.campaign.id, key, reason, MessageState.ACCEPTED, now
        )
        return outcomes

    async def summary(self, campaign_id: str) -> CampaignSummary | None:
        """A campaign's counts, or None."""
        found = await self._summaries(campaign_id)
        return found[0] if found else None

    async def campaigns(self) -> Sequence[CampaignSummary]:
        """All campaigns, newest first."""
        return await self._summaries(None)

    async def _summaries(self, campaign_id: str | None) -> Sequence[CampaignSummary]:
        found = await self._database.run(queries.summaries, campaign_id)
        if not self._read_only or await self._database.is_held():
            return found
        return [
            attrs.evolve(one, state=CampaignState.INTERRUPTED) if one.state is CampaignState.RUNNING else one
            for one in found  # whoever ran it was killed, and had no time to say so
        ]

    async def outcomes(self, campaign_id: str) -> AsyncIterator[Outcome]:
        """The newest outcome of every recipient in the order planned, then the duplicates."""
        key = await self._database.run(queries.campaign_key, campaign_id)
        if key is None:
            raise LedgerError(f"campaign {campaign_id!r} is not in ledger {self.path}")
        async for some in self._chunks(key):
            for outcome in await self._database.run(queries.outcomes, campaign_id, some):
                yield outcome
        for row, number in await self._database.run(queries.duplicates, key):
            yield Outcome(OutcomeKind.DUPLICATE, row, str(number))

    async def _chunks(self, key: int) -> AsyncIterator[Sequence[int]]:
        """A campaign's chunks in the order planned, as many as are read in one turn."""
        chunks = await self._database.run(queries.chunks_in_order, key)
        for start in range(0, len(chunks), _CHUNKS_A_TURN):
            yield chunks[start : start + _CHUNKS_A_TURN]


class MemoryLedger(SqliteLedger):
    """A ledger that ends with its process: for tries and tests, or where the caller keeps its own record."""

    def __init__(self) -> None:
        super().__init__(":memory:")


def _answered(
    connection: sqlite3.Connection, chunk: Chunk, answers: Sequence[Answer], now: float
) -> Bulk | None:
    known, statuses = queries.newest(connection, chunk.key), settling.StatusKeys(connection)
    changes = [
        (
            one.first,
            one.last,
            Fate(
                int(MessageState.ACCEPTED if one.kind is OutcomeKind.ACCEPTED else MessageState.REJECTED),
                settling.text(one.message_id),
                None if one.bulk_id == chunk.bulk_id else settling.text(one.bulk_id or ""),
                statuses.of(one.status),
                settling.text(one.error),
                settling.whole(one.sms_count),
                deduplicated=int(one.deduplicated),
            ),
        )
        for one in answers
    ]
    record(connection, chunk.key, known, changes, was=MessageState.PLANNED)
    given = next((one.bulk_id for one in answers if one.bulk_id and not one.deduplicated), chunk.bulk_id)
    if given != chunk.bulk_id:
        queries.set_bulk_id(connection, chunk.key, settling.text(given) or "")
    return queries.advance_chunk(connection, chunk.key, known, now)
