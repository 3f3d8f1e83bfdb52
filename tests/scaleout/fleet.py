"""Workers that share a rate on a virtual clock: the real limiters, their row in memory."""

import json
import random
from contextlib import AsyncExitStack

import anyio
import attrs
from storms.load import Log, backlog

from ants_async.scaleout.rates import SharedRate
from ants_async.scaleout.turns import visit


@attrs.define
class Row:
    """As `RateRow`, on a clock of its own; the way there takes as long as the way back."""

    limit: object = None
    way: float = 0.0005
    clock: float = 1.7e9
    state: str = "{}"
    trips: int = 0
    lease: object = None
    error: object = None
    lock: anyio.Lock = attrs.field(factory=anyio.Lock)

    async def visit(self, news, ask, rng):
        async with self.lock:
            self.trips += 1
            await anyio.sleep(self.way)
            if self.error is not None:
                raise self.error
            seen = anyio.current_time()
            now = seen + self.clock
            told = [attrs.evolve(one, at=one.at + self.clock) for one in news]
            self.lease, state = visit(json.loads(self.state), now, told, ask, limit=self.limit, rng=rng)
            self.state = json.dumps(state, allow_nan=False)
            await anyio.sleep(self.way)
        return self.lease, seen


def shared(row, seed=1):
    """One more worker's limiter on this row."""
    rate = SharedRate(None, "account: send", row.limit, rng=random.Random(seed))
    rate._row = row
    return rate


async def fleet(server, row, rng, *, workers, callers, end, trip=0.05, retry_after=None):
    """`workers` processes of `callers` tasks each that never run out of requests."""
    log = Log()
    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        for _ in range(workers):
            rate = await stack.enter_async_context(shared(row, rng.random()))
            options = {"trip": trip, "workers": callers, "end": end, "retry_after": retry_after, "log": log}
            group.start_soon(lambda rate=rate, options=options: backlog(server, rate, rng, **options))
    return log
