"""Quiet hours, told to whoever looks on: nothing moves then, and nothing is wrong."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import anyio
from rich.console import Console

from ants_async.cli.progress import Tally, say
from ants_async.dispatch import QuietHours

_LOOK: Final = 1.0  # seconds


async def tell_of_quiet_hours(
    console: Console, hours: QuietHours | None, tally: Tally, clock: Callable[[], float] = time.time
) -> None:
    """Say when they end, as often as they begin while there is somebody to send to; until it is cancelled."""
    if hours is None:
        return
    while True:
        now = clock()
        left = hours.left(now)
        if left and tally.done < tally.total:
            end = datetime.fromtimestamp(now + left, ZoneInfo(hours.zone))
            say(console, f"quiet hours, {hours}: nothing is sent until {end:%Y-%m-%d %H:%M}")
        await anyio.sleep(max(left, _LOOK))
