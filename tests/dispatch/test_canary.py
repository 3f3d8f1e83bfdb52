"""A few go ahead, and the others follow only if enough of them arrive."""

import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, CampaignState, Canary, OutcomeKind
from ants_async.errors import CampaignPaused, ValidationError

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
ALWAYS = 48 * 3600.0
"""Seconds: longer than any phone is waited for."""


def off(count, *, of=10):
    """Numbers of phones that are off, the first ones of so many."""
    return {one.to for one in people(of)[:count]}


async def run(w, count=200, *, recipients=None, **canary):
    outcomes = []
    stream = w.dispatcher().run(
        CAMPAIGN, people(count) if recipients is None else recipients, canary=Canary(**{"count": 10} | canary)
    )
    async for outcome in stream:
        outcomes.append(outcome)  # noqa: PERF401 - what came before an error counts
    return outcomes


async def streamed(recipients):
    for one in recipients:
        yield one


@pytest.mark.parametrize("source", [iter, streamed], ids=["an iterable", "an async one"])
@virtual_time
async def test_when_they_arrive_the_others_follow_and_everybody_is_texted_once(world, source):
    async with world(seed=3, flooding_filter=False) as w:
        outcomes = await run(w, recipients=source(people(200)), stop_if_failed=0.9)
        assert len({one.to for one in outcomes if one.is_last}) == 200
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 200
        assert (await w.ledger.summary(CAMPAIGN.id)).state is CampaignState.FINISHED


@virtual_time
async def test_when_too_many_fail_nobody_else_is_texted_and_the_campaign_says_why(world):
    async with world(unreachable=off(10)) as w:
        with pytest.raises(CampaignPaused, match=r"of the first 10 recipients \d+ failed"):
            await run(w, wait=ALWAYS)
        assert (await w.stats())["accepted"] == 10
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert summary.state is CampaignState.PAUSED
        assert "without the canary it goes on" in summary.reason
        assert not summary.source_read


@virtual_time
async def test_it_goes_on_without_the_canary_and_nobody_is_texted_twice(world):
    async with world(unreachable=off(10)) as w:
        with pytest.raises(CampaignPaused):
            await run(w, wait=ALWAYS)
        await w.run(CAMPAIGN, people(200))
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 200


@virtual_time
async def test_it_does_not_go_on_with_the_canary(world):
    async with world(unreachable=off(10)) as w:
        for _ in range(2):
            with pytest.raises(CampaignPaused):
                await run(w, wait=ALWAYS)
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_a_campaign_that_is_beyond_it_is_not_held_up(world):
    async with world(unreachable=off(10)) as w:
        first = w.dispatcher().run(CAMPAIGN, people(50))
        async for outcome in first:
            if outcome.kind is OutcomeKind.FINAL:
                break
        await first.aclose()
        await run(w, count=60)
        assert (await w.stats())["accepted"] == 60


@virtual_time
async def test_when_most_have_no_final_status_in_time_nobody_else_is_texted(world):
    async with world(delivery_time=36_000) as w:
        with pytest.raises(CampaignPaused, match="0 failed and 10 have no final status"):
            await run(w, wait=60.0)
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_what_is_doubled_or_known_is_none_of_them(world):
    async with world(seed=3) as w:
        ten = people(10)
        await run(w, recipients=[*ten[:5], *ten[:5], *ten], stop_if_failed=0.9)
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert (summary.total, summary.duplicates) == (10, 10)


@pytest.mark.parametrize(
    ("field", "value"), [("count", 0), ("stop_if_failed", 1.0), ("stop_if_failed", -0.1), ("wait", 0)]
)
def test_it_says_what_it_cannot_be(field, value):
    with pytest.raises(ValidationError):
        Canary(**{"count": 10} | {field: value})
