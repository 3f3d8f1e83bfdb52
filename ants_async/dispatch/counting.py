"""What a dispatcher tells of its campaigns while they run: counts, and nothing of anybody in them."""

from collections import Counter
from collections.abc import Callable, Iterable

import attrs

from ants_async.dispatch.campaign import Outcome, OutcomeKind
from ants_async.models.statuses import Status
from ants_async.told import Told


@attrs.frozen(slots=True, kw_only=True, eq=False)
class OutcomesCounted:
    """So many recipients came to the same, and it is in the ledger.

    One for all of a batch of whom the same is known, not one for each: a campaign has millions. `group`: of
    the status, `DELIVERED`; None without one. `deduplicated`: an earlier request had already arrived.
    """

    campaign_id: str
    kind: OutcomeKind
    group: str | None
    deduplicated: bool
    count: int


OnOutcome = Callable[[OutcomesCounted], object]


@attrs.frozen(slots=True, kw_only=True)
class Backlog:
    """What a dispatcher has before it.

    `campaigns`: those that run. `tracked`: chunks whose reports are not all there. `unread`: batches of
    outcomes that nobody has read yet; with too many of them the sending waits.
    """

    campaigns: int
    tracked: int
    unread: int


def tell(told: Told[OutcomesCounted], campaign_id: str, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """The outcomes, counted; they may be made only as they are read, so that what is handed on is kept."""
    kept = list(outcomes)
    statuses = {id(one.status): one.status for one in kept}  # few, and one for many
    alike = Counter((one.kind, id(one.status), one.deduplicated) for one in kept)
    counts: Counter[tuple[OutcomeKind, str | None, bool]] = Counter()
    for (kind, status, deduplicated), count in alike.items():
        counts[kind, _group(statuses[status]), deduplicated] += count
    for (kind, group, deduplicated), count in counts.items():
        told(
            OutcomesCounted(
                campaign_id=campaign_id, kind=kind, group=group, deduplicated=deduplicated, count=count
            )
        )
    return kept


def _group(status: Status | None) -> str | None:
    """By its name in the manual: what a server writes there may be anything."""
    group = None if status is None else status.group
    return None if group is None else group.name
