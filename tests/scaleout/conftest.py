"""A PostgreSQL with the tables of what workers share, a clock that stands still, and a world around it."""

from contextlib import AsyncExitStack

import psycopg
import pytest
from postgres_server import _template, database, migrated_database, postgres
from psycopg_pool import AsyncConnectionPool
from scaleout_world import CAMPAIGN, World, people
from scaleout_world import Clock as ApiClock

from ants_async.scaleout.rates import RATE_TABLES
from ants_async.simulator import Simulator, SimulatorConfig, running

__all__ = ["_template", "database", "migrated_database", "postgres"]


class Clock:
    """The database's clock, as SQL and as a number: it moves when a test says so."""

    SQL = "(SELECT now FROM test_clock)"

    def __init__(self, url):
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("CREATE TABLE test_clock (now double precision)")
        self._connection.execute("INSERT INTO test_clock VALUES (1e9)")
        self.now = 1e9

    def move(self, seconds):
        self.now += seconds
        self._connection.execute("UPDATE test_clock SET now = %s", (self.now,))

    def close(self):
        self._connection.close()


@pytest.fixture
async def pool(database):
    async with AsyncConnectionPool(database, open=False, min_size=1, max_size=8) as pool:
        async with pool.connection() as connection:
            await connection.execute(RATE_TABLES)
        yield pool


@pytest.fixture
def clock(database, pool):
    clock = Clock(database)
    yield clock
    clock.close()


@pytest.fixture
async def world(migrated_database):
    """Reports come when the test moves the API's clock forward."""
    clock = ApiClock()
    simulator = Simulator(SimulatorConfig(delivery_time=50, flooding_filter=False), clock)
    async with running(simulator) as base_url, AsyncExitStack() as stack:
        made = World(migrated_database, base_url, clock, stack)
        await made.begin()
        yield made


@pytest.fixture
async def campaign(world):
    """One chunk of ten, that has not begun."""
    return await world.scaleout.submit(CAMPAIGN, people(10))
