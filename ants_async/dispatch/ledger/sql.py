"""What every ledger in a database does: each method a piece of work, in one transaction."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import ParamSpec, TypeVar

from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode, Outcome
from ants_async.dispatch.ledger import campaigns, chunks, queries, settling, suppressed
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, OpenCampaign, Pushed
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import Work
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.suppression import SuppressionList
from ants_async.errors import LedgerError, ValidationError
from ants_async.models.reports import DeliveryReport

T = TypeVar("T")
P = ParamSpec("P")
_CHUNKS_A_TURN = 20


class SqlLedger:
    """A ledger in a database, for whoever can run its work there."""

    _store_texts: bool

    async def _run(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction. Raises `LedgerError` when it could not be kept: then nothing of it was."""
        raise NotImplementedError

    async def _look(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction that changes nothing, and whose statements all see the same."""
        return await self._run(work, *args, **kwargs)

    async def open_campaign(
        self,
        campaign: Campaign,
        source: str | None,
        *,
        api: str | None = None,
        reads_source: bool,
        suppress: Collection[str] | None = None,
        now: float,
    ) -> OpenCampaign:
        """Create the campaign or continue it, `reads_source` with its list, without those of `suppress`.

        Raises `CampaignMismatch`, `LedgerInUse` while it is at work already, `LedgerError` for damage, and
        `ValidationError` in mode `multi` without texts.
        """
        if campaign.mode is Mode.MULTI and not self._store_texts:
            raise ValidationError(
                "mode", "multi", "'advanced' where texts are not stored: 'multi' looks sends up by their text"
            )
        opening = partial(
            campaigns.open_campaign,
            campaign,
            source,
            api,
            now,
            reads_source=reads_source,
            suppress=None if suppress is None else SuppressionList.of(suppress),
            store_texts=self._store_texts,
        )
        return await self._open_campaign(campaign.id, opening)

    async def _open_campaign(
        self, campaign_id: str, opening: Callable[..., Work[OpenCampaign]]
    ) -> OpenCampaign:
        """`opening` wants what a ledger alone knows: `is_alone`, `check`."""
        raise NotImplementedError

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended."""
        await self._run(campaigns.close_campaign, key, state, reason)

    async def cancel(self, campaign_id: str, reason: str = "cancelled by hand") -> None:
        """What is not sent by now never will be. What was sent comes to its end when it is run on.

        Raises `LedgerInUse` while it is at work, `ValidationError` when it is finished.
        """
        await self.campaign_key(campaign_id)
        await self._run(campaigns.cancel, campaign_id, reason, is_alone=False)

    async def source_read(self, key: int) -> None:
        """The whole source is in the ledger now."""
        await self._run(campaigns.source_read, key)

    async def numbers(self, key: int) -> AsyncIterator[Sequence[int]]:
        """All numbers planned so far, in batches."""
        async for some in self._chunks(key):
            yield await self._look(queries.numbers, some)

    async def replace_left_out(self, key: int, left_out: Sequence[Outcome], *, first: bool) -> None:
        """Note doubled and suppressed rows; `first` forgets those of an earlier reading of the source."""
        await self._run(queries.replace_left_out, key, left_out, first)

    async def begin(self, campaign: OpenCampaign, messages: Messages, attempted_at: float) -> Chunk:
        """Put a new chunk on disk just before its request leaves."""
        (chunk,) = await self._run(chunks.begin, campaign, [messages], attempted_at)
        return chunk

    async def unanswered(self, key: int) -> Sequence[int]:
        """Chunks with messages that no answer is recorded for."""
        return await self._run(queries.chunk_keys, key, ChunkState.UNANSWERED)

    async def chunk(self, campaign: OpenCampaign, key: int) -> Chunk:
        """A chunk with those of its messages that no answer is recorded for."""
        return await self._look(chunks.load, campaign, key)

    async def attempting(self, chunk: Chunk, at: float | None) -> Chunk:
        """A request may have arrived since `at`; None: it is known that none did."""
        if at != chunk.attempted_at:  # there is nobody else whom this one could be by now
            await self._run(queries.set_attempted, chunk.key, at)
        return Chunk(chunk.key, chunk.bulk_id, chunk.messages, at)

    async def split(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """Two chunks for one, after the API refused it as a whole."""
        return await self._run(chunks.split, chunk)

    async def answered(self, chunk: Chunk, answers: Sequence[Answer], now: float) -> Bulk | None:
        """Record answers; once no message is without one, the bulk to follow, if any was accepted."""
        return await self._run(queries.answered, chunk, answers, now)

    async def bulks(self, key: int) -> Sequence[Bulk]:
        """Answered chunks that wait for final statuses."""
        return await self._run(queries.bulks, key)

    async def waiting(self, campaign: OpenCampaign, bulk: Bulk) -> Sequence[str]:
        """Ids of a bulk's messages that are not final yet."""
        return await self._look(queries.waiting, campaign.campaign.id, bulk.key)

    async def settle(
        self, campaign: OpenCampaign, bulk: Bulk, reports: Mapping[str, DeliveryReport]
    ) -> tuple[Sequence[Outcome], int]:
        """Record final statuses by message id; answers the outcomes, and how many still wait."""
        return await self._run(settling.settle, campaign.campaign.id, bulk, reports)

    async def pushed(self, reports: Sequence[DeliveryReport]) -> Pushed:
        """Record final statuses by bulk, number and message id, whichever campaigns they belong to."""
        return await self._run(settling.settle_pushed, reports)

    async def park(
        self, campaign: OpenCampaign, key: int, reason: str, now: float
    ) -> tuple[Sequence[Outcome], Bulk | None]:
        """What has no answer in a chunk becomes unresolved; the bulk to follow, if any was accepted."""
        return await self._run(queries.give_up, campaign.campaign.id, key, reason, MessageState.PLANNED, now)

    async def give_up(self, campaign: OpenCampaign, key: int, reason: str, now: float) -> Sequence[Outcome]:
        """What was accepted in a chunk and is not final becomes unresolved."""
        outcomes, _ = await self._run(
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
        return await self._look(campaigns.summaries, campaign_id)

    async def campaign_key(self, campaign_id: str) -> int:
        """A campaign's place. Raises `LedgerError` when it is not there."""
        key = await self._run(campaigns.campaign_key, campaign_id)
        if key is None:
            raise LedgerError(f"campaign {campaign_id!r} is not in {self!r}")
        return key

    async def suppressed(self, campaign_id: str) -> SuppressionList:
        """Whom a campaign does not text."""
        found = await self._look(suppressed.suppressed, await self.campaign_key(campaign_id))
        return found or SuppressionList()

    async def outcomes(self, campaign_id: str) -> AsyncIterator[Outcome]:
        """The newest outcome of every recipient in the order planned, then the rows left out."""
        key = await self.campaign_key(campaign_id)
        async for some in self._chunks(key):
            for outcome in await self._look(queries.outcomes, campaign_id, some):
                yield outcome
        for outcome in await self._run(queries.left_out, key):
            yield outcome

    async def with_texts(self, campaign_id: str) -> AsyncIterator[tuple[Outcome, str | None, str | None]]:
        """The newest outcome of every recipient, with text and sender; None for the campaign's own.

        A text is empty where the ledger keeps none.
        """
        async for some in self._chunks(await self.campaign_key(campaign_id)):
            for found in await self._look(queries.with_texts, campaign_id, some):
                yield found

    async def _chunks(self, key: int) -> AsyncIterator[Sequence[int]]:
        """A campaign's chunks in the order planned, as many as are read in one turn."""
        found = await self._run(queries.chunks_in_order, key)
        for start in range(0, len(found), _CHUNKS_A_TURN):
            yield found[start : start + _CHUNKS_A_TURN]
