"""Campaigns take turns, chunk by chunk."""

from scaleout.world import CAMPAIGN

from ants_async import Campaign

SMALL = Campaign("small", text="Hi {name}", sender="ANTS")


async def order(world):
    """Which campaign's chunk is sent when."""
    return [
        name
        for (name,) in await world.sql(
            "SELECT campaign.id FROM procrastinate_jobs AS job"
            " JOIN chunk ON chunk.key = (args ->> 'chunk')::bigint"
            " JOIN campaign ON campaign.key = chunk.campaign WHERE task_name LIKE '%%:send'"
            " ORDER BY job.priority DESC, job.id"
        )
    ]


async def test_a_small_one_is_not_behind_all_of_a_large_one(world):
    await world.submit(500)
    await world.work_off("send", most=10)
    await world.submit(20, SMALL)
    assert [place for place, one in enumerate(await order(world)) if one == "small"] == [1, 3]


async def test_two_large_ones_take_turns(world):
    await world.submit(50)
    await world.submit(50, SMALL, first=66_900_000_000)
    assert await order(world) == [CAMPAIGN.id, "small"] * 5


async def test_one_that_begins_later_does_not_overtake(world):
    await world.submit(100)
    await world.work_off("send", most=9)
    await world.submit(100, SMALL, first=66_900_000_000)
    assert CAMPAIGN.id in (await order(world))[:2]


async def test_a_new_one_does_not_go_before_what_another_hands_over_later(world):
    await world.submit(100)
    await world.work_off("send")
    await world.submit(50, SMALL, first=66_900_000_000)
    await world.submit(150)
    assert (await order(world))[:4] == ["small", CAMPAIGN.id, "small", CAMPAIGN.id]
