"""A campaign from outside: paused, resumed, cancelled, watched."""

import asyncio

import pytest
from scaleout_world import CAMPAIGN, REPORTS, SEND, people, refusing

from ants_async import Campaign, Dispatcher
from ants_async.dispatch import PostgresLedger
from ants_async.dispatch.campaign import CampaignState
from ants_async.errors import CampaignMismatch, LedgerError, LedgerInUse, ValidationError


async def test_paused_nothing_is_begun_and_resumed_it_is(world):
    campaign = await world.submit(20)
    await campaign.pause("lunch")
    await world.work_off("send")
    summary = await campaign.summary()
    assert (summary.state, summary.reason, summary.planned) == (CampaignState.PAUSED, "lunch", 20)
    await campaign.resume()
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).state is CampaignState.FINISHED


async def test_a_chunk_that_waits_for_its_turn_when_it_is_cancelled_does_not_leave(world):
    campaign = await world.submit(10)
    ledger = world.ledger
    within, first = ledger.within, True

    async def cancelling(do, **how):
        nonlocal first
        if first and do.__qualname__.startswith("LeasedLedger"):  # the chunk is taken, and nothing has left
            first = False
            await campaign.cancel()
        return await within(do, **how)

    ledger.within = cancelling
    await world.work_off("send")
    assert (await campaign.summary()).planned == 10
    assert world.network.count(SEND) == 0


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
async def test_what_is_over_is_not_changed(world, action):
    campaign = await world.submit(1)
    await world.work_off("send", "track", "look_up")
    with pytest.raises(ValidationError, match="it is finished"):
        await getattr(campaign, action)()


async def test_what_a_single_process_has_at_work_is_not_changed_from_outside(world, migrated_database):
    async with PostgresLedger(migrated_database) as ledger:
        stream = Dispatcher(world.client, ledger).run(Campaign("own", text="Hi"), people(5))
        await anext(stream)
        with pytest.raises(ValidationError, match="one of workers"):
            await world.scaleout.campaign("own").cancel()
        await stream.aclose()


async def test_its_end_can_be_waited_for(world):
    campaign = await world.submit(5)
    waiting = asyncio.create_task(campaign.finished(poll=0.01))
    await world.work_off("send", "track", "look_up")
    assert (await waiting).final == 5


async def test_one_that_is_not_there_is_told_so(world):
    with pytest.raises(LedgerError, match="'nobody' is not in"):
        await world.scaleout.campaign("nobody").pause()


async def test_a_list_that_somebody_else_reads_by_now_is_not_read_on(world):
    with pytest.raises(LedgerInUse, match="somebody else"):
        await world.scaleout.submit(CAMPAIGN, _cut_off(world, people(300), is_taken_over=True))


async def test_a_list_whose_lock_was_lost_is_read_on_where_nobody_has_taken_over(world):
    await world.scaleout.submit(CAMPAIGN, _cut_off(world, people(300), is_taken_over=False))
    assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).planned == 300


async def _cut_off(world, recipients, *, is_taken_over):
    for number, one in enumerate(recipients):
        if number == 150:
            await world.sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            if is_taken_over:
                await world.sql("UPDATE campaign SET opened = opened + 1")
        yield one


async def test_a_chunk_that_fails_for_a_reason_of_its_own_is_not_tried_again_at_once(world):
    async def bend(request, _):
        raise RuntimeError("of its own")

    await world.submit(10)
    world.network.bend = bend
    (before,) = await world.jobs("send")
    with pytest.raises(RuntimeError, match="of its own"):
        await world.worker.send(before.args["chunk"])
    again = [job for job in await world.jobs("send") if job.id != before.id]
    assert [job.due_in > 20 for job in again] == [True]


async def test_a_chunk_that_cannot_be_read_pauses_its_campaign_and_is_left_alone(world):
    campaign = await world.submit(10)
    await world.sql("UPDATE planned SET texts = '{'")
    await world.work_off("send")
    summary = await campaign.summary()
    assert summary.state is CampaignState.PAUSED
    assert "damaged" in summary.reason
    assert await world.scaleout.sweep() == 0
    await world.sql("UPDATE planned SET texts = '[null,null,null,null,null,null,null,null,null,null]'")
    await campaign.resume()
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).planned == 0


