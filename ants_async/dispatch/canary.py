"""The first few of a list go ahead; the others follow if enough of them arrive."""

from collections.abc import Iterable

import anyio
import attrs

from ants_async.dispatch.campaign import CampaignSummary, Outcome, OutcomeKind
from ants_async.errors import CampaignPaused, ValidationError
from ants_async.models.statuses import StatusGroup


def _count(_instance: object, _attribute: object, value: int) -> None:
    if value < 1:
        raise ValidationError("canary", value, "1 recipient at least")


def _share(_instance: object, _attribute: object, value: float) -> None:
    if not 0 <= value < 1:
        raise ValidationError("stop_if_failed", value, "a share of 0 to 1, 1 left out: 0.05 stands for 5 %")


def _wait(_instance: object, _attribute: object, value: float) -> None:
    if not value > 0:
        raise ValidationError("wait", value, "more than 0 seconds")


@attrs.frozen(slots=True)
class Canary:
    """Send to the first `count` recipients, and to the others if few of these failed.

    `stop_if_failed`: the share of them that may fail, 0.05 for 5 %. It is judged as soon as their final
    statuses decide it, and after `wait` seconds, counted from when schedule and quiet hours let them leave,
    by those that are there: by then at least half of them have to be. Rejected, undeliverable, expired and
    unresolved messages have failed.
    """

    count: int = attrs.field(validator=_count)
    stop_if_failed: float = attrs.field(default=0.05, validator=_share)
    wait: float = attrs.field(default=600.0, validator=_wait)


class Verdict:
    """How the first ones fare. `before`: what the ledger knew of the campaign, if it knew it."""

    def __init__(self, canary: Canary, before: CampaignSummary | None) -> None:
        self._canary = canary
        self._delivered = self._failed = self._size = 0
        self._is_beyond = before is not None and before.total - before.planned > canary.count
        self._is_complete = False
        self._decided = anyio.Event()
        if before is not None:
            self.sum_up(before)

    @property
    def is_decided(self) -> bool:
        """Nothing that is still to come changes it; or the others were on their way already."""
        return self._is_beyond or self._decided.is_set()

    def sum_up(self, now: CampaignSummary) -> None:
        """What the ledger knows of them."""
        self._size = now.total
        self._delivered = now.by_group.get(StatusGroup.DELIVERED.name, 0)
        self._failed = now.rejected + now.unresolved + now.final - self._delivered
        self._decide()

    def see(self, outcomes: Iterable[Outcome]) -> None:
        """News of them."""
        for outcome in outcomes:
            if outcome.kind is OutcomeKind.FINAL and outcome.status is not None:
                is_delivered = outcome.status.group is StatusGroup.DELIVERED
                self._delivered += is_delivered
                self._failed += not is_delivered
            elif outcome.kind in {OutcomeKind.REJECTED, OutcomeKind.UNRESOLVED}:
                self._failed += 1
        self._decide()

    def complete(self, planned: int) -> None:
        """All of them were read, and so many are new."""
        self._size += planned
        self._is_complete = True
        self._decide()

    async def decided(self, delay: float) -> None:
        """Wait, but not for ever; `delay`: seconds until they may leave."""
        if not self._is_beyond:
            with anyio.move_on_after(delay + self._canary.wait):
                await self._decided.wait()

    def judge(self) -> None:
        """Raises `CampaignPaused` unless it is good."""
        if self._is_beyond:
            return
        final = self._delivered + self._failed
        is_good = self._failed <= self._may_fail(self._size if self._decided.is_set() else final)
        if not is_good or not (self._decided.is_set() or 2 * final >= self._size):
            raise CampaignPaused(
                f"of the first {self._size:,} recipients {self._failed:,} failed and {self._size - final:,} "
                f"have no final status yet; {self._canary.stop_if_failed:.3g} of them may fail; without the "
                "canary it goes on"
            )

    def _may_fail(self, of: int) -> float:
        return self._canary.stop_if_failed * of

    def _decide(self) -> None:
        most = self._may_fail(self._size)
        if self._is_complete and (self._failed > most or self._size - self._delivered <= most):
            self._decided.set()
