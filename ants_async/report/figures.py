"""What a report says of a campaign, reckoned in one pass over its outcomes.

Nothing here grows with the campaign: counts, buckets, and so many failures as the report shows. What a
foreign server may say in any number of ways (errors, networks, currencies) is counted together past a cap.
"""

from collections import Counter
from collections.abc import AsyncIterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

import attrs

from ants_async.dispatch.campaign import CampaignSummary, Outcome, OutcomeKind
from ants_async.errors import LedgerError
from ants_async.models.codes import Advice
from ants_async.models.delivery_errors import ERRORS_BY_NAME
from ants_async.models.statuses import Status, StatusGroup
from ants_async.report.buckets import Latencies, Timeline

MOST_FAILURES: Final = 5000
_MOST_CAUSES: Final = 500
_MOST_NETWORKS: Final = 300
_MOST_CURRENCIES: Final = 20
_LONGEST_WORDS: Final = 300
_LONGEST_NETWORK: Final = 12
LONGEST_NAME: Final = 100
SENT, DELIVERED, FAILED = range(3)
"""The series of the timeline: by when they were sent, and by when they came to their end."""


class Fate(StrEnum):
    """What became of a recipient; every one has exactly one."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNRESOLVED = "unresolved"
    WAITING = "waiting"
    """Accepted, without a final status yet."""
    UNCLEAR = "unclear"
    """A request may have arrived, and nobody has asked the logs yet."""
    UNSENT = "unsent"
    """Planned, without an answer yet; of a campaign that was cancelled, for good."""


FAILURES: Final = (Fate.UNDELIVERABLE, Fate.EXPIRED, Fate.REJECTED, Fate.UNRESOLVED)
_OF_KIND: Final = {
    OutcomeKind.ACCEPTED: Fate.WAITING,
    OutcomeKind.REJECTED: Fate.REJECTED,
    OutcomeKind.UNRESOLVED: Fate.UNRESOLVED,
    OutcomeKind.UNSENT: Fate.UNSENT,
}
_LEFT_OUT: Final = (OutcomeKind.DUPLICATE, OutcomeKind.SUPPRESSED)
_OF_GROUP: Final = {
    StatusGroup.DELIVERED: Fate.DELIVERED,
    StatusGroup.UNDELIVERABLE: Fate.UNDELIVERABLE,
    StatusGroup.EXPIRED: Fate.EXPIRED,
    StatusGroup.REJECTED: Fate.REJECTED,
}


def fate_of(outcome: Outcome) -> Fate:
    """What became of a recipient; rows that were left out are about none."""
    if outcome.kind is OutcomeKind.FINAL:
        group = None if outcome.status is None else outcome.status.group
        return _OF_GROUP.get(group, Fate.UNRESOLVED) if group is not None else Fate.UNRESOLVED
    return _OF_KIND[outcome.kind]


@attrs.frozen
class Cause:
    """Why messages did not arrive: a status, and the words of an error."""

    fate: Fate
    status: Status | None = attrs.field(
        eq=lambda status: status and (status.group_name, status.id, status.name)
    )
    error: str | None
    advice: Advice

    @property
    def explanation(self) -> str | None:
        """The manual's description of the error, or else of the status."""
        known = ERRORS_BY_NAME.get(self.error or "") or self.status
        return known.explanation if known else None


@attrs.frozen
class Failure:
    """A recipient whose message did not arrive."""

    row: int
    to: str
    message_id: str | None
    cause: Cause
    network: str | None
    at: datetime | None


@attrs.define
class Cost:
    """What messages cost: the price of a part times the parts, by currency.

    `parts`: all that were sent. `unpriced`, `unpriced_parts`: those whose reports named no price.
    """

    parts: int = 0
    priced: int = 0
    unpriced: int = 0
    unpriced_parts: int = 0
    amounts: dict[str, Decimal] = attrs.field(factory=dict)
    of_failures: dict[str, Decimal] = attrs.field(factory=dict)

    def add(self, outcome: Outcome, *, failed: bool) -> None:
        """One that was sent."""
        parts = max(outcome.sms_count or 1, 0)
        currency = (outcome.currency or "?")[:8]
        self.parts += parts
        is_known = currency in self.amounts or len(self.amounts) < _MOST_CURRENCIES
        if outcome.price is None or not outcome.price.is_finite() or not is_known:
            self.unpriced += 1
            self.unpriced_parts += parts
            return
        amount = outcome.price * parts
        self.priced += 1
        self.amounts[currency] = self.amounts.get(currency, Decimal(0)) + amount
        if failed:
            self.of_failures[currency] = self.of_failures.get(currency, Decimal(0)) + amount


@attrs.define
class Network:
    """How one network did: final statuses, deliveries, and how long these took."""

    total: int = 0
    delivered: int = 0
    latencies: Latencies = attrs.field(factory=Latencies)


