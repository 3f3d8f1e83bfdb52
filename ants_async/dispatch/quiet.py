"""Hours in which nobody is to be texted."""

import re
from datetime import datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from ants_async.errors import ValidationError

BANGKOK: Final = "Asia/Bangkok"
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_RULE: Final = "hours like '21:00-08:00', and a time zone like 'Asia/Bangkok'"


@attrs.frozen(slots=True)
class QuietHours:
    """From `start` to `end` every day by the clocks of `zone` nothing is sent; it waits for the end.

    `QuietHours.parse("21:00-08:00")` is the night in Thailand. A network that could not reach a phone goes on
    trying. Raises `ValidationError`.
    """

    start: time
    end: time
    zone: str = BANGKOK

    def __attrs_post_init__(self) -> None:
        for one in (self.start, self.end):
            if one.tzinfo is not None or one.second or one.microsecond:
                raise ValidationError("quiet_hours", str(one), "whole minutes, by the clocks of `zone`")
        if self.start == self.end:
            raise ValidationError("quiet_hours", str(self), "two different times")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValidationError("quiet_hours", self.zone, _RULE) from None

    @classmethod
    def parse(cls, text: str, zone: str | None = None) -> Self:
        """`21:00-08:00`, perhaps with a time zone after it; `zone` stands for one that is not named."""
        hours, _, named = text.strip().partition(" ")
        match = _HOURS.fullmatch(hours)
        if match is None:
            raise ValidationError("quiet_hours", text, _RULE)
        begin, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
        return cls(begin, end, named.strip() or zone or BANGKOK)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.zone}"

    def left(self, now: float) -> float:
        """Seconds until they end, 0 when it is none of them. `now`: seconds since 1970."""
        here = datetime.fromtimestamp(now, ZoneInfo(self.zone))
        at = here.time()
        over_midnight = self.start > self.end
        is_quiet = at >= self.start or at < self.end if over_midnight else self.start <= at < self.end
        if not is_quiet:
            return 0.0
        day = here.date() + timedelta(days=int(over_midnight and at >= self.start))
        # As a time of that day: between now and then clocks may be put forward or back. In an hour that comes
        # twice, the second one ends in the second one.
        end = datetime.combine(day, self.end.replace(fold=here.fold), here.tzinfo)
        return end.timestamp() - now

    def check(self, moment: datetime) -> None:
        """Raises `ValidationError` for a time that is one of them."""
        if self.left(moment.timestamp()):
            raise ValidationError("send_at", moment, f"outside of the quiet hours, {self}")
