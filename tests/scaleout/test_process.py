"""A worker process serves both queues, whatever happens to its database."""

import asyncio
import signal
from contextlib import asynccontextmanager, suppress

import pytest
from postgres_server import local_postgres
from procrastinate.exceptions import ConnectorException
from scaleout_world import CAMPAIGN, people

from ants_async import AntsClient, BasicAuth, Family
from ants_async.errors import LedgerError, ValidationError
from ants_async.scaleout import ScaleOut, work
from ants_async.simulator import SimulatorConfig, running


@asynccontextmanager
async def at_work(scaleout, base_url):
    """A worker in this process, stopped gently."""
    async with AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as client:
        task = asyncio.create_task(work(scaleout, client, concurrency=4))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_from_submission_to_the_end_and_stopped_without_a_trace(migrated_database):
    async with (
        running(SimulatorConfig(delivery_time=0.0)) as base_url,
        ScaleOut(migrated_database, chunk_size=10) as scaleout,
    ):
        campaign = await scaleout.submit(CAMPAIGN, people(100))
        async with at_work(scaleout, base_url):
            assert (await campaign.finished(poll=0.05)).final == 100
        assert not [task for task in asyncio.all_tasks() if "worker of" in task.get_name()]


async def test_stopped_it_begins_nothing_more_and_does_not_wait_for_its_turns(migrated_database):
    async with (
        running(SimulatorConfig(delivery_time=0.0)) as base_url,
        ScaleOut(migrated_database, chunk_size=10) as scaleout,
        AntsClient(base_url, BasicAuth("demo", "demo"), rate={Family.SEND: "1/1000s"}) as client,
    ):
        campaign = await scaleout.submit(CAMPAIGN, people(100))
        working = asyncio.create_task(work(scaleout, client, grace=1000.0))
        async with campaign.outcomes(poll=0.05) as stream:
            ended = (outcome async for outcome in stream if outcome.is_last)
            for _ in range(10):
                await anext(ended)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(working, 100.0)
        summary = await campaign.summary()
        assert (summary.final, summary.planned, summary.unclear) == (10, 90, 0)


async def test_it_needs_a_place_to_work_at(migrated_database):
    async with ScaleOut(migrated_database) as scaleout:
        with pytest.raises(ValidationError, match="concurrency"):
            await work(scaleout, None, concurrency=0)


async def test_it_goes_on_when_the_database_comes_back():
    with local_postgres(durable=False) as server:
        scaleout = ScaleOut(server.url(), chunk_size=10, lease=1.0)
        await scaleout.migrate()
        async with running(SimulatorConfig(delivery_time=0.0)) as base_url, scaleout:
            campaign = await scaleout.submit(CAMPAIGN, people(100))
            async with at_work(scaleout, base_url):
                await asyncio.to_thread(server.stop, signal.SIGQUIT)
                await asyncio.to_thread(server.start)
                while True:
                    with suppress(LedgerError):  # connections from before are found out one by one
                        assert (await campaign.finished(poll=0.05)).final == 100
                        break


@pytest.mark.parametrize("ends", [ConnectorException("away"), None], ids=["away", "by itself"])
async def test_a_queue_that_swallows_its_cancellation_ends_all_the_same(world, monkeypatch, ends):
    """Procrastinate waits for its loop when it is cancelled; what that raises comes in place of the news."""
    begun = asyncio.Event()

    async def run_worker_async(**_):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if ends is not None:
                raise ends from None

    monkeypatch.setattr(world.scaleout.app, "run_worker_async", run_worker_async)
    working = asyncio.create_task(work(world.scaleout, world.client))
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
