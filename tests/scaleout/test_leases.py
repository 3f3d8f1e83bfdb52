"""A chunk has one runner, and a late writer is refused."""

import pytest
from scaleout.world import CAMPAIGN

from ants_async.dispatch.answers import refused
from ants_async.dispatch.ledger.protocol import Bulk
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.errors import LeaseLost
from ants_async.scaleout.leases import LeasedLedger, Leases

OVER = "UPDATE lease SET until = '-infinity'"


@pytest.fixture
async def chunk(world):
    await world.submit(10)
    ((key,),) = await world.sql("SELECT key FROM chunk")
    return key


async def nothing_more(connection, chunk):
    """What comes next is not of interest."""


async def taken(world, chunk, state=ChunkState.UNANSWERED):
    """A ledger for the chunk in the hands of another worker."""
    leases = Leases(world.scaleout.ledger, 30.0)
    found = await leases.take(chunk, state)
    return LeasedLedger(world.scaleout.ledger, leases, found, done_in=state, then=nothing_more), found


async def test_whoever_comes_second_gets_nothing(world, chunk):
    await taken(world, chunk)
    assert await Leases(world.scaleout.ledger, 30.0).take(chunk, ChunkState.UNANSWERED) is None


async def test_a_lease_that_is_over_is_another_ones(world, chunk):
    await taken(world, chunk)
    await world.sql(OVER)
    _, second = await taken(world, chunk)
    assert second.fence == 2


async def test_what_is_in_another_state_is_not_taken(world, chunk):
    assert await Leases(world.scaleout.ledger, 30.0).take(chunk, ChunkState.TRACKED) is None


WRITES = {
    "attempting": lambda ledger, campaign, chunk: ledger.attempting(chunk, 1.0),
    "answered": lambda ledger, campaign, chunk: ledger.answered(
        chunk, [refused(chunk.messages[0], "no")], 1.0
    ),
    "split": lambda ledger, campaign, chunk: ledger.split(chunk),
    "park": lambda ledger, campaign, chunk: ledger.park(campaign, chunk.key, "old", 1.0),
    "give up": lambda ledger, campaign, chunk: ledger.give_up(campaign, chunk.key, "old", 1.0),
    "settle": lambda ledger, campaign, chunk: ledger.settle(
        campaign, Bulk(chunk.key, chunk.bulk_id, 1.0, stands_elsewhere=False), {}
    ),
    "hand over": lambda ledger, campaign, chunk: ledger.hand_over(chunk.key, nothing_more),
}


@pytest.mark.parametrize("write", WRITES)
async def test_after_a_take_over_the_late_writer_is_refused_and_changes_nothing(world, chunk, write):
    late, mine = await taken(world, chunk)
    loaded = await late.chunk(mine.campaign, chunk)
    await world.sql(OVER)
    await taken(world, chunk)
    everything = (
        "SELECT chunk.*, lease.*, (SELECT count(*) FROM fate) FROM chunk JOIN lease ON lease.chunk = key"
    )
    before = await world.sql(everything)
    with pytest.raises(LeaseLost, match="taken over"):
        await WRITES[write](late, mine.campaign, loaded)
    assert await world.sql(everything) == before


async def test_what_is_divided_stays_ours_in_both_halves(world, chunk):
    ledger, mine = await taken(world, chunk)
    halves = await ledger.split(await ledger.chunk(mine.campaign, chunk))
    for half in halves:
        assert await Leases(world.scaleout.ledger, 30.0).take(half.key, ChunkState.UNANSWERED) is None
        await ledger.attempting(half, 2.0)


async def test_a_lease_is_renewed_while_work_goes_on(world, chunk):
    leases = Leases(world.scaleout.ledger, 0.03)
    mine = await leases.take(chunk, ChunkState.UNANSWERED)
    ends = set()
    async with leases.kept({chunk: mine.fence}):
        while len(ends) < 3:
            ends |= set(await world.sql("SELECT until FROM lease"))


async def test_work_ends_when_its_lease_is_lost(world, chunk):
    leases = Leases(world.scaleout.ledger, 0.03)
    mine = await leases.take(chunk, ChunkState.UNANSWERED)
    await world.sql("UPDATE lease SET fence = fence + 1")

    async def work():
        async with leases.kept({chunk: mine.fence}):
            while True:
                await world.sql("SELECT 1")

    with pytest.raises(LeaseLost):
        await work()


async def test_a_paused_campaign_begins_nothing_but_ends_what_has_begun(world, chunk):
    await world.scaleout.campaign(CAMPAIGN.id).pause()
    leases = Leases(world.scaleout.ledger, 30.0)
    assert await leases.take(chunk, ChunkState.UNANSWERED) is None
    await world.sql("UPDATE chunk SET attempted_at = 1.0")
    assert await leases.take(chunk, ChunkState.UNANSWERED) is not None
