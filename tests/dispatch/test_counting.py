"""What a dispatcher tells of its campaigns: how many came to what, and never who."""

import logging
from collections import Counter

from engine_world import people
from virtual_time import virtual_time

from ants_async import Campaign, OutcomeKind, Recipient
from ants_async.simulator import Faults

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")


@virtual_time
async def test_the_counts_are_those_of_the_outcomes(world):
    heard = []
    rows = [*people(25), *people(3), Recipient("66999999999")]
    async with world(unreachable=["66999999999"]) as at:
        outcomes = await at.run(CAMPAIGN, rows, on_outcome=heard.append)
    told = Counter()
    for one in heard:
        assert one.campaign_id == "songkran"
        told[one.kind, one.group, one.deduplicated] += one.count
    seen = Counter((o.kind, o.status and o.status.group.name, o.deduplicated) for o in outcomes)
    assert told == seen
    assert told[OutcomeKind.DUPLICATE, None, False] == 3
    assert len(heard) < len(outcomes)


@virtual_time
async def test_what_an_earlier_request_had_brought_is_told_apart(world):
    heard = []
    async with world(faults=Faults(drop_after=0.4), seed=3) as at:
        await at.run(CAMPAIGN, people(60), on_outcome=heard.append)
    assert any(one.deduplicated for one in heard if one.kind is OutcomeKind.ACCEPTED)


@virtual_time
async def test_a_hook_that_fails_loses_no_outcome(world, caplog):
    def broken(event):
        raise RuntimeError("out of order")

    async with world() as at:
        with caplog.at_level(logging.WARNING, logger="ants_async.hooks"):
            outcomes = await at.run(CAMPAIGN, people(25), on_outcome=broken)
    assert sum(one.is_last for one in outcomes) == 25
    assert len(caplog.records) == 1


@virtual_time
async def test_a_hook_can_be_added_later_and_removed(world):
    heard = []
    async with world() as at:
        dispatcher = at.dispatcher()
        remove = dispatcher.add_hook(heard.append)
        assert [one async for one in dispatcher.run(CAMPAIGN, people(5))]
        told = len(heard)
        remove()
        assert [one async for one in dispatcher.run(Campaign("second", text="Hi"), people(5))]
    assert told == len(heard) > 0


@virtual_time
async def test_the_backlog_is_what_is_at_work(world):
    async with world(delivery_time=60.0) as at:
        dispatcher = at.dispatcher()
        seen = [dispatcher.backlog async for _ in dispatcher.run(CAMPAIGN, people(40))]
    assert {one.campaigns for one in seen} == {1}
    assert max(one.tracked for one in seen) == 4
    assert max(one.unread for one in seen) > 0
    after = dispatcher.backlog
    assert (after.campaigns, after.tracked, after.unread) == (0, 0, 0)
