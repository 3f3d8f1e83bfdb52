"""The server's time, as the `Date` of its answers tells it.

What was sent when is looked up in the server's logs, so that its clock is the one that counts: this machine's
may be wrong by hours, and jump.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

_UNKNOWN: Final = 86_400.0  # a machine whose clock, or time zone, was never set
_KNOWN: Final = 5.0
_FAR: Final = 3600.0


class ServerClock:
    """Seconds since the epoch; `wall_clock` counts until the server has said what time it is."""

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._ahead: float | None = None  # of the event loop's clock, which never jumps
        self._odd: float | None = None
        self._latest = ""

    def note(self, date: str) -> None:
        """An answer's `Date`. It has whole seconds, so that each is noted when it is first seen."""
        if date == self._latest:
            return
        self._latest = date
        try:
            ahead = parsedate_to_datetime(date).timestamp() - get_running_loop().time()
        except (ValueError, TypeError, OverflowError):
            return  # no date: what was known still holds
        if _is_far(ahead, self._ahead) and (self._odd is None or _is_far(ahead, self._odd)):
            self._odd = ahead  # until another answer agrees: it may be a proxy's own
        else:
            self._ahead, self._odd = ahead, None

    def __call__(self) -> float:
        return self._wall_clock() if self._ahead is None else self._ahead + get_running_loop().time()

    @property
    def is_known(self) -> bool:
        """Whether an answer has told the time."""
        return self._ahead is not None

    @property
    def margin(self) -> float:
        """Seconds that this clock may be ahead of the server's logs: few, once answers have told the time."""
        return _UNKNOWN if self._ahead is None else _KNOWN


def _is_far(ahead: float, known: float | None) -> bool:
    return known is not None and abs(ahead - known) > _FAR
