"""More to send than the server takes: many tasks around a real limiter, on a virtual clock."""

import math

import anyio
import attrs


@attrs.define
class Log:
    """Each request when it reached the server, and whether it was accepted."""

    times: list[float] = attrs.field(factory=list)
    accepted: list[bool] = attrs.field(factory=list)

    def note(self, now, accepted):
        self.times.append(now)
        self.accepted.append(accepted)

    def requests(self, start=0.0, end=math.inf):
        return sum(start <= when < end for when in self.times)

    def accepts(self, start=0.0, end=math.inf):
        return sum(ok for when, ok in zip(self.times, self.accepted, strict=True) if start <= when < end)

    def goodput(self, start, end):
        """Accepts a second."""
        return self.accepts(start, end) / (end - start)

    def refused(self, start=0.0, end=math.inf):
        """The share of requests that were refused."""
        return 1 - self.accepts(start, end) / max(self.requests(start, end), 1)

    def best(self, span, start, end):
        """The best goodput of `span` seconds in a row, by whole seconds."""
        begins = range(math.ceil(start), math.floor(end - span) + 1)
        return max(self.goodput(begin, begin + span) for begin in begins)


async def backlog(
    server, limiter, rng, *, trip, workers, end, start=0.0, retry_after=None, log=None, requests=math.inf
):
    """`workers` tasks that never run out of requests. `trip`: seconds there and back, ± 5 %.

    `retry_after(now)`: what the server's refusals ask for.
    """
    log = Log() if log is None else log

    async def worker():
        while True:
            await limiter.acquire()
            if len(log.times) >= requests or anyio.current_time() >= end:
                return
            await anyio.sleep(trip / 2 * rng.uniform(0.95, 1.05))
            now = anyio.current_time()
            accepted = server.accepts(now)
            log.note(now, accepted)
            await anyio.sleep(trip / 2 * rng.uniform(0.95, 1.05))
            if accepted:
                limiter.succeeded()
            else:
                limiter.throttled(retry_after(now) if retry_after else None)

    await anyio.sleep(start)
    async with anyio.create_task_group() as group:
        for _ in range(workers):
            group.start_soon(worker)
    return log
