"""A client, the simulator in process and a ledger, all on one virtual clock."""

import random
from collections.abc import Callable
from contextlib import asynccontextmanager

import anyio
import attrs
import httpx
import pytest

from ants_async.client import AntsClient
from ants_async.dispatch import Dispatcher, MemoryLedger, Recipient
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy

EPOCH = 1_800_000_000.0
FIRST = 66_800_000_000


def wall_clock():
    return EPOCH + anyio.current_time()


class Network(httpx.AsyncBaseTransport):
    """Carries requests to the simulator; a test may bend what comes back."""

    def __init__(self, app):
        self.simulator = SimulatorTransport(app)
        self.bend: Callable | None = None
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        if self.bend is not None:
            bent = await self.bend(request, self.simulator.handle_async_request)
            if bent is not None:
                return bent
        return await self.simulator.handle_async_request(request)

    def count(self, path):
        return sum(request.url.path == path for request in self.requests)


@attrs.define
class World:
    client: AntsClient
    ledger: object
    network: Network

    def dispatcher(self, **options):
        return Dispatcher(self.client, self.ledger, **{"chunk_size": 10} | options)

    async def run(self, campaign, recipients, **options):
        return [outcome async for outcome in self.dispatcher(**options).run(campaign, recipients)]

    async def stats(self):
        request = httpx.Request("GET", "http://localhost/_simulator/stats")
        response = await self.network.simulator.handle_async_request(request)
        await response.aread()
        return response.json()

    async def sent(self):
        """What the server accepted."""
        request = httpx.Request("GET", "http://localhost/_simulator/messages?limit=100000")
        response = await self.network.simulator.handle_async_request(request)
        await response.aread()
        return response.json()["messages"]

    async def newest(self, campaign):
        return [outcome async for outcome in self.ledger.outcomes(campaign.id)]


@pytest.fixture
def world():
    @asynccontextmanager
    async def make(ledger=None, **config):
        network = Network(Simulator(SimulatorConfig(**config), wall_clock).app)
        async with (
            AntsClient(
                "http://localhost",
                BasicAuth("demo", "demo"),
                transport=network,
                rate=None,
                timeout=30,
                retry=RetryPolicy(attempts=3),
                wall_clock=wall_clock,
            ) as client,
            ledger or MemoryLedger() as opened,
        ):
            yield World(client, opened, network)

    return make


def people(count, *, first=FIRST, shuffled=None):
    numbers = list(range(first, first + count))
    if shuffled is not None:
        random.Random(shuffled).shuffle(numbers)
    return [Recipient(str(number), fields={"name": f"n{number}"}) for number in numbers]
