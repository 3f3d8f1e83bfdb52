"""How a simulated account behaves."""

from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from math import inf
from typing import Any, Final, Self

import attrs

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.numbers import parse_number

_FAULT_NAMES: Final = {
    "drop-before": "drop_before",
    "drop-after": "drop_after",
    "500": "error_500",
    "429": "error_429",
    "slow": "slow",
}


def _share(_instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValidationError(f"faults {attribute.name}", value, "a share of requests between 0 and 1")


@attrs.frozen(slots=True)
class Faults:
    """Shares of requests that go wrong.

    `drop_before`, `drop_after`: the connection is closed without an answer, before or after the request took
    effect. `error_500`, `error_429`: nothing happened, and a 500 or a 429 says so. `slow`: it happened, and
    the answer is 5 s late.
    """

    drop_before: float = attrs.field(default=0.0, validator=_share)
    drop_after: float = attrs.field(default=0.0, validator=_share)
    error_500: float = attrs.field(default=0.0, validator=_share)
    slow: float = attrs.field(default=0.0, validator=_share)
    error_429: float = attrs.field(default=0.0, validator=_share)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `drop-before=0.01,500=0.02`. Raises `ValidationError`."""
        shares: dict[str, float] = {}
        for item in filter(None, text.split(",")):
            name, _, share = item.partition("=")
            if name not in _FAULT_NAMES:
                raise ValidationError("faults", item, f"one of {', '.join(_FAULT_NAMES)}, as in slow=0.01")
            try:
                shares[_FAULT_NAMES[name]] = float(share)
            except ValueError:
                raise ValidationError("faults", item, "a share like slow=0.01") from None
        return cls(**shares)


# A converter is not told which field it is for: what it cannot read it leaves to the field's validator.


def _seconds(value: Any) -> Any:
    with suppress(ValidationError):
        return TimeSpan(value).seconds
    return value


def _waits(value: Any) -> Any:
    if not isinstance(value, Iterable):
        return value
    return tuple(map(_seconds, value.split(",") if isinstance(value, str) else value))


def _amount(value: Any) -> Any:
    with suppress(InvalidOperation):
        return Decimal(str(value))  # as it is written: 0.1 is no 0.1000000000000000055
    return value


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf


def _time(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not _is_time(value):
        raise ValidationError(attribute.name, value, "seconds, 0 or more, or a time span like 20ms")


def _times(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, tuple) or not all(map(_is_time, value)):
        raise ValidationError(attribute.name, value, "seconds each, 0 or more, or time spans like 1s,5s")


def _whole(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValidationError(attribute.name, value, "a whole number")


def _bytes(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValidationError(attribute.name, value, "a whole number of bytes, 1 or more")


def _switch(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, bool):  # "no" would be a yes
        raise ValidationError(attribute.name, value, "True or False")


def _money(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
        raise ValidationError(attribute.name, value, "an amount like 1000000")


def _limit(value: RateLimit | str | None) -> RateLimit | None:
    return value if value is None or isinstance(value, RateLimit) else RateLimit(value, field="rate")


def faults_of(value: "Faults | str") -> Faults:
    """Read them where they are a text. Raises `ValidationError`."""
    found = Faults.parse(value) if isinstance(value, str) else value
    if not isinstance(found, Faults):
        raise ValidationError("faults", value, "shares like slow=0.01")
    return found


def _numbers(value: Iterable[str] | str) -> frozenset[str]:
    """As the API has them, for a number that is none is never off."""
    if not isinstance(value, Iterable):
        raise ValidationError("unreachable", value, "numbers like 66847781470")
    try:
        return frozenset(
            map(parse_number, filter(None, value.split(",") if isinstance(value, str) else value))
        )
    except ValidationError as error:
        raise ValidationError("unreachable", error.value, error.rule) from None


def _currency(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if not isinstance(value, str) or not value:
        raise ValidationError(attribute.name, value, "a currency like THB")


def _key(_instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, str):  # the empty one opens nothing, as none
        raise ValidationError(attribute.name, "***", "a text, or None for no key")


def _user(_instance: object, _attribute: "attrs.Attribute[Any]", value: object) -> None:
    name, colon, password = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not (name and colon and password):
        raise ValidationError("user", "***", "NAME:PASSWORD")
    if not all(character <= "\xff" for character in name + password):
        raise ValidationError("user", "***", "Latin characters, as a client's own")


@attrs.frozen(slots=True, kw_only=True)
class SimulatorConfig:
    """A simulated account. Times in seconds, or `20ms`; `rate` counts all requests; equal seeds, equal fates.

    `api_key`: a public API key that opens it beside `user`. `unreachable`: numbers whose phone is off.
    `flooding_filter`: at most 20 texts an hour to one number, and 6 times the same. `push_retries`: waits
    before a pushed report that was not taken is pushed again. `push_anywhere`: also to other hosts than this.
    Raises `ValidationError`.
    """

    rate: RateLimit | None = attrs.field(default=None, converter=_limit)
    latency: float = attrs.field(default=0.0, converter=_seconds, validator=_time)
    delivery_time: float = attrs.field(default=2.0, converter=_seconds, validator=_time)
    seed: int = attrs.field(default=1, validator=_whole)
    user: str = attrs.field(default="demo:demo", repr=False, validator=_user)
    api_key: str | None = attrs.field(default="demo-key", repr=False, validator=_key)
    unreachable: frozenset[str] = attrs.field(default=frozenset(), converter=_numbers)
    flooding_filter: bool = attrs.field(default=True, validator=_switch)
    push_retries: tuple[float, ...] = attrs.field(
        default=(1.0, 5.0, 30.0, 120.0, 600.0), converter=_waits, validator=_times
    )
    push_anywhere: bool = attrs.field(default=False, validator=_switch)
    faults: Faults = attrs.field(factory=Faults, converter=faults_of)
    balance: Decimal = attrs.field(default=Decimal(1_000_000), converter=_amount, validator=_money)
    price: Decimal = attrs.field(default=Decimal("0.5"), converter=_amount, validator=_money)
    currency: str = attrs.field(default="THB", validator=_currency)
    max_body: int = attrs.field(default=8 * 1024 * 1024, validator=_bytes)
