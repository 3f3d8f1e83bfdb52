"""What a worker sends: whatever the API and the network do, each is texted once."""

import json
from collections import Counter

import anyio
import httpx
import pytest
from scaleout.cut_off import cancelled
from scaleout_world import (
    CAMPAIGN,
    REPORTS,
    SEND,
    SMALL,
    everybody,
    people,
    refusing,
)

from ants_async.dispatch import OutcomeKind
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.dispatch.tracking import TrackingRules
from ants_async.errors import LedgerError
from ants_async.scaleout.queue import SEND_QUEUE

UNANSWERED, TRACKED, CLOSED = ChunkState
RULES = TrackingRules()


class TestSending:
    async def test_an_answer_and_the_job_that_asks_for_its_reports_come_together(self, world, campaign):
        await world.work(SEND_QUEUE)
        (chunk,) = await world.chunks()
        assert await world.state(chunk) is TRACKED
        (job,) = await world.jobs()
        assert job.task_name == "ants:track"
        assert job.args["chunk"] == chunk
        assert 0 < job.due_in <= RULES.first
        assert await world.is_free(chunk)

    async def test_where_that_job_cannot_be_deferred_there_is_no_answer_either(
        self, world, campaign, monkeypatch
    ):
        async def fail(*job, **delay):
            await defer(*job, **delay)
            raise LedgerError("planted")

        defer = world.queue.track
        monkeypatch.setattr(world.queue, "track", fail)
        with pytest.raises(LedgerError, match="planted"):
            await world.work(SEND_QUEUE)
        monkeypatch.undo()
        (chunk,) = await world.chunks()
        assert await world.state(chunk) is UNANSWERED
        assert await world.jobs("track") == []
        assert (await campaign.summary()).planned == 10
        await world.expire()
        await world.scaleout.sweep()
        summary = await world.work_to_the_end()
        assert summary.deduplicated == 10
        assert await world.texted() == everybody(10)

    async def test_after_the_last_word_nothing_is_left_to_do(self, world, campaign):
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.final + summary.rejected == 10
        assert await world.jobs() == await world.jobs(status="doing") == []

    async def test_what_is_all_refused_is_finished_without_asking_for_reports(self, world):
        await world.scaleout.submit(SMALL, people(10))
        world.network.bend = refusing(400)
        await world.work()
        summary = await world.scaleout.campaign(SMALL.id).summary()
        assert summary.state is CampaignState.FINISHED
        assert summary.rejected == 10
        assert world.network.count(REPORTS) == 0

    async def test_a_job_for_what_is_sent_already_does_nothing(self, world, campaign):
        (chunk,) = await world.chunks()
        await world.work(SEND_QUEUE)
        before = await world.snapshot()
        await world.worker.send(chunk)
        assert await world.snapshot() == before
        assert world.network.count(SEND) == 1

    async def test_jobs_that_come_twice_send_once(self, world, campaign):
        (chunk,) = await world.chunks()
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(world.worker.send, chunk)
        assert world.network.count(SEND) == 1
        assert len(await world.jobs("track")) == 1


class TestRefusedAccount:
    async def test_it_pauses_the_campaign_with_a_reason_and_begins_nothing_more(self, world):
        campaign = await world.scaleout.submit(CAMPAIGN, people(50))
        world.network.bend = refusing(401)
        await world.work()
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        assert "refuses the account" in summary.reason
        assert world.network.count(SEND) == 1
        assert await world.sql("SELECT FROM chunk WHERE attempted_at IS NOT NULL") == []

    async def test_after_it_was_mended_it_is_resumed(self, world):
        campaign = await world.scaleout.submit(CAMPAIGN, people(50))
        world.network.bend = refusing(401)
        await world.work()
        world.network.bend = None
        await campaign.resume()
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(50)

    async def test_what_had_begun_is_tried_again_and_not_without_a_pause(self, world, campaign):
        """The first try may have arrived, so the chunk comes to its end; each try is refused meanwhile."""
        answers = [500]

        async def bend(request, real):
            status = answers.pop(0) if request.url.path == SEND and answers else 401
            return await refusing(status)(request, real)

        world.network.bend = bend
        await world.work()
        assert (await campaign.summary()).state is CampaignState.PAUSED
        assert world.network.count(SEND) == 2
        (job,) = await world.jobs()
        assert job.task_name == "ants:send"
        assert job.due_in > 10
        world.network.bend = None
        await campaign.resume()
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(10)

    async def test_refused_looks_at_reports_pause_it_too_and_go_on(self, world, campaign):
        await world.work(SEND_QUEUE)
        await world.due()
        world.network.bend = refusing(403, path=REPORTS)
        job = await world.fetch()
        await world.perform(job)
        assert (await campaign.summary()).state is CampaignState.PAUSED
        world.network.bend = None
        summary = await world.work_to_the_end()
        assert summary.final == 10
        assert summary.state is CampaignState.PAUSED
        await campaign.resume()
        assert (await campaign.summary()).state is CampaignState.FINISHED


