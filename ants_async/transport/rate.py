"""Rate limiters: who may send a request, and when.

A caller awaits `acquire()` before a request and tells afterwards how it went: `throttled()` for a 429,
`succeeded()` for any other answer but a 5xx, which says nothing about rates. Callers get their turn in the
order they came.
"""

import math
import random
from collections.abc import Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from ants_async.endpoints import Family
from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit
from ants_async.transport.adaptive import AdaptiveRate
from ants_async.transport.fixed import FixedRate, Pace, Pacer

__all__ = [
    "AdaptiveRate",
    "FixedRate",
    "Limiter",
    "Rate",
    "Rates",
    "Unlimited",
    "make_limiter",
    "make_limiters",
    "rates_of",
]


@runtime_checkable
class Limiter(Protocol):
    """What a client needs of a limiter. Bring your own to share one rate between processes."""

    @property
    def rate(self) -> float:
        """Requests per second now, for display."""
        ...

    async def acquire(self) -> None:
        """Wait for this caller's turn."""
        ...

    def succeeded(self) -> None:
        """An answer came that was neither a 429 nor a 5xx."""
        ...

    def throttled(self, retry_after: float | None) -> None:
        """A 429 came; `retry_after` is what the server asked for, in seconds."""
        ...


class Unlimited(Pacer):
    """No limit; but when the server throttles, everybody waits as long as it asks, or a second."""

    def __init__(self, *, rng: random.Random | None = None) -> None:
        super().__init__(Pace(rate=math.inf), rng)

    def throttled(self, retry_after: float | None) -> None:
        """Pause: what is repeated at once is refused again, thousands of times a second."""
        super().throttled(retry_after if retry_after and retry_after > 0 else 1.0)


Rate: TypeAlias = str | RateLimit | Limiter | None
"""`"adaptive"`, a limit such as `"100/1s"`, None for no limit, or a limiter of your own."""

Rates: TypeAlias = Rate | Mapping[Family, Rate]
"""One for each family of requests, or each family its own; those left out are adaptive."""


def make_limiters(rate: Rates) -> dict[Family, Limiter]:
    """A limiter for each family. A limiter of your own is one for them all, unless it is in a mapping."""
    return {family: make_limiter(one) for family, one in rates_of(rate).items()}


def rates_of(rate: Rates) -> dict[Family, Rate]:
    """What is wanted for each family."""
    if not isinstance(rate, Mapping):
        return dict.fromkeys(Family, rate)
    for family in rate:
        if family not in Family.__members__.values():
            raise ValidationError("rate", family, f"a family of requests: {', '.join(Family)}")
    return {family: rate.get(family, "adaptive") for family in Family}


def make_limiter(rate: Rate) -> Limiter:
    """`"adaptive"`, a limit such as `"100/1s"`, None for no limit, or a limiter of your own."""
    if rate is None:
        return Unlimited()
    if rate == "adaptive":
        return AdaptiveRate()
    if isinstance(rate, str):
        rate = RateLimit(rate, field="rate")
    if isinstance(rate, RateLimit):
        return FixedRate(rate)
    if isinstance(rate, Limiter):
        return rate
    raise ValidationError("rate", rate, '"adaptive", a limit such as "100/1s", None or a limiter')
