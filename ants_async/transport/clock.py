"""The server's time, as the `Date` of its answers tells it.

What was sent when is looked up in the server's logs, so that its clock is the one that counts: this machine's
may be wrong by hours, and jump.
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

import anyio

MARGIN: Final = 900.0
"""Seconds that this machine's clock and the server's may lie apart, where answers tell no time."""


class ServerClock:
    """Seconds since the epoch; `wall_clock` counts until the server has said what time it is."""

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._ahead: float | None = None  # of the event loop's clock, which never jumps
        self._latest = ""

    def note(self, date: str) -> None:
        """An answer's `Date`. It has whole seconds, so that each is noted when it is first seen."""
        if date == self._latest:
            return
        self._latest = date
        try:
            self._ahead = parsedate_to_datetime(date).timestamp() - anyio.current_time()
        except (ValueError, TypeError, OverflowError):
            return  # no date: what was known still holds

    def __call__(self) -> float:
        return self._wall_clock() if self._ahead is None else self._ahead + anyio.current_time()

    def earliest(self) -> float:
        """No later than it is at the server: whole seconds leave this clock behind, never ahead."""
        return self() if self._ahead is not None else self._wall_clock() - MARGIN
