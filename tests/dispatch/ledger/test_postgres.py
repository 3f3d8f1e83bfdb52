"""What is PostgreSQL's own: several processes, tables that have a version, a server that goes away."""

import asyncio
import random
import signal
import sqlite3

import psycopg
import pytest
from engine_world import people
from ledger_work import CAMPAIGN, NUMBERS, accepted, begun, messages, opened, report, reports
from postgres_server import local_postgres

from ants_async import AntsClient, BasicAuth
from ants_async.dispatch import Campaign, CampaignState, Dispatcher, PostgresLedger
from ants_async.dispatch.ledger import chunks
from ants_async.dispatch.ledger.migrations import LEDGER
from ants_async.dispatch.ledger.postgres import perform
from ants_async.dispatch.ledger.schema import SCHEMA
from ants_async.errors import LedgerDamaged, LedgerError, LedgerInUse
from ants_async.simulator import SimulatorConfig, running


@pytest.fixture
async def ledger(url):
    async with PostgresLedger(url) as one:
        yield one


class TestTables:
    async def test_are_made_once(self, database):
        steps = await asyncio.gather(*(PostgresLedger(database).migrate() for _ in range(3)))
        assert sorted(steps) == [0, 0, len(LEDGER)]

    async def test_that_are_missing_are_told_with_what_makes_them(self, database):
        with pytest.raises(LedgerError, match="ants-async database migrate"):
            async with PostgresLedger(database):
                pass

    async def test_of_a_newer_version_are_left_alone(self, url):
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE ants_async.version SET steps = 99")
        with pytest.raises(LedgerError, match="newer version"):
            async with PostgresLedger(url):
                pass
        with pytest.raises(LedgerError, match="newer version"):
            await PostgresLedger(url).migrate()

    async def test_have_the_columns_of_sqlites(self, url):
        file = sqlite3.connect(":memory:")
        file.executescript(SCHEMA)
        own = {"told_in", "told_as", "told_of", "by_workers", "opened"}
        with psycopg.connect(url) as connection:
            for (table,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                columns = {name for _, name, *_ in file.execute(f"PRAGMA table_info({table})")}
                sealed = {"seal"} if table in {"campaign", "chunk"} else set()
                found = connection.execute(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_schema = 'ants_async' AND table_name = %s",
                    (table,),
                ).fetchall()
                assert {name for (name,) in found} - own == columns - sealed
        file.close()


def test_it_shows_where_it_is_but_no_password():
    shown = repr(PostgresLedger("postgresql://ants:hunter2@db.example/ants"))
    assert "db.example" in shown
    assert "hunter2" not in shown
    assert "hunter2" not in repr(PostgresLedger("host=db password='hunter2"))


async def test_a_server_that_is_not_there_is_an_error_of_the_ledger():
    with pytest.raises(LedgerError, match="PostgreSQL"):
        async with PostgresLedger("host=127.0.0.1 port=1"):
            pass


async def test_two_processes_settle_the_same_chunk_and_count_nobody_twice(ledger, url):
    work, chunk = await begun(ledger)
    bulk = await ledger.answered(chunk, [accepted(chunk)], 3.0)
    said = [report(chunk, place) for place in range(10)]
    async with PostgresLedger(url) as other:
        found = await asyncio.gather(
            *(one.pushed(random.Random(n).sample(said, 10)) for n, one in enumerate([ledger, other] * 5)),
            *(
                one.settle(work, bulk, reports(chunk, range(n, 10)))
                for n, one in enumerate([ledger, other] * 3)
            ),
        )
    told = [bulk.outcomes for pushed in found[:10] for bulk in pushed.bulks] + [one for one, _ in found[10:]]
    assert sorted(outcome.to for some in told for outcome in some) == NUMBERS
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.final, summary.total) == (10, 10)


async def test_reports_of_two_chunks_in_opposite_orders_do_not_block_each_other(ledger, url):
    work = await opened(ledger)
    chunks = []
    for _ in range(2):
        chunk = await ledger.begin(work, messages(), 2.0)
        await ledger.answered(chunk, [accepted(chunk)], 3.0)
        chunks.append(chunk)
    async with PostgresLedger(url) as other:
        there = [report(chunk, place) for place in range(10) for chunk in chunks]
        await asyncio.gather(
            *(one.pushed(some) for one, some in [(ledger, there), (other, there[::-1])] * 10)
        )
    assert (await ledger.summary(CAMPAIGN.id)).final == 20


async def _end_sessions_with_locks(url, other):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    while await other.at_work([CAMPAIGN.id]):
        pass  # until the server has ended that session


