"""Submitting: a list becomes chunks with jobs, once, however often it is handed over."""

import pytest
from scaleout.world import CAMPAIGN, people

from ants_async import Campaign, Dispatcher
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger import PostgresLedger
from ants_async.errors import CampaignMismatch, LedgerInUse, ValidationError


async def finish(world):
    await world.work_off("read", "send", "track", "look_up")


async def state_and_final(campaign):
    summary = await campaign.summary()
    return summary.state, summary.final


async def test_the_same_list_again_shuffled_and_longer_texts_only_the_new_ones(world):
    campaign = await world.submit(25)
    await world.scaleout.submit(CAMPAIGN, [*reversed(people(25)), *people(5, first=66_900_000_000)])
    await finish(world)
    summary = await campaign.summary()
    assert (summary.state, summary.final) == (CampaignState.FINISHED, 30)
    assert (await world.stats())["accepted"] == 30


async def test_doubled_rows_are_counted_and_texted_once(world):
    campaign = await world.scaleout.submit(CAMPAIGN, [*people(10), *people(3)])
    await finish(world)
    assert ((await campaign.summary()).final, (await campaign.summary()).duplicates) == (10, 3)


async def test_a_list_that_breaks_off_is_sent_as_far_as_it_was_read_and_goes_on_later(world):
    def broken():
        yield from people(250)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        await world.scaleout.submit(CAMPAIGN, broken())
    await finish(world)
    campaign = world.scaleout.campaign(CAMPAIGN.id)
    summary = await campaign.summary()
    assert (summary.state, summary.source_read) == (CampaignState.RUNNING, False)
    assert summary.final == 250
    await world.submit(260)
    await finish(world)
    assert ((await campaign.summary()).state, (await campaign.summary()).final) == (
        CampaignState.FINISHED,
        260,
    )
    assert (await world.stats())["accepted"] == 260


async def test_no_rows_and_jobs_where_a_transaction_fails(world, monkeypatch):
    async def fail(connection, chunks, jobs):
        raise OSError("planted")

    with monkeypatch.context() as patched:
        patched.setattr("ants_async.scaleout.queue._note", fail)
        with pytest.raises(Exception, match="planted"):
            await world.submit(10)
    assert await world.sql("SELECT count(*) FROM chunk") == [(0,)]
    assert await world.jobs() == []


async def test_a_text_that_cannot_be_made_is_refused_with_its_row(world):
    with pytest.raises(ValidationError, match="row 1: field 'nickname' is missing"):
        await world.submit(2, Campaign("x", text="Hi {nickname}"))


async def test_mode_multi_is_refused_as_it_has_no_ids(world):
    with pytest.raises(ValidationError, match="advanced"):
        await world.scaleout.submit(Campaign("m", text="Hi", mode="multi"), people(1))


async def test_another_text_under_the_same_id_is_refused(world):
    await world.submit(1)
    with pytest.raises(CampaignMismatch, match="text"):
        await world.submit(1, Campaign(CAMPAIGN.id, text="Bye {name}", sender="ANTS"))


async def test_a_list_is_read_by_one_process_at_a_time(world):
    async def slow():
        yield people(1)[0]
        with pytest.raises(LedgerInUse, match="at work"):
            await world.submit(5)

    await world.scaleout.submit(CAMPAIGN, slow())


async def test_a_worker_reads_a_list_by_its_name(make_world):
    async with make_world(read_source=lambda summary: people(int(summary.source))) as world:
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="30")
        assert await world.jobs() == [("read", None)]
        await finish(world)
        assert ((await campaign.summary()).state, (await campaign.summary()).final) == (
            CampaignState.FINISHED,
            30,
        )


async def test_a_list_that_a_worker_cannot_read_pauses_the_campaign_and_says_why(make_world):
    def read(summary):
        raise FileNotFoundError(2, "no such file", summary.source)

    async with make_world(read_source=read) as world:
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="people.csv")
        await finish(world)
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        assert "people.csv" in summary.reason


async def test_the_reading_of_a_list_is_woken_when_its_job_was_lost(make_world):
    async with make_world(read_source=lambda summary: people(10)) as world:
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="x")
        await world.sql("DELETE FROM procrastinate_jobs")
        await world.scaleout.sweep()
        await finish(world)
        assert (await campaign.summary()).final == 10


async def test_without_a_list_or_its_name_there_is_nothing_to_submit(world):
    with pytest.raises(ValidationError, match="source"):
        await world.scaleout.submit(CAMPAIGN, None)


async def test_workers_go_on_with_what_a_single_process_began(world, migrated_database):
    async with PostgresLedger(migrated_database) as ledger:
        stream = Dispatcher(world.client, ledger, chunk_size=5).run(CAMPAIGN, people(20))
        await anext(stream)
        await stream.aclose()
    campaign = await world.submit(40)
    await world.scaleout.sweep()
    await finish(world)
    assert ((await campaign.summary()).state, (await campaign.summary()).final) == (
        CampaignState.FINISHED,
        40,
    )
    assert (await world.stats())["accepted"] == 40


async def test_what_workers_have_a_single_process_is_refused(world, migrated_database):
    await world.submit(5)
    async with PostgresLedger(migrated_database) as ledger:
        with pytest.raises(LedgerInUse, match="submitted to workers"):
            await anext(Dispatcher(world.client, ledger).run(CAMPAIGN, people(5)))
