"""A worker sends chunks and asks for their reports; each job defers the next in its own transaction."""

import asyncio
from collections import Counter

import httpx
import pytest
from scaleout.world import CAMPAIGN, people

from ants_async.dispatch.campaign import CampaignState
from ants_async.scaleout.queue import Look, Queue


async def test_from_submission_to_the_last_word(world):
    campaign = await world.submit(25)
    assert await world.jobs() == [("send", 1), ("send", 2), ("send", 3)]
    await world.work_off("send")
    assert {name for name, _ in await world.jobs()} == {"track"}
    await world.work_off("track", "look_up")
    assert await world.jobs() == []
    summary = await campaign.summary()
    assert (summary.state, summary.final) == (CampaignState.FINISHED, 25)
    assert (await world.stats())["accepted"] == 25


async def test_a_job_that_comes_twice_does_nothing_the_second_time(world):
    await world.submit(10)
    await world.scaleout.worker.send(1)
    await world.scaleout.worker.send(1)
    assert (await world.stats())["requests"] == 2  # what time it is, and the texts
    assert await world.jobs() == [("send", 1), ("track", 1)]


async def test_when_the_transaction_of_an_answer_fails_there_is_neither_answer_nor_job(world, monkeypatch):
    await world.submit(10)

    async def fail(self, connection, chunk, look):
        await track(self, connection, chunk, look)
        raise RuntimeError("planted")

    track = Queue.track
    with monkeypatch.context() as patched:
        patched.setattr(Queue, "track", fail)
        with pytest.raises(RuntimeError, match="planted"):
            await world.work_off("send")
    summary = await world.scaleout.campaign(CAMPAIGN.id).summary()
    assert (summary.planned, summary.accepted) == (10, 0)
    assert await world.jobs() == [("send", 1)]  # given back
    await world.work_off("send", "track", "look_up")
    stats = await world.stats()
    assert (stats["accepted"], stats["duplicates_rejected"]) == (10, 10)


async def test_a_refused_account_pauses_the_campaign_before_the_next_chunk(world):
    campaign = await world.submit(30)

    async def refuse(request):
        return httpx.Response(401) if "/text/" in request.url.path else None

    world.network.bend = refuse
    await world.work_off("send", most=1)
    world.network.bend = None
    summary = await campaign.summary()
    assert summary.state is CampaignState.PAUSED
    assert "refuses the account" in summary.reason
    await world.work_off("send")
    assert (await campaign.summary()).planned == 30
    await campaign.resume()
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).state is CampaignState.FINISHED


async def test_a_refused_row_does_not_sink_its_neighbours(world):
    campaign = await world.submit(10)
    culprit = people(10)[4].to

    async def refuse(request):
        refused = "/text/" in request.url.path and culprit.encode() in request.content
        return (
            httpx.Response(
                400, json={"requestError": {"serviceException": {"messageId": "BAD", "text": "no"}}}
            )
            if refused
            else None
        )

    world.network.bend = refuse
    await world.work_off("send")
    await world.work_off("track", "look_up")
    summary = await campaign.summary()
    assert (summary.state, summary.final, summary.rejected) == (CampaignState.FINISHED, 9, 1)


@pytest.mark.parametrize("what", ["dropped answer", "503"])
async def test_an_unclear_answer_is_repeated_with_the_same_ids(world, what):
    campaign, count = await world.submit(10), Counter()

    async def bend(request):
        if "/text/" not in request.url.path or count["texts"]:
            return None
        count["texts"] += 1
        answer = await httpx.AsyncHTTPTransport.handle_async_request(world.network, request)
        await answer.aread()
        if what == "503":
            return httpx.Response(503)
        raise httpx.ReadError("gone", request=request)

    world.network.bend = bend
    await world.work_off("send")
    await world.work_off("track", "look_up")
    assert (await campaign.summary()).final == 10
    assert (await world.stats())["accepted"] == 10


async def test_what_is_cancelled_is_given_back_at_once_and_nobody_is_texted_twice(world):
    campaign = await world.submit(10)
    hangs = asyncio.Event()

    async def hang(request):
        if "/text/" in request.url.path:
            answer = await httpx.AsyncHTTPTransport.handle_async_request(world.network, request)
            await answer.aread()
            hangs.set()
            await asyncio.Event().wait()

    world.network.bend = hang
    work = asyncio.create_task(world.work_off("send"))
    await hangs.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await world.jobs() == [("send", 1)]
    world.network.bend = None
    await world.work_off("send", "track", "look_up")
    assert (await campaign.summary()).final == 10
    assert (await world.stats())["accepted"] == 10


async def test_reports_that_are_late_are_asked_for_ever_more_rarely(world):
    await world.submit(10)
    await world.work_off("send")

    async def nothing(request):
        return httpx.Response(200, json={"results": []}) if request.url.path == "/sms/1/reports" else None

    world.network.bend = nothing
    waits = []
    for _ in range(4):
        ((wait,),) = await world.sql("SELECT (args ->> 'wait')::float FROM procrastinate_jobs")
        waits.append(wait)
        await world.work_off("track", most=1)
    assert waits == [2.0, 3.0, 4.5, 6.75]


async def test_reports_that_were_lost_are_found_in_the_logs(world):
    campaign = await world.submit(10)
    await world.work_off("send")
    await world.client.reports.fetch(limit=1000)  # somebody took them, and died
    await world.scaleout.worker.track(1, Look(wait=2.0, quiet_since=0.0, ask_logs=True))
    assert ("look_up", 1) in await world.jobs()
    await world.work_off("look_up")
    assert (await campaign.summary()).final == 10


async def test_reports_are_asked_for_while_a_campaign_is_paused_or_cancelled(world):
    campaign = await world.submit(20)
    await world.work_off("send", most=1)
    await campaign.cancel()
    await world.work_off("send", "track", "look_up")
    summary = await campaign.summary()
    assert (summary.state, summary.final, summary.planned) == (CampaignState.CANCELLED, 10, 10)
    assert (await world.stats())["accepted"] == 10


async def test_what_no_source_tells_any_more_is_unresolved_in_the_end(world):
    campaign = await world.submit(10)
    await world.work_off("send")

    async def nothing(request):
        return httpx.Response(200, json={"results": []}) if request.method == "GET" else None

    world.network.bend = nothing
    await world.sql("UPDATE chunk SET answered_at = answered_at - 50 * 3600")
    await world.scaleout.worker.track(1, Look(wait=60.0, quiet_since=0.0))
    await world.work_off("look_up")
    assert (await campaign.summary()).unresolved == 10
