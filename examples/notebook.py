"""A simulated campaign, looked at: who is delivered when, how long requests take. In cells, for a notebook.

VS Code, PyCharm and Jupyter (by jupytext) run the cells one by one; as a program it writes two pictures:

    pip install 'ants-async[all]' matplotlib
    python examples/notebook.py                  # delivery.png and latency.png, in this folder
"""

# %% What it takes
import asyncio
import os
import time
from collections import Counter
from pathlib import Path

import httpx
import matplotlib as mpl

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, MemoryLedger, Recipient, TrackingRules
from ants_async.simulator import SimulatorConfig, running

RECIPIENTS = int(os.environ.get("RECIPIENTS", "5000"))
mpl.use("Agg")  # to files; without this line a notebook shows the pictures below their cells

import matplotlib.pyplot as plt  # noqa: E402 - how it draws has to be said first


# %% How long until an answer begins: a transport that looks at the clock, around the one to the network
class Timed(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.inner = httpx.AsyncHTTPTransport()
        self.took: dict[str, list[float]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        response = await self.inner.handle_async_request(request)
        self.took.setdefault(request.url.path, []).append(time.perf_counter() - began)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


# %% The campaign: some thousands, against the API's simulator in this process
timed = Timed()
finals: list[tuple[float, str]] = []  # seconds since the start, and what became of one


async def run() -> None:
    campaign = Campaign("songkran", text="สวัสดี {name}", sender="ANTS")
    people = (Recipient(str(66810000000 + n), fields={"name": f"#{n}"}) for n in range(RECIPIENTS))
    async with (
        running(SimulatorConfig(latency=0.02, delivery_time=0.5)) as base_url,
        AntsClient(base_url, BasicAuth("demo", "demo"), transport=timed) as client,
        MemoryLedger() as ledger,
    ):
        # Small requests, asked for often, so that there is something to see.
        tracking = TrackingRules(first=0.2, growth=1.0, longest=0.2)
        dispatcher = Dispatcher(client, ledger, chunk_size=100, tracking=tracking)
        began = time.perf_counter()
        async for outcome in dispatcher.run(campaign, people):
            if outcome.is_last:
                became = outcome.status.group.name if outcome.status else outcome.kind.value
                finals.append((time.perf_counter() - began, became))


asyncio.run(run())  # in a notebook, which has a loop of its own: `await run()`
print(f"{len(finals)} recipients, {sum(map(len, timed.took.values()))} requests")
print(dict(Counter(became for _, became in finals)))

# %% Delivery over time: how many are final, by what became of them
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for kind, count in Counter(became for _, became in finals).most_common():
    moments = sorted(moment for moment, became in finals if became == kind)
    axes.step(moments, range(1, count + 1), where="post", label=f"{kind} ({count})")
axes.set(title="Final statuses", xlabel="seconds since the start", ylabel="recipients", ylim=(0, None))
axes.legend()
figure.savefig(Path("delivery.png"), dpi=120)

# %% Latency: the share of requests that took no longer than that
figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
for path, seconds in sorted(timed.took.items()):
    axes.ecdf([1000 * one for one in seconds], label=f"{path} ({len(seconds)})")
axes.set(
    title="Latency", xlabel="milliseconds until an answer begins", ylabel="share of requests", xlim=(0, None)
)
axes.legend(loc="lower right")
figure.savefig(Path("latency.png"), dpi=120)