class TestDivided:
    @staticmethod
    def culprit(*numbers):
        async def bend(request, real):
            if request.url.path == SEND and any(number in request.content.decode() for number in numbers):
                return await refusing(400)(request, real)
            return None

        return bend

    async def test_until_the_culprit_stands_alone(self, world, campaign):
        culprit = people(10)[6].to
        world.network.bend = self.culprit(culprit)
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.rejected == 1
        assert [one.to for one in await world.newest() if one.kind is OutcomeKind.REJECTED] == [culprit]
        assert await world.texted() == everybody(10) - Counter([culprit])

    async def test_each_part_has_one_job_for_its_reports(self, world, campaign):
        world.network.bend = self.culprit(people(10)[6].to)
        await world.work(SEND_QUEUE)
        asked = [job.args["chunk"] for job in await world.jobs("track")]
        tracked = [key for key in await world.chunks() if await world.state(key) is TRACKED]
        assert sorted(asked) == tracked
        assert await world.jobs("send") == []

    async def test_parts_of_one_that_is_stopped_half_way_are_all_given_back(self, world, campaign):
        async def bend(request, real):
            if request.url.path != SEND:
                return None
            if len(json.loads(request.content)["messages"]) == 10:
                return await refusing(400)(request, real)
            return await anyio.sleep_forever()

        world.network.bend = bend
        (chunk,) = await world.chunks()
        await cancelled(world.worker.send(chunk), lambda: world.network.count(SEND) == 2)
        keys = await world.chunks()
        assert len(keys) == 2
        assert [job.args["chunk"] for job in (await world.jobs("send"))[-2:]] == keys
        assert all([await world.is_free(key) for key in keys])
        world.network.bend = None
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(10)


class TestBadAnswers:
    @pytest.mark.parametrize("status_code", [429, 500, 502, 503])
    async def test_it_tries_again_until_it_has_an_answer(self, world, campaign, status_code):
        world.network.bend = refusing(status_code, times=2)
        await world.work(SEND_QUEUE)
        assert world.network.count(SEND) == 3
        assert await world.kinds() == {OutcomeKind.ACCEPTED: 10}

    @pytest.mark.parametrize(
        "bad",
        [
            lambda response: httpx.Response(200, content=b'{"messages": ['),
            lambda response: httpx.Response(200, content=b"<html>"),
            lambda response: httpx.Response(200, json={"bulkId": "b", "messages": []}),
            lambda response: httpx.Response(500, content=b""),
        ],
        ids=["cut off", "of a proxy", "without its messages", "that is empty"],
    )
    async def test_an_answer_that_says_nothing_texts_nobody_twice(self, world, campaign, bad):
        async def bend(request, real):
            if request.url.path == SEND and world.network.count(SEND) == 1:
                response = await real(request)
                await response.aread()
                return bad(response)
            return None

        world.network.bend = bend
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.deduplicated == 10
        assert await world.texted() == everybody(10)

    @pytest.mark.parametrize("error", [httpx.ReadError, httpx.ConnectError, httpx.ReadTimeout])
    async def test_nor_does_a_line_that_breaks(self, world, campaign, error):
        async def bend(request, real):
            if request.url.path == SEND and world.network.count(SEND) <= 2:
                if error is not httpx.ConnectError:
                    await (await real(request)).aread()
                raise error("planted")

        world.network.bend = bend
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(10)

    async def test_what_an_answer_leaves_out_is_asked_for_again(self, world, campaign):
        async def bend(request, real):
            if request.url.path == SEND and world.network.count(SEND) == 1:
                response = await real(request)
                body = json.loads(await response.aread())
                return httpx.Response(200, json=body | {"messages": body["messages"][:4]})
            return None

        world.network.bend = bend
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.deduplicated == 6
        assert await world.texted() == everybody(10)

    async def test_an_api_that_stays_away_pauses_the_campaign(self, world):
        impatient = SendingRules(settle=0, pause=0, pause_cap=0, patience=0)
        scaleout = await world.open(sending=impatient)
        campaign = await scaleout.submit(CAMPAIGN, people(10))
        world.network.bend = refusing(503)
        with scaleout.serving(world.client):
            await world.work(scaleout=scaleout)
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        assert "no answer" in summary.reason
