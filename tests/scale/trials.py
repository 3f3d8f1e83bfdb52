"""What is claimed of many workers, one trial each. A trial gives its figures, or raises `Breach`."""

import asyncio
import os
import random
import signal
import time

import anyio

from scale.place import FIRST, cores_idle, place

LATENCY = ("--latency", "20ms", "--delivery-time", "500ms")


class Breach(AssertionError):
    """Somebody was lost, or texted twice, or a figure is not reached."""


async def speed(options):
    """Messages a second of one worker and of four; requests of 100, one at a time for each, 20 ms away."""
    found = {"cores": os.cpu_count()}
    rates = []
    for workers in (1, 4):
        async with place("--concurrency", 1, "--rate", "none", chunk=100, simulate=LATENCY) as here:
            count = options.recipients // 4 * workers
            await here.submit("c", count)  # planned before it is sent: that costs a process, too
            for _ in range(workers):
                here.start_worker()
            await here.until_serving(workers)
            began, before, cpu, idle = time.monotonic(), here.stats()["accepted"], here.cpu(), cores_idle()
            await _until(lambda count=count: here.stats()["accepted"] == count)
            seconds = time.monotonic() - began
            used = {name: round((spent - cpu[name]) / seconds, 2) for name, spent in here.cpu().items()}
            rates.append((count - before) / seconds)
            found[f"{workers} workers"] = {
                "messages/s": round(rates[-1]),
                "cores used": used | {"none": round((cores_idle() - idle) / seconds, 2)},
            }
    return found | {"ratio": round(rates[1] / rates[0], 2)}


async def rate(options):
    """Requests a second of four workers at a set limit, while workers come and go."""
    limit = 50
    async with place("--rate", f"{limit}/1s", chunk=10, simulate=LATENCY) as here:
        for _ in range(4):
            here.start_worker()
        campaign = await here.submit("c", limit * 10 * 40)
        await _until(lambda: here.stats()["accepted"] > 10 * limit)
        seen = []
        for change in (None, here.start_worker, here.kill_worker, here.start_worker, None):
            if change is not None:
                change()
            began, before = time.monotonic(), here.stats()["accepted"]
            await anyio.sleep(6.0)
            seen.append((here.stats()["accepted"] - before) / 10 / (time.monotonic() - began))
        await campaign.cancel()
    found = {"limit": limit, "a second": [round(one, 1) for one in seen]}
    mean = sum(seen) / len(seen)
    if abs(mean / limit - 1) > 0.05:
        raise Breach(f"{mean:.1f} a second: {found}")
    return found | {"mean": round(mean, 1)}


async def kills(options):
    """Workers killed with SIGKILL and replaced, in one campaign."""
    rng = random.Random(options.seed)
    async with _watched(options, lease=5.0) as (here, campaign, _):
        count = 0
        while count < options.kills:
            await anyio.sleep(rng.uniform(0.2, 1.5))
            if (await campaign.summary()).is_done:
                break
            here.kill_worker(rng)
            here.start_worker()
            count += 1
    return {"kills": count}


async def restarts(options):
    """The database stopped and started, gently and as after a crash."""
    rng = random.Random(options.seed)
    async with _watched(options, lease=5.0) as (here, _, _):
        for number in range(options.restarts):
            await anyio.sleep(rng.uniform(1.0, 4.0))
            how = signal.SIGQUIT if number % 2 else signal.SIGINT
            await asyncio.to_thread(here.postgres.stop, how)
            await asyncio.to_thread(here.postgres.start)
    return {"restarts": options.restarts}


async def fair(options):
    """A small campaign beside one a hundred times as large that came first."""
    async with place("--concurrency", 2, "--rate", "none", chunk=20, simulate=LATENCY) as here:
        for _ in range(2):
            here.start_worker()
        began = time.monotonic()
        large = await here.submit("large", options.recipients)
        await _until(lambda: here.stats()["accepted"] > options.recipients // 20)
        small = await here.submit("small", options.recipients // 100, first=FIRST + 10**7)
        small_began = time.monotonic()
        await here.until_answered(small)
        took = time.monotonic() - small_began
        left = (await large.summary()).planned
        await here.until_answered(large)
        whole = time.monotonic() - began
    if took > 0.1 * whole or not left:
        raise Breach(f"the small one took {took:.1f} s of {whole:.1f} s")
    return {"small": f"{took:.1f} s", "large": f"{whole:.1f} s", "large unsent by then": left}


async def _until(holds):
    with anyio.fail_after(120):
        while not holds():  # noqa: ASYNC110 - it is others who work
            await anyio.sleep(0.05)


class _watched:  # noqa: N801 - used as a function
    """A campaign on four workers with disturbances in the block; then to its end, and judged."""

    def __init__(self, options, *, lease):
        self._count = options.recipients
        self._place = place("--concurrency", 4, "--rate", "none", chunk=20, simulate=LATENCY, lease=lease)

    async def __aenter__(self):
        self._here = await self._place.__aenter__()
        for _ in range(4):
            self._here.start_worker()
        await self._here.until_serving(4)
        self._campaign = await self._here.submit("c", self._count)
        return self._here, self._campaign, None

    async def __aexit__(self, *error):
        try:
            if error[0] is None:
                await self._judge()
        finally:
            await self._place.__aexit__(*error)

    async def _judge(self):
        with anyio.fail_after(600):
            summary = await self._campaign.finished(poll=0.5)
            heard = {}
            async with self._campaign.outcomes(consumer="judge") as stream:
                async for outcome in stream:
                    heard[outcome.to, outcome.kind] = heard.get((outcome.to, outcome.kind), 0) + 1
        stats = self._here.stats()
        if not stats["accepted"] == stats["accepted_recipients"] == self._count:
            raise Breach(f"{self._count} recipients, and the API says {stats}")
        if summary.final != self._count or summary.total != self._count:
            raise Breach(f"not everybody is final: {summary}")
        if len(heard) != 2 * self._count or set(heard.values()) != {1}:
            raise Breach(f"outcomes heard: {len(heard)}, most often {max(heard.values())}")


TRIALS = {trial.__name__: trial for trial in (speed, rate, kills, restarts, fair)}
