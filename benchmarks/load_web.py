"""A web service under load: requests a second and latencies, by requests in flight.

A FastAPI app under uvicorn in its own process awaits a text for each request; it is driven from outside, by
aiohttp here, so that app, stub and driver share the machine. "Nothing" answers without sending: what the web
server alone can do. `python -m benchmarks.load_web [--smoke] [--rounds 5] [--seconds 2]`
"""

import asyncio
import itertools
import os
import socket
import subprocess
import time
from contextlib import contextmanager
from statistics import quantiles

import aiohttp

from benchmarks._lib.box import row
from benchmarks._lib.command import benchmark
from benchmarks._lib.processes import ROOT, python
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import medians
from benchmarks._lib.stub import running_stub

ROUTES = {"/nothing": "nothing", "/httpx": "plain httpx", "/ants": "ants_async"}
IN_FLIGHT = (8, 32, 128)


def measure(options):
    levels = IN_FLIGHT[:1] if options.smoke else IN_FLIGHT
    sides = list(itertools.product(levels, ROUTES))
    measured = {side: [] for side in sides}
    with running_stub() as stub, _app(stub.url) as address:
        asyncio.run(_wait_for(address))
        for _, (in_flight, route) in itertools.product(range(options.rounds), sides):
            stub.reset()
            found = asyncio.run(_drive(address + route, in_flight, options.seconds))
            seen = stub.stats()
            if seen["messages"] != (0 if route == "/nothing" else found["requests"]):
                raise RuntimeError(f"{route}: {found['requests']} requests, the stub saw {seen['messages']}")
            measured[in_flight, route].append(found | {"idle": seen["idle"]})
    found = medians(measured)
    rows = [
        {
            "in flight": in_flight,
            "handler": ROUTES[route],
            "requests/s": one["rate"],
            "median ms": one["median"] * 1e3,
            "95 %": one["p95"] * 1e3,
            "99 %": one["p99"] * 1e3,
            "stub idle": f"{one['idle']:.0%}",
        }
        for (in_flight, route), one in found.items()
    ]
    figures = {f"{ROUTES[route]}, {in_flight}": one["rate"] for (in_flight, route), one in found.items()}

    def draw(figure):
        left, right = figure.subplots(1, 2)
        for route, name in ROUTES.items():
            left.plot(levels, [found[level, route]["rate"] for level in levels], "o-", label=name)
            right.plot(levels, [found[level, route]["p99"] * 1e3 for level in levels], "o-", label=name)
        left.set(xlabel="in flight", ylabel="requests/s", ylim=(0, None))
        right.set(xlabel="in flight", ylabel="99 % within, ms", yscale="log")
        left.legend()

    return Result(
        figures, rows, draw, raw=[[*side, some] for side, some in measured.items()], size=(11.0, 4.5)
    )


@contextmanager
def _app(stub_url):
    """The app while the block lasts; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = python("uvicorn", "benchmarks.web_app:app", "--port", port, "--log-level", "warning")
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "BENCH_STUB": stub_url}) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def _wait_for(address):
    """Until the app answers; ten seconds at most."""
    until = time.monotonic() + 10
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.post(f"{address}/nothing", params={"to": "1", "text": "x"}) as response:
                    response.raise_for_status()
                    return
            except aiohttp.ClientConnectionError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)


async def _drive(url, in_flight, seconds):
    """`in_flight` callers, each with its next request as soon as the last is answered."""
    latencies = []
    numbers = itertools.count(1)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight)) as session:

        async def caller():
            while time.perf_counter() < until:
                to, text = row(next(numbers))
                begun = time.perf_counter()
                async with session.post(url, params={"to": to, "text": text}) as response:
                    response.raise_for_status()
                    await response.read()
                latencies.append(time.perf_counter() - begun)

        started = time.perf_counter()
        until = started + seconds
        await asyncio.gather(*(caller() for _ in range(in_flight)))
        took = time.perf_counter() - started
    steps = quantiles(latencies, n=100)
    return {
        "requests": len(latencies),
        "rate": len(latencies) / took,
        "median": steps[49],
        "p95": steps[94],
        "p99": steps[98],
    }


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=5, seconds=2.0)
