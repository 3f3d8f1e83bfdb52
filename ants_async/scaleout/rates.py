"""One rate for all workers of an account, kept in a row of PostgreSQL, learnt or fixed.

limits, pyrate-limiter and throttled-py were looked at: none keeps a rate in PostgreSQL without blocking, none
learns it, none hands out turns ahead.
"""

import asyncio
import math
import random
from asyncio import get_running_loop
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Final, Self

import anyio
import attrs

from ants_async.endpoints import Family
from ants_async.errors import ConfigurationError, LimitsUnreachable
from ants_async.models.limits import RateLimit
from ants_async.scaleout.asking import Pool
from ants_async.scaleout.row import RateRow
from ants_async.scaleout.turns import Ask, Lease, News, fresh
from ants_async.transport.fixed import LATE
from ants_async.transport.rate import Limiter, Rates, make_limiter, rates_of

RATE_TABLES: Final = """
CREATE TABLE rate (
    name text PRIMARY KEY,
    state jsonb NOT NULL
);
CREATE TABLE pin_use (
    account text NOT NULL,
    name text NOT NULL,
    key text NOT NULL,
    at double precision NOT NULL,
    over_at double precision NOT NULL,
    refused boolean NOT NULL
);
CREATE INDEX pin_use_of ON pin_use (account, name, key, refused, at);
CREATE INDEX pin_use_over ON pin_use (over_at);
"""
"""All that is kept here: run it once, in the schema that the pool's connections look into first.

`rate`: a row for each account and family. `pin_use`: one for each use of a PIN limit (`SharedPinLimits`) and
for each refusal, times in seconds since the epoch.
"""

_GRAIN: Final = 0.01  # accepts this close together are told as one
_AHEAD: Final = 0.03  # ask for the next turns so long before the last one
_FRESH: Final = 0.5  # nobody leaves on news older than this: there may be a pause
_SHORT: Final = 0.05  # so many seconds' callers are expected, by those who came since the last trip
_RETRY: Final = 0.5  # after the database could not be asked
_SOON: Final = 1e-4
_LONG: Final = 60.0


@attrs.frozen(slots=True)
class _Turn:
    at: float  # by the loop's clock
    time: float  # by the database's
    taken_at: float


