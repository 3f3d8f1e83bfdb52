"""What the engine asks of a ledger: the durable record of what has been done so far.

Every method is one transaction: it happened, on disk, or it did not.
"""

from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

import attrs

from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Outcome
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.suppression import SuppressionList
from ants_async.models.reports import DeliveryReport


@attrs.frozen(slots=True)
class Chunk:
    """Messages for one request. `attempted_at`: when the first request that may have arrived left."""

    key: int
    bulk_id: str
    messages: Messages
    attempted_at: float | None = None


@attrs.frozen(slots=True)
class Bulk:
    """An answered chunk some of whose messages are not final yet.

    `stands_elsewhere`: some of them under another bulk id than this one, so that only the logs tell.
    `schedule`: when its messages are sent, each time once and in order, where that is not all at the answer.
    """

    key: int
    bulk_id: str
    answered_at: float
    stands_elsewhere: bool
    schedule: Sequence[float] = ()

    @property
    def since(self) -> float:
        """From when on final statuses of all can be expected."""
        return self.schedule[-1] if self.schedule else self.answered_at

    def until_first(self, now: float) -> float:
        """Seconds until the first of its messages are sent; 0 where some are."""
        return max(0.0, -self.sent_for(now))

    def until_next(self, now: float) -> float:
        """Seconds until the next of its messages is sent; 0 where all are."""
        passed = self._passed(now)
        return self.schedule[passed] - now if passed < len(self.schedule) else 0.0

    def sent_for(self, now: float) -> float:
        """Seconds since the latest time at which some were sent; below 0 where none is yet."""
        now = max(now, self.answered_at)  # the clock may have been put right meanwhile
        return now - (self.schedule[max(0, self._passed(now) - 1)] if self.schedule else self.answered_at)

    def _passed(self, now: float) -> int:
        return bisect_right(self.schedule, now)


@attrs.frozen(slots=True, kw_only=True)
class PushedBulk:
    """What pushed reports did to one bulk. `left`: its messages that are not at their end yet."""

    campaign_key: int
    chunk_key: int
    outcomes: Sequence[Outcome]
    left: int


@attrs.frozen(slots=True)
class Pushed:
    """What came of pushed reports.

    `not_taken`: places of those whose bulk is not known here, or whose message has no answer recorded yet.
    """

    bulks: Sequence[PushedBulk]
    not_taken: frozenset[int]


@attrs.frozen(slots=True)
class OpenCampaign:
    """A campaign at work; `key` is its place in the ledger.

    `started_at`: when its first request left, None for one that begins; by the server's clock as far as that
    was known then. `stores_texts`: whether the ledger keeps its recipients' own texts. `is_cancelled`:
    nothing is sent any more; of what may have left the logs are asked. `suppressed`: whom it does not text.
    """

    key: int
    campaign: Campaign
    started_at: float | None = None
    stores_texts: bool = True
    is_cancelled: bool = False
    suppressed: SuppressionList | None = None


class Ledger(Protocol):
    """One record for many campaigns. Methods raise `LedgerError` when the record cannot be kept."""

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
        """Create the campaign or continue it, `reads_source` with its list; `api`: whom it is sent to.

        `suppress`: whom it does not text from now on, beside those of before.

        Raises `CampaignMismatch`, and `LedgerInUse` while it is at work already. One that was cancelled
        stays so, and takes no list any more.
        """
        ...

    async def close_campaign(self, key: int, state: CampaignState, reason: str | None) -> None:
        """Say how a run ended."""
        ...

    async def cancel(self, campaign_id: str, reason: str = "cancelled by hand") -> None:
        """What is not sent by now never will be. Raises `LedgerInUse` while it is at work."""
        ...

    async def source_read(self, key: int) -> None:
        """The whole source is in the ledger now."""
        ...

    def numbers(self, key: int) -> AsyncIterator[Sequence[int]]:
        """All numbers planned so far, in batches."""
        ...

    async def replace_left_out(self, key: int, left_out: Sequence[Outcome], *, first: bool) -> None:
        """Note doubled and suppressed rows; `first` forgets those of an earlier reading of the source."""
        ...

    async def begin(self, campaign: OpenCampaign, messages: Messages, attempted_at: float) -> Chunk:
        """Put a new chunk on disk just before its request leaves."""
        ...

    async def unanswered(self, key: int) -> Sequence[int]:
        """Chunks with messages that no answer is recorded for."""
        ...

    async def chunk(self, campaign: OpenCampaign, key: int) -> Chunk:
        """A chunk with those of its messages that no answer is recorded for."""
        ...

    async def attempting(self, chunk: Chunk, at: float | None) -> Chunk:
        """A request may have arrived since `at`; None: it is known that none did."""
        ...

    async def split(self, chunk: Chunk) -> tuple[Chunk, Chunk]:
        """Two chunks for one, after the API refused it as a whole; both keep `attempted_at`."""
        ...

    async def answered(self, chunk: Chunk, answers: Sequence[Answer], now: float) -> Bulk | None:
        """Record answers; once no message is without one, the bulk to follow, if any was accepted."""
        ...

    async def bulks(self, key: int) -> Sequence[Bulk]:
        """Answered chunks that wait for final statuses."""
        ...

    async def waiting(self, campaign: OpenCampaign, bulk: Bulk) -> Sequence[str]:
        """Ids of a bulk's messages that are not final yet."""
        ...

    async def settle(
        self, campaign: OpenCampaign, bulk: Bulk, reports: Mapping[str, DeliveryReport]
    ) -> tuple[Sequence[Outcome], int]:
        """Record final statuses by message id; answers the outcomes, and how many still wait."""
        ...

    async def pushed(self, reports: Sequence[DeliveryReport]) -> Pushed:
        """Record final statuses by bulk, number and message id, whichever campaigns they belong to."""
        ...

    async def park(
        self, campaign: OpenCampaign, key: int, reason: str, now: float
    ) -> tuple[Sequence[Outcome], Bulk | None]:
        """What has no answer in a chunk becomes unresolved; the bulk to follow, if any was accepted."""
        ...

    async def give_up(self, campaign: OpenCampaign, key: int, reason: str, now: float) -> Sequence[Outcome]:
        """What was accepted in a chunk and is not final becomes unresolved."""
        ...

    async def summary(self, campaign_id: str) -> CampaignSummary | None:
        """A campaign's counts, or None."""
        ...

    async def campaigns(self) -> Sequence[CampaignSummary]:
        """All campaigns, newest first."""
        ...

    async def suppressed(self, campaign_id: str) -> SuppressionList:
        """Whom a campaign does not text."""
        ...

    def outcomes(self, campaign_id: str) -> AsyncIterator[Outcome]:
        """The newest outcome of every recipient in the order planned, then the rows left out."""
        ...

    def with_texts(self, campaign_id: str) -> AsyncIterator[tuple[Outcome, str | None, str | None]]:
        """The newest outcome of every recipient, with text and sender; None for the campaign's own."""
        ...
