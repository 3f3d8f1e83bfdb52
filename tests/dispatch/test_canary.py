"""A few go ahead, and the others follow only if enough of them arrive."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from engine_world import people, wall_clock
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, CampaignState, CampaignSummary, Canary, OutcomeKind, QuietHours
from ants_async.errors import CampaignPaused, ValidationError

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
NOTHING = CampaignSummary(
    *(CAMPAIGN, CampaignState.RUNNING, datetime(2027, 4, 13, tzinfo=UTC), None, None, False, True),
    *(0 for _ in range(8)),
    {},
)
ALWAYS = 48 * 3600.0
"""Seconds: longer than any phone is waited for."""


def off(count, *, of=10):
    """Numbers of phones that are off, the first ones of so many."""
    return {one.to for one in people(of)[:count]}


async def run(w, count=200, *, recipients=None, campaign=CAMPAIGN, first=10, suppress=None, **rules):
    recipients = people(count) if recipients is None else recipients
    stream = w.dispatcher(suppress=suppress).run(campaign, recipients, canary=Canary(first, **rules))
    outcomes = []
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
        await run(w, count=60, stop_if_failed=0.9)
        assert (await w.stats())["accepted"] == 60


@virtual_time
async def test_one_of_which_too_many_failed_does_not_go_on_with_a_smaller_canary(world):
    async with world(unreachable=off(10)) as w:
        with pytest.raises(CampaignPaused):
            await run(w, wait=ALWAYS)
        with pytest.raises(CampaignPaused, match="of the first 10"):
            await run(w, first=5, wait=ALWAYS)
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_when_most_have_no_final_status_in_time_nobody_else_is_texted(world):
    async with world(delivery_time=36_000) as w:
        with pytest.raises(CampaignPaused, match="0 failed and 10 have no final status"):
            await run(w, wait=60.0)
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_the_first_rows_may_all_be_doubled_or_suppressed_and_are_none_of_them(world):
    async with world(unreachable=off(200, of=200)) as w:
        ten = people(10)
        some = [ten[0], *ten[:9], *ten[:9], *people(200)]
        with pytest.raises(CampaignPaused, match="of the first 10 recipients"):
            await run(w, recipients=some, suppress={one.to for one in ten}, wait=ALWAYS)
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert summary.total == (await w.stats())["accepted"] == 10


@virtual_time
async def test_it_waits_from_when_the_api_is_to_send_them(world):
    async with world(seed=3) as w:
        later = datetime.fromtimestamp(wall_clock() + 7200, UTC)
        outcomes = await run(w, campaign=attrs.evolve(CAMPAIGN, send_at=later), stop_if_failed=0.9)
        assert len({one.to for one in outcomes if one.is_last}) == 200


@virtual_time
async def test_it_waits_for_rows_with_a_time_of_their_own(world):
    async with world(seed=3) as w:
        later = datetime.fromtimestamp(wall_clock() + 7200, UTC)
        some = [attrs.evolve(one, send_at=later) for one in people(20)]
        outcomes = await run(w, recipients=some, stop_if_failed=0.9)
        assert len({one.to for one in outcomes if one.is_last}) == 20


@virtual_time
async def test_a_smaller_one_lets_nobody_through_of_whom_nothing_is_known(world):
    async with world(unreachable=off(200, of=200)) as w:
        stream = w.dispatcher().run(CAMPAIGN, people(200), canary=Canary(10, wait=ALWAYS))
        await anext(stream)
        await stream.aclose()
        with pytest.raises(CampaignPaused, match="of the first 10"):
            await run(w, first=5)
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_it_waits_from_the_end_of_quiet_hours(world):
    async with world(seed=3) as w:
        now = datetime.fromtimestamp(wall_clock(), UTC).replace(second=0, microsecond=0)
        quiet = QuietHours(now.time(), (now + timedelta(hours=3)).time(), "UTC")
        outcomes = await run(w, campaign=attrs.evolve(CAMPAIGN, quiet_hours=quiet), stop_if_failed=0.9)
        assert len({one.to for one in outcomes if one.is_last}) == 200


@virtual_time
async def test_stopped_while_it_waits_it_counts_each_of_them_once_when_it_goes_on(world):
    async with world(unreachable=off(4)) as w:
        stream = w.dispatcher().run(CAMPAIGN, people(200), canary=Canary(10, wait=ALWAYS))
        async for outcome in stream:
            if outcome.kind is OutcomeKind.FINAL:
                break
        await stream.aclose()
        with pytest.raises(CampaignPaused, match=r"of the first 10 recipients [4-6] failed and \d have"):
            await run(w, stop_if_failed=0.3, wait=ALWAYS)


@pytest.mark.parametrize(("count", "share", "failing"), [(100, 0.29, 29), (100, 0.58, 58), (20, 0.05, 1)])
async def test_a_share_is_exact(count, share, failing):
    def known(failed):
        async def look():
            return attrs.evolve(NOTHING, final=count, by_group={"DELIVERED": count - failed})

        return look

    canary = Canary(count, share)
    await canary.passed(known(failing), before=NOTHING, size=count, delay=0.0)
    with pytest.raises(CampaignPaused):
        await canary.passed(known(failing + 1), before=NOTHING, size=count, delay=0.0)


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
