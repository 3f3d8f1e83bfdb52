"""Leases: a chunk is one worker's at a time, and nobody writes for a chunk that another one has by now."""

import anyio
import psycopg
import pytest
from scaleout_world import CAMPAIGN, accepted, everybody, nothing, people, take

from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger import queries
from ants_async.dispatch.ledger.postgres import perform
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.dispatch.ledger.work import rows
from ants_async.errors import LeaseLost, LedgerError
from ants_async.scaleout.leases import LeasedLedger

UNANSWERED, TRACKED, CLOSED = ChunkState
QUICK = 0.03  # seconds of a lease: it is renewed at once


@pytest.fixture
async def chunk(world):
    """One of ten messages, that has not begun."""
    await world.scaleout.submit(CAMPAIGN, people(10))
    (key,) = await world.chunks()
    return key


@pytest.fixture
def leases(world):
    return world.leases()


class TestTaking:
    async def test_of_many_at_once_one_gets_it(self, world, chunk):
        found = []

        async def one():
            found.append(await world.leases().to_send(chunk))

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
        assert sum(taken is not None for taken in found) == 1

    async def test_what_is_taken_says_what_the_campaign_is(self, world, chunk, leases):
        taken = await leases.to_send(chunk)
        assert taken.campaign.campaign == CAMPAIGN
        assert taken.campaign.stores_texts

    async def test_another_one_is_refused_until_the_lease_is_over(self, world, chunk, leases):
        first = await leases.to_send(chunk)
        other = world.leases()
        assert await other.to_send(chunk) is None
        assert await leases.to_send(chunk) is None
        await world.expire(chunk)
        second = await other.to_send(chunk)
        assert second.fence > first.fence

    async def test_what_was_let_go_is_free_at_once(self, world, chunk, leases):
        await leases.to_send(chunk)
        await world.ledger.within(lambda connection: leases.let_go(connection, chunk))
        assert await world.leases().to_send(chunk) is not None

    async def test_it_is_not_taken_for_what_it_does_not_need(self, world, chunk, leases):
        assert await leases.to_ask(chunk) is None
        await world.work()
        assert await leases.to_send(chunk) is None

    async def test_a_chunk_that_is_not_there_is_nobodys(self, leases, world):
        assert await leases.to_send(4711) is None

    @pytest.mark.parametrize("state", [one for one in CampaignState if one is not CampaignState.RUNNING])
    async def test_only_a_running_campaign_begins_chunks(self, world, chunk, leases, state):
        await world.sql("UPDATE campaign SET state = %s", str(state))
        assert await leases.to_send(chunk) is None

    @pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.CANCELLED])
    async def test_what_has_begun_comes_to_its_end_in_any_campaign(self, world, chunk, leases, state):
        await world.sql("UPDATE campaign SET state = %s", str(state))
        await world.sql("UPDATE chunk SET attempted_at = 1")
        assert await leases.to_send(chunk) is not None

    async def test_who_waited_for_the_one_before_sees_what_that_one_wrote(self, world, chunk, leases):
        """The lease is over, and its late holder is just committing its answer: nobody has taken it yet."""
        taken = await leases.to_send(chunk)
        ledger = LeasedLedger(world.ledger, leases, taken, done_in=TRACKED, then=nothing)
        await world.expire(chunk)
        found = taken.found
        is_writing, may_commit, others = anyio.Event(), anyio.Event(), []

        async def hold(connection, key):
            is_writing.set()
            await may_commit.wait()

        ledger._then = hold

        async def another():
            others.append(await world.leases().to_send(chunk))

        async with anyio.create_task_group() as group:
            group.start_soon(ledger.answered, found, [accepted(found.messages)], 1.0)
            await is_writing.wait()
            group.start_soon(another)
            await world.until(world.somebody_waits)
            may_commit.set()
        assert others == [None]


