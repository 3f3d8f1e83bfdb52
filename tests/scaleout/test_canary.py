"""A few go ahead of a list that is submitted; what workers write of them decides about the others."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial

import pytest
from scaleout_world import PATIENCE, SMALL, everybody, people, refusing

from ants_async.dispatch import Canary, OutcomeKind, canary
from ants_async.dispatch.campaign import CampaignState
from ants_async.errors import CampaignMismatch, CampaignPaused, CanaryFailed, ValidationError


@pytest.fixture(autouse=True)
def _looks_at_once(monkeypatch):
    monkeypatch.setattr(canary, "_LOOK", 0.0)


@pytest.fixture
def submit(world):
    """Ten of 25 go ahead."""

    async def submit(**rules):
        first = Canary(**{"count": 10, "wait": PATIENCE} | rules)
        return await world.scaleout.submit(SMALL, people(25), canary=first)

    return submit


@pytest.fixture
def submitting(world, submit):
    """The first ten are in the database, and the others wait for them."""

    @asynccontextmanager
    async def begin(**rules):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(submit(**rules))
            await world.until(partial(world.chunks, SMALL))
            yield task

    return begin


async def summary_of(world):
    return await world.scaleout.campaign(SMALL.id).summary()


async def test_when_they_arrive_the_others_follow(world, submitting):
    async with submitting(stop_if_failed=0.9) as task:
        assert (await summary_of(world)).total == 10
        while not task.done():
            await world.work_to_the_end(SMALL)
    assert (await world.work_to_the_end(SMALL)).state is CampaignState.FINISHED
    assert await world.texted() == everybody(25)


async def test_when_too_many_fail_nobody_else_is_planned_until_it_is_submitted_without(world, submitting):
    world.network.bend = refusing(400)
    with pytest.raises(ExceptionGroup) as caught:
        async with submitting():
            await world.work_off("send")
    assert caught.group_contains(CanaryFailed, match="of the first 10 recipients")
    summary = await summary_of(world)
    assert (summary.state, summary.total, summary.source_read) == (CampaignState.PAUSED, 10, False)
    assert "failed and" in summary.reason
    world.network.bend = None
    await world.scaleout.submit(SMALL, people(25))
    await world.scaleout.campaign(SMALL.id).resume()  # or a sweep would wake what its pause has put to sleep
    assert (await world.work_to_the_end(SMALL)).state is CampaignState.FINISHED
    rejected = Counter(one.to for one in await world.newest(SMALL) if one.kind is OutcomeKind.REJECTED)
    assert rejected
    assert await world.texted() + rejected == everybody(25)


async def test_submitted_again_with_it_they_are_judged_again(world, submit):
    world.network.bend = refusing(400)
    with pytest.raises(CampaignPaused, match="0 failed and 10 have no final status"):
        await submit(wait=0.001)
    await world.scaleout.campaign(SMALL.id).resume()
    await world.work_off("send")
    with pytest.raises(CampaignPaused, match="of the first 10 recipients 10 failed"):
        await submit()
    assert (await summary_of(world)).total == 10


async def test_a_campaign_that_is_beyond_it_is_not_held_up(world, submit):
    await world.scaleout.submit(SMALL, people(11))
    await world.work_to_the_end(SMALL)
    await submit(stop_if_failed=0.9)
    assert (await summary_of(world)).total == 25


@pytest.mark.parametrize(("action", "error"), [("pause", CampaignPaused), ("cancel", CampaignMismatch)])
async def test_whoever_stops_it_meanwhile_is_obeyed(world, submitting, action, error):
    with pytest.raises(ExceptionGroup) as caught:
        async with submitting():
            await getattr(world.scaleout.campaign(SMALL.id), action)("it has a slip")
    assert caught.group_contains(error)
    assert (await summary_of(world)).reason == "it has a slip"
    assert (await summary_of(world)).total == 10


async def test_a_list_that_a_worker_reads_has_none(world):
    with pytest.raises(ValidationError, match="for a list that is read here"):
        await world.scaleout.submit(SMALL, None, source="a list", canary=Canary(10))