async def test_who_lost_its_lock_with_a_connection_begins_nothing_and_leaves_the_state_alone(ledger, url):
    work = await opened(ledger)
    chunk = await ledger.begin(work, messages(), 2.0)
    async with PostgresLedger(url) as other:
        await _end_sessions_with_locks(url, other)
        await opened(other)
        for doing in (
            ledger.begin(work, messages(), 3.0),
            ledger.attempting(chunk, 3.0),
            ledger.attempting(chunk, None),
            ledger.split(chunk),
            ledger.source_read(work.key),
            ledger.replace_left_out(work.key, [], first=True),
        ):
            with pytest.raises(LedgerInUse, match="somebody else"):
                await doing
        await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
        summary = await other.summary(CAMPAIGN.id)
        assert (summary.state, summary.planned) == (CampaignState.RUNNING, 10)


async def test_who_lost_its_lock_goes_on_where_nobody_has_taken_over(ledger, url):
    work = await opened(ledger)
    async with PostgresLedger(url) as other:
        await _end_sessions_with_locks(url, other)
        assert await ledger.begin(work, messages(), 2.0)


async def test_who_takes_over_waits_for_what_is_being_written_and_sees_it(ledger, url):
    work = await opened(ledger)
    async with PostgresLedger(url) as other:

        async def slowly(connection):
            await ledger.check_held(connection, work.key)
            await _end_sessions_with_locks(url, other)
            taking.append(asyncio.create_task(opened(other)))
            while not await _somebody_waits(url):
                pass
            return await perform(connection, chunks.begin(work, [messages()], 2.0))

        taking = []
        await ledger.within(slowly)
        await taking[0]
        assert (await other.summary(CAMPAIGN.id)).planned == 10


async def _somebody_waits(url):
    waiting = "SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')"
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        return await (await connection.execute(waiting)).fetchone() is not None


async def test_after_a_long_outage_a_connection_is_tried_at_once(ledger):
    """By itself the pool waits for minutes by then, twice as long each time."""
    assert ledger.pool.reconnect_timeout <= ledger.pool.timeout


async def test_when_a_process_died_its_campaign_is_interrupted_and_another_goes_on(ledger, url):
    await begun(ledger)
    async with PostgresLedger(url) as other:
        with pytest.raises(LedgerInUse):
            await opened(other)
        await _end_sessions_with_locks(url, other)
        assert (await other.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
        work = await opened(other)
        assert len((await other.chunk(work, 1)).messages) == 10


async def test_damage_is_noticed_before_a_campaign_goes_on(ledger, url):
    work, _ = await begun(ledger)
    await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE ants_async.planned SET numbers = replace(numbers, '00', '01')")
    with pytest.raises(LedgerDamaged):
        await opened(ledger)


async def test_a_cancelled_call_is_done_or_not_and_costs_no_connection(url):
    async with PostgresLedger(url, connections=2) as ledger:
        work = await opened(ledger)
        for turns in range(40):
            task = asyncio.create_task(ledger.begin(work, messages(), 2.0))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
        summary = await ledger.summary(CAMPAIGN.id)
        assert summary.total == 10 * len(await ledger.unanswered(work.key)) > 0


async def test_after_a_restart_of_the_server_it_works_again():
    with local_postgres(durable=False) as server:
        ledger = PostgresLedger(server.url())
        await ledger.migrate()
        async with ledger:
            assert await ledger.campaigns() == []
            await asyncio.to_thread(server.stop, signal.SIGQUIT)
            with pytest.raises(LedgerError):
                await PostgresLedger(server.url()).migrate()
            await asyncio.to_thread(server.start)
            assert await ledger.campaigns() == []


async def test_a_campaign_is_stopped_and_goes_on_in_another_process(url):
    campaign = Campaign("songkran", text="Hi {name}", sender="ANTS")
    async with (
        running(SimulatorConfig(delivery_time=0.0)) as base_url,
        AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as client,
    ):
        async with PostgresLedger(url) as ledger:
            stream = Dispatcher(client, ledger, chunk_size=20).run(campaign, people(200))
            await anext(stream)
            await stream.aclose()
        async with PostgresLedger(url) as ledger:
            async for _ in Dispatcher(client, ledger, chunk_size=20).run(campaign, people(200, shuffled=1)):
                pass
            summary = await ledger.summary(campaign.id)
        assert (summary.state, summary.final) == (CampaignState.FINISHED, 200)
        assert len(await client.logs.search(limit=1000)) == 200