async def test_a_name_that_was_lost_notes_no_place(world):
    campaign = await world.submit(10)
    await world.work_off("send", "track", "look_up")

    async def read():
        async with campaign.outcomes(consumer="billing") as stream:
            await anext(aiter(stream))
            await world.sql(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'"
            )

    with pytest.raises(LedgerInUse, match="lost"):
        await read()


async def test_a_list_is_not_read_on_once_its_campaign_is_cancelled(world):
    async def cancelled_half_way():
        for number, one in enumerate(people(600)):
            if number == 250:
                await world.scaleout.campaign(CAMPAIGN.id).cancel()
            yield one

    with pytest.raises(CampaignMismatch, match="cancelled meanwhile"):
        await world.scaleout.submit(CAMPAIGN, cancelled_half_way())
    assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).total == 200


async def test_a_look_that_is_stopped_is_given_back_at_once_and_the_logs_are_asked(world):
    await world.submit(10)
    await world.work_off("send")
    is_asked = asyncio.Event()

    async def hang(request, real):
        if request.url.path != REPORTS:
            return None
        is_asked.set()
        return await asyncio.Event().wait()

    world.network.bend = hang
    work = asyncio.create_task(world.work_off("track"))
    await is_asked.wait()
    work.cancel()
    await asyncio.wait({work})
    assert await world.is_free(1)
    assert [job.args["ask_logs"] for job in await world.jobs("track")] == [True]


async def test_a_list_is_not_read_of_a_campaign_that_was_paused_meanwhile(world):
    await world.scaleout.submit(CAMPAIGN, None, source="x")
    with pytest.raises(LedgerInUse, match="is paused"):
        await asyncio.gather(
            world.scaleout.campaign(CAMPAIGN.id).pause(),
            _after(world, CampaignState.PAUSED, world.ledger.open_while_running(CAMPAIGN, now=1.0)),
        )
    assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).state is CampaignState.PAUSED


async def _after(world, state, work):
    while (await world.scaleout.campaign(CAMPAIGN.id).summary()).state is not state:
        pass
    return await work


class TestACampaignBelongsToTheApiThatItWasBegunAt:
    async def test_who_is_refused_has_begun_nothing(self, world):
        campaign = await world.submit(10)
        world.network.bend = refusing(403)
        await world.work_off("send")
        summary = await campaign.summary()
        assert (summary.state, summary.api) == (CampaignState.PAUSED, None)

    async def test_whose_answer_comes_first_has_begun_it(self, world):
        campaign = await world.submit(10)
        assert (await campaign.summary()).api is None
        await world.work_off("send")
        assert (await campaign.summary()).api == world.client.address

    @pytest.mark.parametrize("has_begun", [False, True], ids=["to send", "to ask"])
    async def test_a_worker_of_another_one_leaves_it_and_says_why(self, world, has_begun):
        campaign = await world.submit(10)
        if has_begun:
            await world.work_off("send")
        await world.sql("UPDATE campaign SET api = 'api.example.com'")
        before = len(world.network.requests)
        await world.work_off("send", "track", "look_up")
        assert len(world.network.requests) == before
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        assert (
            "begun at api.example.com, and a worker sends to this machine: stop that worker" in summary.reason
        )

    @pytest.mark.parametrize("how", ["resumed", "submitted again"])
    async def test_its_own_workers_go_on_with_it_at_once(self, world, how):
        campaign = await world.submit(10)
        await world.sql("UPDATE campaign SET api = 'api.example.com'")
        await world.work_off("send")
        await world.sql("UPDATE campaign SET api = %s", world.client.address)
        await (campaign.resume() if how == "resumed" else world.submit(10))
        await world.work_off("send", "track", "look_up")
        assert (await campaign.summary()).planned == 0