class TestLateWriters:
    """Whose chunk was taken over is refused, and nothing of what it wrote is kept."""

    @staticmethod
    async def overtaken(world, chunk, state):
        _, taken, ledger = await world.leased(chunk, done_in=TRACKED if state is UNANSWERED else CLOSED)
        found = taken.found
        await world.expire(chunk)
        assert await take(world.leases(), chunk, state) is not None
        return taken, ledger, found

    @pytest.mark.parametrize(
        "write",
        [
            lambda ledger, taken, found: ledger.attempting(found, 1.0),
            lambda ledger, taken, found: ledger.attempting(found, None),
            lambda ledger, taken, found: ledger.answered(found, [accepted(found.messages)], 1.0),
            lambda ledger, taken, found: ledger.split(found),
            lambda ledger, taken, found: ledger.park(taken.campaign, found.key, "too late", 1.0),
        ],
        ids=["attempting", "not attempted", "answered", "split", "park"],
    )
    async def test_of_a_chunk_that_is_sent(self, world, chunk, write):
        taken, ledger, found = await self.overtaken(world, chunk, UNANSWERED)
        before = await world.snapshot()
        with pytest.raises(LeaseLost, match="taken over"):
            await write(ledger, taken, found)
        assert await world.snapshot() == before

    @pytest.mark.parametrize("write", ["record_final", "give_up"])
    async def test_of_a_chunk_that_is_asked_for(self, world, write):
        (chunk,) = await world.answered()
        taken, ledger, _ = await self.overtaken(world, chunk, TRACKED)
        world.clock.forward(100)
        entries = {entry.message_id: entry for entry in await world.client.logs.search(limit=100)}
        assert len(entries) == 10
        bulk = await world.ledger.within(lambda connection: perform(connection, queries.bulk(chunk)))
        before = await world.snapshot()
        with pytest.raises(LeaseLost):  # noqa: PT012 - one of two
            if write == "record_final":
                await ledger.record_final(taken.campaign, bulk, entries)
            else:
                await ledger.give_up(taken.campaign, chunk, "too late", 1.0)
        assert await world.snapshot() == before

    async def test_nor_may_it_hand_over_what_is_not_its_own(self, world, chunk):
        _, ledger, _ = await self.overtaken(world, chunk, UNANSWERED)
        before = await world.snapshot()
        with pytest.raises(LeaseLost):
            await ledger.hand_over(chunk, nothing)
        assert await world.snapshot() == before

    async def test_a_lease_that_is_over_and_that_nobody_took_is_still_good_for_writing(self, world, chunk):
        _, taken, ledger = await world.leased(chunk)
        await world.expire(chunk)
        found = taken.found
        assert await ledger.answered(found, [accepted(found.messages)], 1.0) is not None
        assert await world.state(chunk) is TRACKED

    async def test_nobody_takes_it_between_the_look_at_the_fence_and_the_commit(self, world, chunk):
        _, _, ledger = await world.leased(chunk)
        await world.expire(chunk)

        def slow():
            yield from rows("SELECT pg_advisory_xact_lock(1)")

        await world.sql("SELECT pg_advisory_lock(1)")
        async with anyio.create_task_group() as group:
            group.start_soon(ledger._fenced, chunk, slow)
            await world.until(world.somebody_waits)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await world.sql("SELECT FROM lease WHERE chunk = %s FOR UPDATE NOWAIT", chunk)
            await world.sql("SELECT pg_advisory_unlock(1)")


