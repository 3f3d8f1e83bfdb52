"""When a request is repeated, by the table in the docs: what failed × what a repeat would do."""

import random
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import anyio
import attrs
from tenacity import AsyncRetrying, RetryCallState

from ants_async.endpoints import Repeat
from ants_async.errors import (
    AntsError,
    ConnectionFailed,
    DecodeError,
    RequestTimeout,
    ServerError,
    ThrottledError,
    ValidationError,
)

T = TypeVar("T")
UNCLEAR: Final = (RequestTimeout, ServerError, DecodeError)
"""After these nobody knows whether the request took effect."""


def _positive(_instance: object, attribute: "attrs.Attribute[Any]", value: float) -> None:
    if value < 0:
        raise ValidationError(attribute.name, value, "must not be negative")


@attrs.frozen(slots=True, kw_only=True)
class RetryPolicy:
    """How a call repeats itself. Seconds throughout.

    `attempts`: tries in all, 429 not counted. `deadline`: time for the whole call, waiting for the rate
    included. `base` and `cap`: full jitter, a random wait up to `min(cap, base * 2**n)`.
    `budget`: failures the whole client may answer with a repeat before it stops repeating; each success
    earns a little back, so that a broken server is not hammered.
    """

    attempts: int = attrs.field(default=4, validator=_positive)
    deadline: float = attrs.field(default=120.0, validator=_positive)
    base: float = attrs.field(default=0.2, validator=_positive)
    cap: float = attrs.field(default=10.0, validator=_positive)
    budget: float = attrs.field(default=500.0, validator=_positive)


class RetryBudget:
    """A token bucket over one client: a repeat costs 14, a success earns 1 (the AWS clients' figures)."""

    COST: Final = 14.0

    def __init__(self, capacity: float) -> None:
        self._capacity = capacity
        self.tokens = capacity

    def spend(self) -> bool:
        """Take one repeat's worth; False when the budget is used up."""
        if self.tokens < self.COST:
            return False
        self.tokens -= self.COST
        return True

    def earn(self) -> None:
        """A request succeeded."""
        self.tokens = min(self._capacity, self.tokens + 1.0)


async def repeating(
    work: Callable[[], Awaitable[T]],
    policy: RetryPolicy,
    budget: RetryBudget,
    repeat: Repeat,
    rng: random.Random,
    *,
    waits_out_429: bool = True,
    told: Callable[[BaseException, float], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> T:
    """What `work` comes to, repeated by the policy. A 429 waits in the limiter: it costs no try, no budget.

    `told` hears of each failure that is answered with a repeat, and how many seconds that waits. `goes_on`:
    whether a failure may be.

    Most calls go well at once, and making tenacity's loop takes longer than all that: it is made for the
    first failure, which it then begins with.
    """
    deadline = get_running_loop().time() + policy.deadline
    try:
        return await work()
    except AntsError as error:
        first: list[AntsError] = [error]
    again = _retrying(
        policy, budget, repeat, rng, deadline, waits_out_429=waits_out_429, told=told, goes_on=goes_on
    )

    async def once() -> T:
        if first:
            raise first.pop()
        return await work()

    return await again(once)


def _retrying(
    policy: RetryPolicy,
    budget: RetryBudget,
    repeat: Repeat,
    rng: random.Random,
    deadline: float,
    *,
    waits_out_429: bool,
    told: Callable[[BaseException, float], None] | None,
    goes_on: Callable[[], bool],
) -> AsyncRetrying:
    failures = 0

    def wanted(state: RetryCallState) -> bool:
        nonlocal failures
        error = state.outcome.exception() if state.outcome else None
        if get_running_loop().time() >= deadline or not goes_on():
            return False
        if isinstance(error, ThrottledError):
            return waits_out_429
        harmless = repeat is Repeat.HARMLESS
        if not isinstance(error, ConnectionFailed) and not (harmless and isinstance(error, UNCLEAR)):
            return False
        failures += 1
        return failures < policy.attempts and budget.spend()

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ThrottledError):
            return 0.0
        wait = rng.uniform(0, min(policy.cap, policy.base * 2 ** (failures - 1)))
        return max(0.0, min(wait, deadline - get_running_loop().time()))

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if told is not None and error is not None:
            told(error, state.upcoming_sleep)

    return AsyncRetrying(retry=wanted, wait=pause, sleep=anyio.sleep, before_sleep=tell, reraise=True)
