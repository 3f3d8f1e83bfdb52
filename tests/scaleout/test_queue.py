"""Jobs: deferred in the transaction at hand, noted at their chunks, and fair to every campaign."""

from collections import Counter

import pytest
from scaleout_world import CAMPAIGN, FIRST, SMALL, people

from ants_async.dispatch import Campaign
from ants_async.scaleout.queue import SEND_QUEUE, Look

OTHER = Campaign("other", text="Hi", sender="ANTS")


async def single(world, campaign, count, *, first=FIRST):
    """A campaign of so many chunks."""
    scaleout = await world.open(chunk_size=1)
    await scaleout.submit(campaign, people(count, first=first))


async def order(world, most=1000):
    """Whose chunks are sent, in their order."""
    found = await world.sql(
        "SELECT chunk.key, campaign.id FROM chunk JOIN campaign ON campaign.key = chunk.campaign"
    )
    owners = dict(found)
    fetched = []
    while len(fetched) < most and (job := await world.fetch(SEND_QUEUE)) is not None:
        fetched.append(owners[job.task_kwargs["chunk"]])
    return fetched


class TestTurns:
    async def test_a_campaigns_chunks_come_in_the_order_of_its_list(self, world):
        await single(world, CAMPAIGN, 50)
        chunks = await world.chunks()
        fetched = [(await world.fetch(SEND_QUEUE)).task_kwargs["chunk"] for _ in chunks]
        assert fetched == chunks

    async def test_a_small_campaign_does_not_wait_for_all_of_a_large_one(self, world):
        await single(world, CAMPAIGN, 100)
        await order(world, 10)
        await single(world, SMALL, 1)
        assert "small" in await order(world, 3)

    async def test_nor_does_a_small_one_that_comes_first_of_all(self, world):
        await single(world, CAMPAIGN, 100)
        await single(world, SMALL, 1)
        assert "small" in await order(world, 3)

    async def test_two_large_ones_take_turns(self, world):
        await single(world, CAMPAIGN, 40)
        await single(world, OTHER, 40)
        fetched = await order(world)
        assert len(fetched) == 80
        for start in range(0, 80, 10):
            assert Counter(fetched[start : start + 10]) == {"songkran": 5, "other": 5}

    async def test_whoever_comes_later_does_not_overtake_for_ever(self, world):
        await single(world, CAMPAIGN, 60)
        await order(world, 20)
        await single(world, OTHER, 40)
        fetched = await order(world)
        for start in range(0, 70, 10):
            assert Counter(fetched[start : start + 10])["songkran"] >= 4

    async def test_a_list_that_is_read_in_pieces_keeps_its_turns(self, world):
        """More than are stored at once, while another campaign is being sent."""
        await single(world, OTHER, 60)
        await single(world, CAMPAIGN, 60)
        fetched = await order(world)
        for start in range(0, 120, 10):
            assert Counter(fetched[start : start + 10])["songkran"] == 5

    async def test_with_nothing_in_the_queue_turns_begin_anew(self, world):
        turn = world.queue.turn
        assert await world.ledger.within(turn) == 0
        assert await world.ledger.within(lambda connection: turn(connection, after=7)) == 0

    async def test_otherwise_they_begin_with_the_one_at_hand(self, world):
        await single(world, CAMPAIGN, 10)
        await order(world, 4)
        assert await world.ledger.within(world.queue.turn) == 4
        assert await world.ledger.within(lambda there: world.queue.turn(there, after=1)) == 4
        assert await world.ledger.within(lambda there: world.queue.turn(there, after=7)) == 8

    async def test_jobs_of_later_and_reports_hold_no_turn(self, world):
        await single(world, CAMPAIGN, 10)
        await order(world, 4)
        await world.sql(
            "UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = now() + interval '1 hour'"
            " WHERE priority = 0"
        )
        assert await world.ledger.within(world.queue.turn) == 4


class TestJobs:
    async def test_they_are_noted_at_their_chunks(self, world):
        await single(world, CAMPAIGN, 5)
        noted = await world.sql("SELECT chunk, job FROM lease ORDER BY chunk")
        assert noted == [(job.args["chunk"], job.id) for job in await world.jobs("send")]
        assert len(noted) == 5

    async def test_reports_are_asked_for_when_the_wait_is_over(self, world):
        (chunk,) = await world.answered(10)
        look = Look(wait=1000, quiet_since=7.0, ask_logs=True)
        await world.ledger.within(lambda connection: world.queue.track(connection, chunk, look))
        job = (await world.jobs("track"))[-1]
        assert 900 < job.due_in <= 1001
        assert job.args == {"chunk": chunk, "wait": 1000, "quiet_since": 7.0, "ask_logs": True}
        assert await world.value("SELECT job FROM lease") == job.id

    async def test_they_are_not_there_when_the_transaction_fails(self, world):
        (chunk,) = await world.answered(10)
        before = await world.snapshot()

        async def fail(connection):
            await world.queue.send(connection, [chunk], 0)
            await world.queue.track(connection, chunk, Look(wait=0, quiet_since=0))
            await world.queue.look_up(connection, chunk, Look(wait=0, quiet_since=0))
            await world.queue.read(connection, 1, CAMPAIGN.id)
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await world.ledger.within(fail)
        assert await world.snapshot() == before

    async def test_none_has_a_lock_or_a_queueing_lock(self, world):
        await world.answered(10)
        await world.scaleout.submit(SMALL, None, source="list")
        assert await world.value("SELECT count(*) FROM procrastinate_jobs") == 2
        assert not await world.sql("SELECT FROM procrastinate_jobs WHERE lock <> '' OR queueing_lock <> ''")
