"""One suite for all ledgers: what is asked of one is asked of each."""

from functools import partial

import pytest
from postgres_server import database, postgres

from ants_async.dispatch import MemoryLedger, PostgresLedger, SqliteLedger

__all__ = ["database", "postgres"]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def make_ledger(request, tmp_path):
    """Makes ledgers that are not open yet, those that are durable at the same place each time."""
    if request.param == "memory":
        return MemoryLedger
    if request.param == "sqlite":
        return partial(SqliteLedger, tmp_path / "ledger.db")
    url = request.getfixturevalue("database")
    await PostgresLedger(url).migrate()
    return partial(PostgresLedger, url)


@pytest.fixture
async def url(database):
    """The address of a database with the ledger's tables."""
    await PostgresLedger(database).migrate()
    return database


@pytest.fixture
async def ledger(make_ledger):
    """One that is open."""
    async with make_ledger() as opened:
        yield opened
