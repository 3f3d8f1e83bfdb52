"""Quiet hours, told to whoever looks on: nothing moves then, and nothing is wrong."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import anyio

from ants_async.cli.terminal import Terminal, say
from ants_async.dispatch import QuietHours
from ants_async.dispatch.campaign import CampaignSummary

_LOOK: Final = 1.0  # seconds
_LONGER: Final = 60.0  # until the next look at a campaign: it counts all its messages


async def tell_of_quiet_hours(
    console: Terminal,
    hours: QuietHours | None,
    look: Callable[[], Awaitable[CampaignSummary | None]],
    clock: Callable[[], float] = time.time,
) -> None:
    """Say when they end, as often as they begin while somebody waits; until it is cancelled.

    `look`: at the campaign. It begins a moment later, for then the campaign has begun, or was refused.
    """
    if hours is None:
        return
    wait = _LOOK
    while True:
        await anyio.sleep(wait)
        now = clock()
        wait = left = hours.left(now)
        if not left:
            wait = _LOOK
        elif not _waits(await look()):
            wait = min(left, _LONGER)
        else:
            end = datetime.fromtimestamp(now + left, ZoneInfo(hours.zone))
            say(console, f"quiet hours, {hours}: nothing is sent until {end:%Y-%m-%d %H:%M}")


def _waits(summary: CampaignSummary | None) -> bool:
    """Whether somebody may be still to be sent to: what is not begun need not be in the ledger."""
    return summary is not None and (summary.planned > 0 or not summary.source_read)
