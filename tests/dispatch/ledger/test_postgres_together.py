"""Several processes in one PostgreSQL: one waits for the other where they meet, and nowhere else.

One of them is stopped in the middle of its transaction, so that nothing here hangs on who is faster.
"""

import asyncio
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest
from ledger_work import (
    CAMPAIGN,
    NUMBERS,
    accepted,
    begun,
    counts,
    messages,
    opened,
    report,
    reports,
    told,
    tracked,
)
from psycopg import errors

from ants_async.dispatch import Campaign, CampaignState, PostgresLedger
from ants_async.dispatch.ledger import chunks, postgres, settling
from ants_async.dispatch.ledger.work import Statement, run
from ants_async.errors import LedgerError, LedgerInUse


@pytest.fixture
async def ledger(url):
    async with PostgresLedger(url) as one:
        yield one


@pytest.fixture
async def other(url):
    """Another process's."""
    async with PostgresLedger(url) as one:
        yield one


@asynccontextmanager
async def in_the_middle(ledger, *works):
    """Work that is done and not committed; it is when the block ends. Gives the connection."""
    reached, goes_on = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def do(connection):
        for work in works:
            await postgres.perform(connection, work)
        reached.set_result(connection)
        await goes_on.wait()

    task = asyncio.create_task(ledger.within(do))
    await asyncio.wait({task, reached}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield await reached
    finally:
        goes_on.set()
        await task


async def waits(url, task):
    """That a call waits for somebody's lock; False where it came to its end."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while not task.done():
            found = await connection.execute(
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if await found.fetchone() is not None:
                return True
    return False


class TestOneWaits:
    async def test_two_who_end_a_bulk_together_see_that_it_has_ended(self, ledger, other, url):
        work, chunk, bulk = await tracked(ledger)
        await ledger.settle(work, bulk, reports(chunk, [0]))  # so that its status is known
        first = settling.settle_pushed([report(chunk, place) for place in range(1, 5)])
        async with in_the_middle(other, first):
            second = asyncio.create_task(ledger.pushed([report(chunk, place) for place in range(5, 10)]))
            assert await waits(url, second)
        assert [(len(one.outcomes), one.left) for one in (await second).bulks] == [(5, 0)]
        assert await ledger.bulks(work.key) == []
        assert await counts(ledger) == (0, 0, 0, 10, 0)

    async def test_a_report_that_another_one_has_just_settled_counts_once(self, ledger, other, url):
        work, chunk, bulk = await tracked(ledger)
        async with in_the_middle(other, settling.settle_pushed([report(chunk, 3), report(chunk, 4)])):
            second = asyncio.create_task(ledger.settle(work, bulk, reports(chunk, [4, 5])))
            assert await waits(url, second)
        outcomes, left = await second
        assert ([one.to for one in outcomes], left) == ([NUMBERS[5]], 7)

    async def test_an_answer_waits_for_what_is_settled_and_takes_nothing_back(self, ledger, other, url):
        _, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 0, 4)], 3.0)
        async with in_the_middle(other, settling.settle_pushed([report(chunk, 0)])):
            second = asyncio.create_task(ledger.answered(chunk, [accepted(chunk)], 4.0))
            assert await waits(url, second)
        assert await second is not None
        assert await counts(ledger) == (0, 9, 0, 1, 0)

    async def test_reports_of_several_chunks_take_them_in_one_order(self, ledger, other, url):
        work = await opened(ledger)
        some = [await ledger.begin(work, messages(), 2.0) for _ in range(3)]
        for chunk in some:
            await ledger.answered(chunk, [accepted(chunk)], 3.0)
        for there in (some, some[::-1]):
            async with in_the_middle(other, chunks.chunk_row(some[0].key)) as connection:
                pushed = asyncio.create_task(ledger.pushed([report(chunk, 0) for chunk in there]))
                assert await waits(url, pushed)
                await connection.execute("SELECT FROM chunk WHERE key > %s FOR UPDATE NOWAIT", (some[0].key,))
            await pushed
        assert await counts(ledger) == (0, 27, 0, 3, 0)

    async def test_chunks_begun_at_once_stand_one_after_the_other_also_when_they_are_divided(
        self, ledger, other, url
    ):
        work = await opened(ledger)
        numbers = [str(66_800_000_100 + n) for n in range(10)]
        async with in_the_middle(other, chunks.begin(work, [messages()], 2.0)):
            second = asyncio.create_task(ledger.begin(work, messages(numbers=numbers, first_row=11), 2.0))
            assert await waits(url, second)
        await second
        for key in await ledger.unanswered(work.key):
            for half in await ledger.split(await ledger.chunk(work, key)):
                await ledger.answered(half, [accepted(half)], 3.0)
        assert [one.to for one in await told(ledger)] == [*NUMBERS, *numbers]

    async def test_another_campaign_waits_for_nobody(self, ledger, other):
        work, apart = await opened(ledger), await opened(ledger, Campaign("other"))
        async with in_the_middle(other, chunks.begin(work, [messages()], 2.0)):
            chunk = await ledger.begin(apart, messages(apart.campaign), 2.0)
            await ledger.answered(chunk, [accepted(chunk)], 3.0)
            assert await counts(ledger) == (0, 0, 0, 0, 0)


class TestTriedAgain:
    @pytest.mark.parametrize("code", ["40P01", "40001", "23505"])
    async def test_what_met_another_transaction_begins_anew(self, ledger, code):
        tries = iter(range(10))

        async def meets(connection):
            await connection.execute("CREATE TABLE here (i INT)")
            if next(tries) < 4:
                await connection.execute(f"DO $$ BEGIN RAISE SQLSTATE '{code}'; END $$")
            return "done"

        assert await ledger.within(meets) == "done"
        assert next(tries) == 5

    async def test_what_meets_others_for_ever_is_an_error_of_the_ledger(self, ledger):
        tries = iter(range(100))

        async def meets(_):
            next(tries)
            raise errors.DeadlockDetected

        with pytest.raises(LedgerError, match="PostgreSQL"):
            await ledger.within(meets)
        assert next(tries) == 5


async def of_the_chunk(ledger, work, bulk):
    return [one.to for one in (await ledger.chunk(work, bulk.key)).messages]


async def of_those_begun_before(ledger, work, _):
    return [one for one in await told(ledger, work.campaign) if one.to in NUMBERS]


LOOKS = {
    "counts": lambda ledger, work, _: counts(ledger, work.campaign),
    "outcomes": of_those_begun_before,
    "waiting": lambda ledger, work, bulk: ledger.waiting(work, bulk),
    "chunk": of_the_chunk,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_a_look_sees_one_moment_whatever_is_written_meanwhile(ledger, other, monkeypatch, look):
    """Between any two statements of the look another process answers, divides and begins chunks."""

    async def divide(work, key):
        chunk = await other.chunk(work, key)
        await other.answered(chunk, [accepted(chunk, 0, 0)], 4.0)
        await other._run(chunks.split, await other.chunk(work, key))
        one_more = messages(work.campaign, ["66800000099"], first_row=11)
        (more,) = await other._run(chunks.begin, work, [one_more], 5.0)
        await other.answered(more, [accepted(more)], 6.0)

    async def seen_at(statement):
        """Before, between, and after; the last None where a look has no so many statements."""
        steps = iter(range(1000))
        work, chunk = await begun(ledger, Campaign(f"c{statement}"))
        await ledger.answered(chunk, [accepted(chunk, 6, 9)], 3.0)
        (bulk,) = await ledger.bulks(work.key)
        before = await look(ledger, work, bulk)

        async def rows(connection, step):
            found = await real(connection, step)
            if next(steps) == statement:
                monkeypatch.setattr(postgres, "_rows", real)
                await divide(work, chunk.key)
            return found

        monkeypatch.setattr(postgres, "_rows", rows)
        between = await look(ledger, work, bulk)
        monkeypatch.setattr(postgres, "_rows", real)
        return before, between, await look(ledger, work, bulk) if next(steps) > statement else None

    real = postgres._rows
    statement, changed = 0, 0
    while True:
        before, between, after = await seen_at(statement)
        if after is None:
            break
        assert between in (before, after)
        statement += 1
        changed += before != after
    assert statement > 3
    assert changed


class TestHolding:
    async def test_of_two_who_begin_a_campaign_at_once_one_does(self, ledger, other):
        for some in ([ledger, ledger], [ledger, other]):
            found = await asyncio.gather(*(opened(one) for one in some), return_exceptions=True)
            (work,) = [one for one in found if not isinstance(one, LedgerInUse)]
            await some[found.index(work)].close_campaign(work.key, CampaignState.FINISHED, None)

    async def test_what_was_submitted_to_workers_is_theirs_and_not_interrupted(self, ledger, other, url):
        async with PostgresLedger(url) as one:
            await opened(one)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE ants_async.campaign SET by_workers = TRUE")
        with pytest.raises(LedgerInUse, match="submitted to workers"):
            await opened(ledger)
        assert (await ledger.summary(CAMPAIGN.id)).state is CampaignState.RUNNING
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE ants_async.campaign SET by_workers = FALSE")
        await opened(other)  # who was refused holds nothing

    async def test_one_that_ends_while_it_is_looked_at_was_not_interrupted(self, ledger, other, monkeypatch):
        work = await opened(ledger)
        real = other.at_work

        async def late(*args):
            await ledger.close_campaign(work.key, CampaignState.FINISHED, None)
            return await real(*args)

        monkeypatch.setattr(other, "at_work", late)
        assert (await other.summary(CAMPAIGN.id)).state is CampaignState.FINISHED

    async def test_a_cancelled_opening_holds_nothing(self, ledger, other):
        for turns in range(60):
            task = asyncio.create_task(opened(ledger))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await ledger.close_campaign((await task).key, CampaignState.INTERRUPTED, None)
            work = await opened(other)
            await other.close_campaign(work.key, CampaignState.INTERRUPTED, None)


class TestCancelled:
    async def test_what_has_begun_comes_to_its_end(self, ledger, other, url):
        work = await opened(ledger)
        async with in_the_middle(other, chunks.begin(work, [messages()], 2.0)):
            task = asyncio.create_task(ledger.begin(work, messages(), 2.0))
            assert await waits(url, task)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await ledger.summary(CAMPAIGN.id)).planned == 20
        await all_are_back(ledger)

    async def test_what_fails_leaves_nothing_and_no_connection_is_lost(self, ledger):
        def fails():
            yield from run("CREATE TABLE here (i INT)")
            yield Statement("SELECT 1 / 0")

        for _ in range(20):
            with pytest.raises(LedgerError, match="division by zero"):
                await ledger._run(fails)
        await all_are_back(ledger)


async def all_are_back(ledger):
    """Every connection of the pool can be had at once."""
    most = ledger.pool.max_size
    there = asyncio.Barrier(most)

    async def have(connection):
        await connection.execute("SELECT 1")
        await there.wait()

    async with asyncio.timeout(30):
        await asyncio.gather(*(ledger.within(have) for _ in range(most)))


SECRETS = ["postgresql://u:hunter2 x@host/db", "password=hunter2 nonsense", "postgresql://u:hunter2@[/db"]


@pytest.mark.parametrize("url", SECRETS)
async def test_an_address_that_cannot_be_read_is_told_at_once_and_quoted_nowhere(url, caplog):
    ledger = PostgresLedger(url)
    for door in (ledger.migrate, ledger.__aenter__):
        with pytest.raises(LedgerError, match="address cannot be read") as refused:
            await door()
        assert "hunter2" not in f"{refused.value!r} {ledger!r} {caplog.text}"
