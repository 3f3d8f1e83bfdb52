"""The manual's formats for time spans (`"15m"`) and limits (`"3/1d"`)."""

import re
from typing import Final, Self

import attrs

from ants_async.errors import ValidationError

_MILLISECONDS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}  # largest first
_TIME_SPAN: Final = re.compile(r"([0-9]{1,18})(ms|s|m|h|d)")  # 18 digits: no number takes long to read
_RATE_LIMIT: Final = re.compile(r"([0-9]{1,18})/([0-9]{1,18}(?:ms|s|m|h|d))")

_TIME_SPAN_RULE: Final = "a positive whole number and a unit, ms, s, m, h or d, as in 15m"
_RATE_LIMIT_RULE: Final = "a positive whole number per time span, as in 100/1s or 3/1d"


def _positive(_instance: object, attribute: "attrs.Attribute[int]", value: int) -> None:
    if not isinstance(value, int) or value <= 0:
        raise ValidationError(attribute.name, value, "a positive whole number")


@attrs.frozen(slots=True, order=True)
class TimeSpan:
    """A length of time. Spans are equal when they mean the same: `120m` is `2h`."""

    milliseconds: int = attrs.field(validator=_positive)

    @classmethod
    def parse(cls, text: str, *, field: str = "time span") -> Self:
        """Read the manual's format; `field` is the name an error will carry."""
        match = _TIME_SPAN.fullmatch(text) if isinstance(text, str) else None
        if match is None or int(match[1]) == 0:
            raise ValidationError(field, text, _TIME_SPAN_RULE)
        return cls(int(match[1]) * _MILLISECONDS[match[2]])

    @property
    def seconds(self) -> float:
        """The span in seconds."""
        return self.milliseconds / 1000

    def __str__(self) -> str:
        unit, size = next(item for item in _MILLISECONDS.items() if self.milliseconds % item[1] == 0)
        return f"{self.milliseconds // size}{unit}"


@attrs.frozen(slots=True)
class RateLimit:
    """At most `count` within any `span`. `3/24h` is `3/1d`, but `60/1m` is not `1/1s`."""

    count: int = attrs.field(validator=_positive)
    span: TimeSpan = attrs.field(validator=attrs.validators.instance_of(TimeSpan))

    @classmethod
    def parse(cls, text: str, *, field: str = "rate limit") -> Self:
        """Read the manual's format; `field` is the name an error will carry."""
        match = _RATE_LIMIT.fullmatch(text) if isinstance(text, str) else None
        try:
            if match is not None:
                return cls(int(match[1]), TimeSpan.parse(match[2]))
        except ValidationError:
            pass  # a zero: told below in the words of the whole format
        raise ValidationError(field, text, _RATE_LIMIT_RULE)

    @property
    def period(self) -> float:
        """The span in seconds."""
        return self.span.seconds

    def __str__(self) -> str:
        return f"{self.count}/{self.span}"
