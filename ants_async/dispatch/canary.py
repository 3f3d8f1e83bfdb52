"""The first few of a list go ahead; the others follow if enough of them arrive."""

import math
from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import attrs

from ants_async.dispatch.campaign import CampaignSummary
from ants_async.dispatch.planning import Planner
from ants_async.dispatch.source import Recipients, split
from ants_async.errors import CanaryFailed, ValidationError
from ants_async.models.statuses import StatusGroup

_LOOK: Final = 1.0
_SHARE: Final = 0.05
"""Looks at the ledger: seconds between them at first, and later this share of what it took so far."""


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

    Who is on a suppression list, or stands in the list twice, is none of them. `stop_if_failed`: the share of
    them that may fail, 0.05 for 5 %. It is judged as soon as their final statuses decide it, and after `wait`
    seconds, counted from when schedule and quiet hours let them leave, by those that are there: by then at
    least half of them have to be. Rejected, undeliverable, expired and unresolved messages have failed. A
    campaign that was further already goes on as soon as half of all it has sent are known, and fare well.
    """

    count: int = attrs.field(validator=_count)
    stop_if_failed: float = attrs.field(default=0.05, validator=_share)
    wait: float = attrs.field(default=600.0, validator=_wait)

    async def passed(
        self,
        look: Callable[[], Awaitable[CampaignSummary]],
        *,
        before: CampaignSummary,
        size: int,
        delay: float,
    ) -> None:
        """Wait until it is good. Raises `CanaryFailed`, and whatever `look` raises.

        `look`: what the ledger knows of the campaign. `before`: what it knew when this run began. `size`: how
        many are in it by now, or are on their way there. `delay`: seconds until they may leave.
        """
        began = anyio.current_time()
        until = began + delay + self.wait
        is_beyond = before.total - before.planned > self.count
        while True:
            now = await look()
            size = max(size, now.total)
            delivered = now.by_group.get(StatusGroup.DELIVERED.name, 0)
            failed = now.rejected + now.unresolved + now.final - delivered
            most = self._may_fail(size)
            final = delivered + failed
            is_known = 2 * final >= size
            if failed > most:
                break
            if size - delivered <= most:
                return
            left = until - anyio.current_time()
            if left <= 0 or (is_beyond and is_known):
                break
            await anyio.sleep(min(left, max(_LOOK, _SHARE * (anyio.current_time() - began))))
        if failed > most or not is_known or failed > self._may_fail(final):
            raise CanaryFailed(
                f"of the first {size:,} recipients {failed:,} failed and {size - final:,} "
                f"have no final status yet; {100 * self.stop_if_failed:.3g} % of them may fail; without the "
                "canary it goes on"
            )

    def _may_fail(self, of: int) -> int:
        return math.floor(self.stop_if_failed * of + 1e-9)  # 29 % of 100 are 29, also as floats


async def go_ahead(
    canary: Canary,
    recipients: Recipients,
    planner: Planner,
    *,
    plan: Callable[[Recipients], Awaitable[int]],
    look: Callable[[], Awaitable[CampaignSummary]],
    delay: Callable[[float], float],
) -> Recipients:
    """Plan the first ones, wait for what becomes of them, and give back the others.

    `plan`: plans all that it is given, and says how many are new. `delay`: as for `passed`, given the latest
    time that one of them has for itself. The rest is as for `passed`.
    """
    before, planned, rows = await look(), 0, -1
    while (missing := canary.count - before.total - planned) > 0 and planner.rows > rows:
        rows = planner.rows
        first, recipients = split(recipients, missing)
        planned += await plan(first)
    await canary.passed(look, before=before, size=before.total + planned, delay=delay(planner.due))
    return recipients
