"""The sweep: what is not final, nobody's, and without a living job is woken."""

import asyncio

from ants_async.dispatch.campaign import Campaign, CampaignState


async def lose_jobs(world):
    await world.sql("DELETE FROM procrastinate_jobs")


async def test_chunks_whose_jobs_were_lost_are_woken(world):
    campaign = await world.submit(20)
    await world.work_off("send", most=1)
    await lose_jobs(world)
    assert await world.scaleout.sweep() == 2
    assert sorted(await world.named()) == [("send", 2), ("track", 1)]
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).state is CampaignState.FINISHED


async def test_whoever_lost_a_chunk_may_have_had_its_reports_so_that_the_logs_are_asked(world):
    await world.submit(10)
    await world.work_off("send")
    await lose_jobs(world)
    await world.scaleout.sweep()
    assert await world.sql("SELECT args ->> 'ask_logs' FROM procrastinate_jobs") == [("true",)]


async def test_what_has_a_job_or_an_owner_is_left_alone(world):
    await world.submit(20)
    await world.sql("DELETE FROM procrastinate_jobs WHERE args ->> 'chunk' = '1'")
    await world.sql("UPDATE lease SET until = now() + interval '1 minute' WHERE chunk = 1")
    assert await world.scaleout.sweep() == 0


async def test_two_sweeps_at_once_wake_once(world):
    await world.submit(50)
    await lose_jobs(world)
    assert sum(await asyncio.gather(*(world.scaleout.sweep() for _ in range(4)))) == 5
    assert len(await world.named()) == 5


async def test_jobs_of_a_dead_worker_are_taken_over(world):
    await world.submit(10)
    ((worker,),) = await world.sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
    )
    await world.sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", worker)
    await world.scaleout.sweep()
    assert ("send", 1) in await world.named()


async def test_a_job_that_is_stuck_with_a_living_worker_does_not_keep_its_chunk(world):
    campaign = await world.submit(10)
    ((worker,),) = await world.sql("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    await world.sql("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", worker)
    assert await world.scaleout.sweep() == 1
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).final == 10


async def test_a_paused_campaign_is_not_woken_but_for_what_has_begun(world):
    campaign = await world.submit(20)
    await world.sql("UPDATE chunk SET attempted_at = 1.0 WHERE key = 1")
    await campaign.pause()
    await lose_jobs(world)
    await world.scaleout.sweep()
    assert await world.named() == [("send", 1)]


async def test_a_campaign_is_finished_although_its_last_worker_died_before_it_said_so(world):
    campaign = await world.submit(10)
    await world.work_off("send", "track", "look_up")
    await world.sql("UPDATE campaign SET state = 'running'")
    await world.scaleout.sweep()
    assert (await campaign.summary()).state is CampaignState.FINISHED


async def test_a_list_that_nobody_reads_to_its_end_pauses_its_campaign_and_says_so(world):
    campaign = await world.submit(10)
    await world.work_off("send", "track", "look_up")
    await world.sql("UPDATE campaign SET source_read = 0, state = 'running'")  # a second submitter died
    await world.scaleout.sweep()
    summary = await campaign.summary()
    assert (summary.state, summary.reason) == (
        CampaignState.PAUSED,
        "its list was not read to its end: give it again",
    )
    await world.submit(12)
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).state is CampaignState.FINISHED


async def test_a_sweep_needs_one_connection(world):
    scaleout = await world.open(connections=1)
    await world.submit(10)
    await lose_jobs(world)
    await scaleout.submit(Campaign("by-name", text="Hi"), None, source="people.csv")
    await world.sql("DELETE FROM procrastinate_jobs")
    assert await scaleout.sweep() == 1