@attrs.define
class Figures:
    """All a report says but what a campaign is; filled by `add`, outcome by outcome, in any order."""

    most_failures: int = MOST_FAILURES
    fates: Counter[Fate] = attrs.field(factory=Counter)
    accepted: int = 0
    duplicates: int = 0
    suppressed: int = 0
    deduplicated: int = 0
    backwards: int = 0
    """Deliveries that, by the clocks of others, came before they were sent."""
    causes: Counter[Cause] = attrs.field(factory=Counter)
    failures: list[Failure] = attrs.field(factory=list)
    cost: Cost = attrs.field(factory=Cost)
    latencies: Latencies = attrs.field(factory=Latencies)
    networks: dict[str, Network] = attrs.field(factory=dict)
    other_networks: int = 0
    first_sent: datetime | None = None
    last_done: datetime | None = None
    timeline: Timeline = attrs.field(factory=lambda: Timeline(3))

    @property
    def total(self) -> int:
        """Recipients; rows that were left out are none."""
        return self.fates.total()

    @property
    def failed(self) -> int:
        """Those who will not get it, as far as anybody knows."""
        return sum(self.fates[fate] for fate in FAILURES)

    @property
    def failures_left_out(self) -> int:
        """How many there are beyond those in `failures`."""
        return self.failed - len(self.failures)

    def add(self, outcome: Outcome) -> None:
        """Count the newest outcome of a recipient, or a row that was left out."""
        if outcome.kind in _LEFT_OUT:
            self.duplicates += outcome.kind is OutcomeKind.DUPLICATE
            self.suppressed += outcome.kind is OutcomeKind.SUPPRESSED
            return
        fate = fate_of(outcome)
        failed = fate in FAILURES
        self.fates[fate] += 1
        self.deduplicated += outcome.deduplicated
        if _was_accepted(outcome):
            self.accepted += 1
            self.cost.add(outcome, failed=failed)
            self._time(outcome, fate)
        if failed:
            self._fail(outcome, fate)

    def _time(self, outcome: Outcome, fate: Fate) -> None:
        sent, done = outcome.sent_at, outcome.done_at
        if sent is not None:
            self.timeline.add(SENT, sent.timestamp())
            self.first_sent = sent if self.first_sent is None else min(sent, self.first_sent)
        if done is not None:
            self.timeline.add(DELIVERED if fate is Fate.DELIVERED else FAILED, done.timestamp())
            self.last_done = done if self.last_done is None else max(done, self.last_done)
        network = self._network(outcome)
        if network is not None:
            network.total += 1
            network.delivered += fate is Fate.DELIVERED
        if fate is Fate.DELIVERED and sent is not None and done is not None:
            seconds = (done - sent).total_seconds()
            self.backwards += seconds < 0
            self.latencies.add(seconds)
            if network is not None:
                network.latencies.add(seconds)

    def _network(self, outcome: Outcome) -> Network | None:
        name = _network_of(outcome)
        if name is None or outcome.kind is not OutcomeKind.FINAL:
            return None
        if name not in self.networks and len(self.networks) >= _MOST_NETWORKS:
            self.other_networks += 1
            return None
        return self.networks.setdefault(name, Network())

    def _fail(self, outcome: Outcome, fate: Fate) -> None:
        cause = Cause(fate, outcome.status, _words_of(outcome), outcome.advice)
        if cause in self.causes or len(self.causes) < _MOST_CAUSES:
            self.causes[cause] += 1
        if len(self.failures) < self.most_failures:
            self.failures.append(
                Failure(
                    outcome.row,
                    outcome.to,
                    outcome.message_id,
                    cause,
                    _network_of(outcome),
                    outcome.done_at or outcome.sent_at,
                )
            )

    def slowest_networks(self, most: int = 12) -> Sequence[tuple[str, Network]]:
        """Those whose deliveries took the longest, by the median."""
        timed = [(name, one) for name, one in self.networks.items() if one.latencies.total]
        return sorted(timed, key=lambda one: (-(one[1].latencies.percentile(50) or 0), one[0]))[:most]

    def commonest_causes(self, most: int = 25) -> Mapping[Cause, int]:
        """Why the most messages did not arrive."""
        return dict(self.causes.most_common(most))


class Told(Protocol):
    """What is needed of a ledger."""

    async def summary(self, campaign_id: str) -> CampaignSummary | None:
        """A campaign's counts, or None."""
        ...

    def outcomes(self, campaign_id: str) -> AsyncIterable[Outcome]:
        """The newest outcome of every recipient, then the rows left out."""
        ...


async def reckon(
    ledger: Told, campaign_id: str, *, most_failures: int = MOST_FAILURES
) -> tuple[CampaignSummary, Figures]:
    """A campaign of a ledger, and its figures. Of whom the ledger tells no outcome, nothing is known yet.

    Raises `LedgerError` when it is not there.
    """
    figures = Figures(most_failures)
    async for outcome in ledger.outcomes(campaign_id):
        figures.add(outcome)
    # After them: of a campaign that goes on meanwhile, it then counts everybody who has an outcome.
    summary = await ledger.summary(campaign_id)
    if summary is None:
        raise LedgerError(f"no campaign {campaign_id!r} in this ledger")
    untold = max(0, summary.total - figures.total)
    unclear = min(untold, summary.unclear)
    figures.fates += Counter({Fate.UNCLEAR: unclear, Fate.UNSENT: untold - unclear})
    return summary, figures


def _was_accepted(outcome: Outcome) -> bool:
    """Whether the API took it; what was parked without an answer has no status."""
    if outcome.kind is OutcomeKind.UNRESOLVED:
        return outcome.status is not None or outcome.deduplicated
    return outcome.kind in {OutcomeKind.ACCEPTED, OutcomeKind.FINAL}


def _network_of(outcome: Outcome) -> str | None:
    return outcome.network[:_LONGEST_NETWORK] if outcome.network else None


def _words_of(outcome: Outcome) -> str | None:
    """What the error says of everybody alike: one that names the number would be another for each."""
    if outcome.error is None:
        return None
    words = outcome.error.replace(outcome.to, "…")
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
