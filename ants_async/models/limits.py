"""The manual's formats for time spans (`"15m"`) and limits (`"3/1d"`)."""

import re
from typing import Final

import attrs

from ants_async.errors import ValidationError

_MILLISECONDS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_TIME_SPAN: Final = re.compile(r"([0-9]{1,18})(ms|s|m|h|d)")  # 18 digits: no number takes long to read
_RATE_LIMIT: Final = re.compile(r"([0-9]{1,18})/([0-9]{1,18}(?:ms|s|m|h|d))")

_TIME_SPAN_RULE: Final = "a positive whole number and a unit, ms, s, m, h or d, as in 15m"
_RATE_LIMIT_RULE: Final = "a positive whole number per time span, as in 100/1s or 3/1d"


@attrs.frozen(slots=True, order=True, init=False, repr=False)
class TimeSpan:
    """A length of time, `TimeSpan("15m")`. Spans are equal when they mean the same: `120m` is `2h`.

    `text` is the span as it was written, which is how it goes over the wire; `milliseconds` what it means.
    Raises `ValidationError`, naming `field`.
    """

    text: str = attrs.field(eq=False)
    milliseconds: int

    def __init__(self, text: str, *, field: str = "time span") -> None:
        match = _TIME_SPAN.fullmatch(text) if isinstance(text, str) else None
        if match is None or int(match[1]) == 0:
            raise ValidationError(field, text, _TIME_SPAN_RULE)
        self.__attrs_init__(text, int(match[1]) * _MILLISECONDS[match[2]])  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def seconds(self) -> float:
        """The span in seconds."""
        return self.milliseconds / 1000

    def __repr__(self) -> str:
        return f"TimeSpan({self.text!r})"

    def __str__(self) -> str:
        return self.text


@attrs.frozen(slots=True, init=False, repr=False)
class RateLimit:
    """At most `count` within any `span`, `RateLimit("3/1d")`. `3/24h` is `3/1d`, `60/1m` is not `1/1s`.

    `text` is the limit as it was written. Raises `ValidationError`, naming `field`.
    """

    text: str = attrs.field(eq=False)
    count: int
    span: TimeSpan

    def __init__(self, text: str, *, field: str = "rate limit") -> None:
        match = _RATE_LIMIT.fullmatch(text) if isinstance(text, str) else None
        try:
            span = TimeSpan(match[2]) if match is not None and int(match[1]) else None
        except ValidationError:
            span = None  # a zero: told below in the words of the whole format
        if match is None or span is None:
            raise ValidationError(field, text, _RATE_LIMIT_RULE)
        self.__attrs_init__(text, int(match[1]), span)  # pyright: ignore[reportAttributeAccessIssue]

    @property
    def period(self) -> float:
        """The span in seconds."""
        return self.span.seconds

    def __repr__(self) -> str:
        return f"RateLimit({self.text!r})"

    def __str__(self) -> str:
        return self.text