class TestKeeping:
    async def test_renewals_keep_it(self, world, chunk):
        leases = world.leases(QUICK)
        taken = await leases.to_send(chunk)
        first = await world.value("SELECT until FROM lease")

        async def is_renewed():
            return await world.value("SELECT until > %s FROM lease", first)

        async with leases.kept({chunk: taken.fence}):
            await world.until(is_renewed)

    async def test_a_lost_one_ends_the_work(self, world, chunk):
        leases = world.leases(QUICK)
        taken = await leases.to_send(chunk)
        with anyio.fail_after(30), pytest.raises(LeaseLost, match=f"chunks {chunk}"):  # noqa: PT012
            async with leases.kept({chunk: taken.fence}):
                await world.sql("UPDATE lease SET fence = fence + 1, owner = 'another'")
                await anyio.sleep_forever()

    async def test_while_one_is_left_the_work_goes_on(self, world):
        await world.scaleout.submit(CAMPAIGN, people(20))
        leases = world.leases(QUICK)
        lost, kept = [await leases.to_send(chunk) for chunk in await world.chunks()]
        await world.sql("UPDATE lease SET fence = fence + 1 WHERE chunk = %s", lost.key)
        first = await world.value("SELECT until FROM lease WHERE chunk = %s", kept.key)

        async def is_renewed_twice():
            return await world.value(
                "SELECT until > %s::timestamptz + interval '20 ms' FROM lease WHERE chunk = %s",
                first,
                kept.key,
            )

        async with leases.kept({lost.key: lost.fence, kept.key: kept.fence}):
            await world.until(is_renewed_twice)

    async def test_what_was_let_go_a_moment_ago_is_no_loss(self, world, chunk):
        """It is let go in the database, and those who renew do not know it yet."""
        leases = world.leases(QUICK)
        taken = await leases.to_send(chunk)
        await world.ledger.within(lambda connection: leases.let_go(connection, chunk))
        renewals, within = [], world.ledger.within

        async def counted(do):
            renewals.append(await within(do))
            return renewals[-1]

        async def are_several():
            return len(renewals) > 2

        leases._ledger = type("Counted", (), {"within": staticmethod(counted)})
        async with leases.kept({chunk: taken.fence}):
            await world.until(are_several)
        assert await world.is_free(chunk)

    async def test_an_error_of_the_work_is_raised_as_it_is(self, world, chunk, leases):
        taken = await leases.to_send(chunk)
        with pytest.raises(LedgerError, match="of the work"):
            async with leases.kept({chunk: taken.fence}):
                raise LedgerError("of the work")


class TestHalves:
    async def test_both_are_ours_and_nobody_elses(self, world, chunk, leases):
        taken = await leases.to_send(chunk)
        ledger = LeasedLedger(world.ledger, leases, taken, done_in=TRACKED, then=nothing)
        halves = await ledger.split(taken.found)
        assert [len(half.messages) for half in halves] == [5, 5]
        for half in halves:
            assert await world.leases().to_send(half.key) is None
        for half in halves:
            await ledger.attempting(half, 1.0)
            await ledger.answered(half, [accepted(half.messages)], 1.0)
            assert await world.is_free(half.key)
        assert not ledger.fences
        assert {outcome.to for outcome in await world.newest()} == set(everybody(10))

    async def test_both_are_renewed(self, world, chunk):
        leases = world.leases(QUICK)
        taken = await leases.to_send(chunk)
        ledger = LeasedLedger(world.ledger, leases, taken, done_in=TRACKED, then=nothing)
        await ledger.split(taken.found)
        first = await world.value("SELECT max(until) FROM lease")

        async def are_renewed():
            return await world.value("SELECT min(until) > %s FROM lease", first)

        async with leases.kept(ledger.fences):
            await world.until(are_renewed)

    async def test_each_can_be_lost_by_itself(self, world, chunk, leases):
        taken = await leases.to_send(chunk)
        ledger = LeasedLedger(world.ledger, leases, taken, done_in=TRACKED, then=nothing)
        head, tail = await ledger.split(taken.found)
        await world.expire(tail.key)
        assert await world.leases().to_send(tail.key) is not None
        with pytest.raises(LeaseLost):
            await ledger.answered(tail, [accepted(tail.messages)], 1.0)
        assert await ledger.answered(head, [accepted(head.messages)], 1.0) is not None