class SharedRate:
    """A `Limiter` whose rate all workers share that use the same name: `async with SharedRate(...) as rate:`.

    A task of its own does all trips to the database, a few a second when many callers wait: it takes turns
    for them, and tells how requests went, a 429 at once. A turn not used at its time lapses, as do those of a
    worker that dies: the account sends less, never more. Callers of one worker leave in the order they came.

    `acquire` raises `LimitsUnreachable` while the database cannot be asked.
    """

    def __init__(
        self, pool: Pool, name: str, limit: RateLimit | None = None, *, rng: random.Random | None = None
    ) -> None:
        self.name = name
        self.limit = limit
        self._row = RateRow(pool, name, limit)
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._rate = fresh(limit).rate
        self._line = anyio.Lock()
        self._waiting = 0
        self._came = 0  # callers since the last trip
        self._turns: deque[_Turn] = deque()
        self._news: list[News] = []
        self._urgent = False  # nobody leaves before the news is told
        self._paused = False
        self._tell_within = 0.0
        self._known_at = -math.inf
        self._ask_again = -math.inf
        self._trip_takes = 0.0
        self._failures = 0
        self._failure: LimitsUnreachable | None = None  # of the last trip
        self._wake = asyncio.Event()
        self._tripped = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def rate(self) -> float:
        """Requests per second of all workers together, as of the last trip."""
        return self._rate

    async def acquire(self) -> None:
        """Wait for this caller's turn."""
        loop = get_running_loop()
        failures = self._failures
        self._waiting += 1
        self._came += 1
        try:
            if self._waiting > len(self._turns):
                self._wake.set()
            async with self._line:
                while (at := self._next_turn(loop.time())) > loop.time() + _SOON:
                    self._check(failures)
                    self._wake.set()
                    await _until(at, self._tripped)
                self._turns.popleft()
        finally:
            self._waiting -= 1

    def succeeded(self) -> None:
        """An answer came that was neither a 429 nor a 5xx: told soon, or at once when it ends a pause."""
        if self.limit is not None:
            return  # a rate that is known learns nothing
        now = get_running_loop().time()
        if self._news and self._news[-1].accepted and now - self._news[-1].at < _GRAIN:
            self._news[-1].accepted += 1
        else:
            self._note(News(now, accepted=1), urgent=self._paused)

    def throttled(self, retry_after: float | None) -> None:
        """A 429 came: told at once, before anybody else here leaves."""
        self._note(News(get_running_loop().time(), retry_after=retry_after), urgent=True)

    def _note(self, news: News, *, urgent: bool) -> None:
        self._news.append(news)
        self._urgent |= urgent
        if urgent or len(self._news) == 1:
            self._wake.set()

    def _next_turn(self, now: float) -> float:
        """When the head of the line may leave; never, as long as the database is to be asked first."""
        while self._turns and self._turns[0].at < now - LATE:
            self._turns.popleft()
        if self._urgent or not self._turns or self._turns[0].at > self._known_at + _FRESH:
            return math.inf
        return self._turns[0].at

    def _check(self, failures: int) -> None:
        if self._failure is not None and self._failures > failures:  # since this caller came
            raise LimitsUnreachable(*self._failure.args) from self._failure
        if self._keeper is None or self._keeper.done():
            raise ConfigurationError(f"rate {self.name!r} is not open: use it inside `async with`")

    async def _keep(self) -> None:
        """All trips to the database, one after the other."""
        try:
            while self._urgent or not self._closing:
                self._wake.clear()
                due = self._trip_due()
                if due > get_running_loop().time():
                    await _until(due, self._wake)
                elif not await self._trip():
                    if self._closing:
                        return
                    await _until(get_running_loop().time() + _RETRY, self._wake)
        finally:
            self._tell_line()

    def _trip_due(self) -> float:
        if self._urgent:
            return -math.inf
        due = self._news[0].at + self._tell_within if self._news else math.inf
        ahead = max(_AHEAD, 2 * self._trip_takes)
        if self._waiting > len(self._turns):
            due = min(due, max(self._ask_again, self._turns[-1].at - ahead if self._turns else -math.inf))
        if self._turns and self._waiting and self._turns[0].at > self._known_at + _FRESH:
            due = min(due, self._turns[0].at - ahead)
        return due

    async def _trip(self) -> bool:
        """Tell and take; whether the database could be asked."""
        began = get_running_loop().time()
        news, self._news = self._news, []
        try:
            lease, seen = await self._row.visit(news, self._ask(began), self._rng)
        except LimitsUnreachable as error:
            self._news = news + self._news
            self._failure = error
            self._failures += 1
        else:
            self._failure = None
            self._take(lease, seen)
        self._trip_takes = get_running_loop().time() - began
        self._tell_line()
        return self._failure is None

    def _ask(self, now: float) -> Ask:
        waiting = max(0, self._waiting - len(self._turns))
        expected = int(self._came * _SHORT / max(now - self._known_at, _SHORT))
        self._came = 0
        return Ask(waiting, expected, self._turns[-1].time if self._turns else -math.inf)

    def _take(self, lease: Lease, seen: float) -> None:
        now = get_running_loop().time()
        self._rate, self._paused, self._known_at = lease.rate, lease.paused, now
        self._urgent = any(lease.paused or not one.accepted for one in self._news)  # came meanwhile
        self._ask_again, self._tell_within = seen + lease.again, lease.tell_within
        self._turns = deque(turn for turn in self._turns if lease.keeps(turn.time, turn.taken_at))
        if lease.turns:  # late ones all move: they must not leave at once
            first = max(seen + lease.turns[0] - lease.now, now)
            self._turns += [_Turn(first + turn - lease.turns[0], turn, lease.now) for turn in lease.turns]

    def _tell_line(self) -> None:
        self._tripped.set()
        self._tripped = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._closing = False
        self._keeper = asyncio.create_task(self._keep(), name=f"ants_async rate {self.name}")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends when the last 429 is told, or the database cannot be asked."""
        self._closing = True
        self._wake.set()
        if self._keeper is not None:
            await self._keeper


async def _until(at: float, event: asyncio.Event) -> None:
    """Wait for the event, but not for longer than until then."""
    now = get_running_loop().time()
    with anyio.move_on_after(min(at - now, _LONG)):
        await event.wait()


@asynccontextmanager
async def shared_rates(
    pool: Pool, account: str, rate: Rates = "adaptive"
) -> AsyncIterator[Mapping[Family, Limiter]]:
    """What all workers of an account give to `AntsClient(rate=...)`, on a pool that is open.

    `rate`: as `AntsClient` takes it. None stays without a limit; a limiter of your own stays yours.
    """
    async with AsyncExitStack() as stack:
        limiters: dict[Family, Limiter] = {}
        for family, one in rates_of(rate).items():
            if one is None or isinstance(one, Limiter):
                limiters[family] = make_limiter(one)
                continue
            limit = one if isinstance(one, RateLimit) else None
            if isinstance(one, str) and one != "adaptive":
                limit = RateLimit(one, field="rate")
            shared = SharedRate(pool, f"{account}: {family}", limit)
            limiters[family] = await stack.enter_async_context(shared)
        yield limiters
