"""How a simulated account behaves."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Self

import attrs

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit

_FAULT_NAMES: Final = {
    "drop-before": "drop_before",
    "drop-after": "drop_after",
    "500": "error_500",
    "429": "error_429",
    "slow": "slow",
}


def _share(_instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not 0 <= value <= 1:
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


def _numbers(value: Iterable[str]) -> frozenset[str]:
    return frozenset(value)


def _user(_instance: object, _attribute: "attrs.Attribute[Any]", value: str) -> None:
    name, colon, password = value.partition(":")
    if not (name and colon and password):
        raise ValidationError("user", "***", "NAME:PASSWORD")
    if not all(character <= "\xff" for character in value):
        raise ValidationError("user", "***", "Latin characters, as a client's own")


@attrs.frozen(slots=True, kw_only=True)
class SimulatorConfig:
    """A simulated account. Seconds for times; `rate` counts all requests; equal seeds, equal fates.

    `api_key`: a public API key that opens it beside `user`. `unreachable`: numbers whose phone is off.
    `flooding_filter`: at most 20 texts an hour to one number, and 6 times the same. `push_retries`: waits
    before a pushed report that was not taken is pushed again. `push_anywhere`: also to other hosts than this.
    """

    rate: RateLimit | None = None
    latency: float = 0.0
    delivery_time: float = 2.0
    seed: int = 1
    user: str = attrs.field(default="demo:demo", repr=False, validator=_user)
    api_key: str | None = attrs.field(default="demo-key", repr=False)
    unreachable: frozenset[str] = attrs.field(default=frozenset(), converter=_numbers)
    flooding_filter: bool = True
    push_retries: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0, 600.0)
    push_anywhere: bool = False
    faults: Faults = attrs.field(factory=Faults)
    balance: Decimal = attrs.field(default=Decimal(1_000_000), converter=Decimal)
    price: Decimal = attrs.field(default=Decimal("0.5"), converter=Decimal)
    currency: str = "THB"
    max_body: int = 8 * 1024 * 1024
