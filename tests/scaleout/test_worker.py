"""A worker: whatever the API and the network do, and whenever it is stopped, each is texted once."""

import asyncio
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest
from scaleout_world import (
    CAMPAIGN,
    LOGS,
    REPORTS,
    SEND,
    SMALL,
    everybody,
    people,
    refusing,
)

from ants_async.dispatch import Campaign, OutcomeKind, QuietHours, Recipient
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.dispatch.tracking import TrackingRules
from ants_async.errors import LedgerError
from ants_async.scaleout.queue import SEND_QUEUE, TRACK_QUEUE, Look

UNANSWERED, TRACKED, CLOSED = ChunkState
HOUR = 3600.0
RULES = TrackingRules()


@pytest.fixture
async def campaign(world):
    """One chunk of ten, that has not begun."""
    return await world.scaleout.submit(CAMPAIGN, people(10))


async def hang(request, _):
    """A bend: the network answers no send."""
    if request.url.path == SEND:
        await anyio.sleep_forever()


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
        await _cancelled(world.worker.send(chunk), lambda: world.network.count(SEND) == 2)
        keys = await world.chunks()
        assert len(keys) == 2
        assert [job.args["chunk"] for job in (await world.jobs("send"))[-2:]] == keys
        assert all([await world.is_free(key) for key in keys])
        world.network.bend = None
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(10)


async def _cancelled(work, when):
    """Cancel as `asyncio.timeout` and Procrastinate do, when something is so."""
    task = asyncio.create_task(work)
    with anyio.fail_after(30):
        while not when() and not task.done():  # noqa: ASYNC110 - the other task takes its turns
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    return task


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


class TestStopped:
    async def test_one_that_hangs_gives_its_chunk_back_at_once(self, world, campaign):
        world.network.bend = hang
        (chunk,) = await world.chunks()
        (before,) = await world.jobs("send")
        task = await _cancelled(world.worker.send(chunk), lambda: world.network.count(SEND))
        assert task.cancelled()
        assert await world.is_free(chunk)
        again = [job for job in await world.jobs("send") if job.id != before.id]
        assert [job.args["chunk"] for job in again] == [chunk]
        assert await world.value("SELECT job FROM lease") == again[0].id

    async def test_one_that_has_just_taken_a_chunk_to_ask_for_gives_it_back_at_once(self, world, monkeypatch):
        (chunk,) = await world.answered()
        (before,) = await world.jobs("track")
        within = world.ledger.within

        async def cancelling(do, **how):
            monkeypatch.setattr(world.ledger, "within", within)
            found = await within(do, **how)
            task.cancel()
            await asyncio.sleep(0)
            return found

        monkeypatch.setattr(world.ledger, "within", cancelling)
        task = asyncio.create_task(world.worker.track(chunk, Look(wait=60.0, quiet_since=time.time())))
        await asyncio.wait({task})
        assert task.cancelled()
        assert await world.is_free(chunk)
        (again,) = [job for job in await world.jobs("track") if job.id != before.id]
        assert await world.value("SELECT job FROM lease") == again.id

    @pytest.mark.parametrize("is_divided", [False, True], ids=["whole", "divided"])
    async def test_wherever_it_is_cancelled_nobody_is_lost_or_doubled(self, world, monkeypatch, is_divided):
        """At each transaction, as it begins and as it ends, and at each request, before and after."""
        cancelling = Cancelling(world, monkeypatch, is_divided=is_divided)
        points = await cancelling.at(None)
        assert points > (30 if is_divided else 8)
        for point in range(points):
            await cancelling.at(point)
        texted = await world.texted()
        assert set(texted.values()) == {1}
        assert len(texted) == (points + 1) * (2 if is_divided else 3)

    async def test_one_whose_chunk_was_taken_over_gives_back_only_what_is_its_own(self, world, campaign):
        """Halved, one half taken over, and then stopped."""
        is_halved = anyio.Event()

        async def bend(request, real):
            if request.url.path != SEND:
                return None
            if len(json.loads(request.content)["messages"]) == 10:
                return await refusing(400)(request, real)
            is_halved.set()
            return await anyio.sleep_forever()

        world.network.bend = bend
        (chunk,) = await world.chunks()
        task = asyncio.create_task(world.worker.send(chunk))
        await is_halved.wait()
        await world.sql("UPDATE lease SET fence = fence + 1, owner = 'another' WHERE chunk = %s", chunk)
        task.cancel()
        await asyncio.wait({task})
        head, tail = await world.chunks()
        assert not await world.is_free(head)
        assert await world.is_free(tail)
        assert [job.args["chunk"] for job in await world.jobs("send")][-1] == tail
        assert task.cancelled()

    async def test_a_lost_lease_ends_the_work(self, world):
        scaleout = await world.worker_of_its_own(lease=0.05)
        await scaleout.submit(CAMPAIGN, people(10))
        is_hanging = anyio.Event()
        (chunk,) = await world.chunks()

        async def bend(request, real):
            if request.url.path == SEND:
                is_hanging.set()
                await anyio.sleep_forever()

        world.network.bend = bend
        with scaleout.serving(world.client):
            task = asyncio.create_task(scaleout.worker.send(chunk))
            await is_hanging.wait()
            await world.sql("UPDATE lease SET fence = fence + 1, until = 'infinity', owner = 'another'")
            with anyio.fail_after(30):
                await task  # it is said in the log, and no fault of the job's
        assert await world.value("SELECT owner FROM lease") == "another"

    async def test_a_lost_look_at_reports_is_made_up_for_by_the_logs(self, world, campaign):
        """They were handed out, and their worker died with them."""
        await world.work(SEND_QUEUE)
        world.clock.forward(100)
        is_lost = anyio.Event()

        async def bend(request, real):
            if request.url.path == REPORTS:
                await (await real(request)).aread()
                is_lost.set()
                await anyio.sleep_forever()

        world.network.bend = bend
        await world.due()
        job = await world.fetch(TRACK_QUEUE)
        await _cancelled(world.perform(job), is_lost.is_set)
        assert (await world.at_the_api("stats"))["reports_handed_out"] == 10
        world.network.bend = None
        await world.expire()
        await world.scaleout.sweep()
        assert await world.work() == 2
        assert (await campaign.summary()).state is CampaignState.FINISHED


class Cancelling:
    """Sends a campaign of three, and cancels that at a point of its way; one of the three may be refused."""

    def __init__(self, world, monkeypatch, *, is_divided):
        self.world = world
        self._is_divided = is_divided
        self._within = world.ledger.within
        self._task = None
        self._point = self._passed = 0
        self._campaigns = 0
        monkeypatch.setattr(world.ledger, "within", self._transaction)
        world.network.bend = self._request

    def _pass(self):
        if self._task is not None:
            if self._passed == self._point:
                self._task.cancel()
            self._passed += 1

    async def _transaction(self, do, **how):
        self._pass()

        async def passing(connection):
            value = await do(connection)
            self._pass()
            return value

        return await self._within(passing, **how)

    async def _request(self, request, real):
        self._pass()
        culprit = f'"{self.numbers[1]}"'
        if self._is_divided and request.url.path == SEND and culprit in request.content.decode():
            response = await refusing(400)(request, real)
        else:
            response = await real(request)
            content = await response.aread()
            response = httpx.Response(response.status_code, headers=response.headers, content=content)
        self._pass()
        return response

    async def at(self, point):
        """None: nowhere. How many points it passed."""
        world = self.world
        self._campaigns += 1
        campaign = Campaign(f"c{self._campaigns}", text="Hi", sender="ANTS")
        first = 66_900_000_000 + 100 * self._campaigns
        self.numbers = list(everybody(3, first=first))
        await world.scaleout.submit(campaign, people(3, first=first))
        (chunk,) = await world.chunks(campaign)
        self._point, self._passed = point, 0
        self._task = asyncio.create_task(world.worker.send(chunk))
        await asyncio.wait({self._task})
        passed, self._task = self._passed, None
        await self._nothing_is_held(campaign, point)
        await world.work(SEND_QUEUE)
        refused = 1 if self._is_divided else 0
        kinds = await world.kinds(campaign)
        assert kinds[OutcomeKind.ACCEPTED] == 3 - refused, point
        assert kinds[OutcomeKind.REJECTED] == refused, point
        await self._nothing_is_held(campaign, point)
        return passed

    async def _nothing_is_held(self, campaign, point):
        """Each part is free, and its latest job is the one that brings it on."""
        world = self.world
        for key in await world.chunks(campaign):
            assert await world.is_free(key), point
            state = await world.state(key)
            if state is not CLOSED:
                (job,) = await world.sql(
                    "SELECT job.* FROM procrastinate_jobs AS job JOIN lease ON lease.job = job.id"
                    " WHERE lease.chunk = %s AND job.status = 'todo'",
                    key,
                )
                assert job.task_name == ("ants:send" if state is UNANSWERED else "ants:track"), point


class TestReports:
    async def test_none_yet_makes_each_wait_longer_up_to_the_longest(self, world, campaign):
        await world.work(SEND_QUEUE)
        waits = []
        for _ in range(12):
            (job,) = await world.jobs()
            assert job.task_name == "ants:track"
            assert job.args["wait"] - 1 < job.due_in <= job.args["wait"]
            waits.append(job.args["wait"])
            await world.due()
            await world.perform(await world.fetch())
        assert waits[:3] == [2.0, 3.0, 4.5]
        assert waits == sorted(waits)
        assert waits[-1] == RULES.longest
        assert world.network.count(REPORTS) == 12
        assert world.network.count(LOGS) == 1  # what time it is

    async def test_some_make_the_next_wait_half_as_long(self, world):
        await world.scaleout.submit(CAMPAIGN, people(100))
        scaleout = await world.open(chunk_size=100)
        await scaleout.submit(SMALL, people(100, first=66_900_000_000))
        await world.work(SEND_QUEUE)
        (chunk,) = await world.chunks(SMALL)
        world.clock.forward(50)  # about half of them have come to their end
        await world.worker.track(chunk, _look(wait=40.0))
        (job,) = [job for job in await world.jobs("track") if job.args["chunk"] == chunk][-1:]
        assert job.args["wait"] == 20.0
        assert 0 < (await world.scaleout.campaign(SMALL.id).summary()).final < 100

    async def test_when_all_is_quiet_for_long_the_logs_are_asked_and_the_wait_goes_on(self, world, campaign):
        await world.work(SEND_QUEUE)
        (chunk,) = await world.chunks()
        await world.due()
        await world.perform(await world.fetch())
        quiet = _look(wait=10.0, quiet_since=time.time() - RULES.logs_after - 1)
        await world.worker.track(chunk, quiet)
        job = (await world.jobs("look_up"))[-1]
        assert job.due_in is None
        await world.perform(await world.fetch(TRACK_QUEUE))
        job = (await world.jobs("track"))[-1]
        assert job.args["wait"] == 15.0
        assert not job.args["ask_logs"]
        assert world.network.count(LOGS) == 2

    async def test_waits_after_one_that_was_woken_are_not_none(self, world, campaign):
        """Or the API would be asked without end."""
        await world.work(SEND_QUEUE)
        await world.sql("DELETE FROM procrastinate_jobs")
        await world.scaleout.sweep()
        assert await world.work() == 2  # reports and logs
        (job,) = await world.jobs()
        assert job.due_in > 1

    @pytest.mark.parametrize("status_code", [500, 400])
    async def test_after_a_failure_the_logs_are_asked(self, world, campaign, status_code):
        await world.work(SEND_QUEUE)
        world.network.bend = refusing(status_code, path=REPORTS, times=1)
        world.clock.forward(100)
        await world.due()
        await world.perform(await world.fetch())
        (job,) = await world.jobs()
        assert (job.task_name, job.due_in, job.args["ask_logs"]) == ("ants:look_up", None, True)
        await world.work()
        assert (await campaign.summary()).state is CampaignState.FINISHED
        assert world.network.count(REPORTS) == 1

    async def test_and_as_long_as_they_fail_too_they_are_asked_again(self, world, campaign):
        await world.work(SEND_QUEUE)
        world.clock.forward(100)

        async def bend(request, real):
            for path in (REPORTS, LOGS):
                if request.url.path == path:
                    return await refusing(500, path=path)(request, real)
            return None

        world.network.bend = bend
        for _ in range(3):
            await world.due()
            await world.work()
            (job,) = await world.jobs()
            assert (job.task_name, job.args["ask_logs"]) == ("ants:track", True)
            assert job.due_in > 0
        world.network.bend = None
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED

    async def test_what_an_earlier_request_brought_is_looked_up_by_its_ids(self, world, campaign):
        """It stands under another bulk id than the one that was answered."""
        (chunk,) = await world.chunks()
        world.network.bend = hang

        async def bend(request, real):
            if request.url.path == SEND:
                body = json.loads(request.content) | {"bulkId": "of-another"}
                headers = {k: v for k, v in request.headers.items() if k != "content-length"}
                sent = httpx.Request("POST", request.url, headers=headers, json=body)
                await (await real(sent)).aread()
                raise httpx.ReadError("planted")

        world.network.bend = bend
        await _cancelled(world.worker.send(chunk), lambda: world.network.count(SEND) == 2)
        world.network.bend = None
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.deduplicated == 10
        assert {one.bulk_id for one in await world.newest()} == {"of-another"}
        assert await world.texted() == everybody(10)


def _look(*, wait, quiet_since=None, ask_logs=False):
    return Look(wait=wait, quiet_since=time.time() if quiet_since is None else quiet_since, ask_logs=ask_logs)


class TestGivingUp:
    async def late(self, world, hours):
        """A worker so many hours after the answer, that has just begun, and reports that never come."""
        await world.work(SEND_QUEUE)
        await world.sql("UPDATE procrastinate_jobs SET status = 'cancelled'")
        world.clock.forward(hours * HOUR)
        scaleout = await world.worker_of_its_own()
        (chunk,) = await world.chunks()
        await self.never_final(world)
        await scaleout.sweep()
        return scaleout, chunk

    @staticmethod
    async def never_final(world):
        await world.sql("UPDATE chunk SET bulk_id = 'unknown-1'")

    async def test_after_49_hours_without_a_word_from_reports_and_logs(self, world, campaign):
        scaleout, _ = await self.late(world, 49.1)
        await world.work(scaleout=scaleout)
        summary = await campaign.summary()
        assert summary.unresolved == 10
        assert summary.state is CampaignState.FINISHED
        assert await world.jobs() == []

    async def test_and_not_before(self, world, campaign):
        scaleout, _ = await self.late(world, 48.9)
        await world.work(scaleout=scaleout)
        assert (await campaign.summary()).accepted == 10
        assert len(await world.jobs("track")) == 1

    async def test_nor_while_the_api_does_not_answer(self, world, campaign):
        scaleout, chunk = await self.late(world, 60)
        worker = scaleout.worker

        class Away(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request):
                raise httpx.ConnectError("away")

        async def bend(request, real):
            raise httpx.ConnectError("away")

        world.network.bend = bend
        with scaleout.serving(world.client):
            await scaleout.worker.track(chunk, _look(wait=1.0))
            await scaleout.worker.look_up(chunk, _look(wait=1.0))
        assert (await campaign.summary()).accepted == 10
        assert worker is not None


class TestPausedAndCancelled:
    @pytest.mark.parametrize("how", ["pause", "cancel"])
    async def test_what_was_sent_is_still_asked_for_and_the_rest_stays_planned(self, world, how):
        campaign = await world.scaleout.submit(CAMPAIGN, people(30))
        for _ in range(2):
            await world.perform(await world.fetch(SEND_QUEUE))
        await getattr(campaign, how)()
        summary = await world.work_to_the_end()
        assert (summary.final, summary.planned) == (20, 10)
        assert summary.state is (CampaignState.PAUSED if how == "pause" else CampaignState.CANCELLED)
        assert sum((await world.texted()).values()) == 20

    @pytest.mark.parametrize("how", ["pause", "cancel"])
    async def test_what_is_under_way_comes_to_its_end(self, world, campaign, how):
        is_under_way, goes_on = anyio.Event(), anyio.Event()

        async def bend(request, real):
            if request.url.path == SEND:
                is_under_way.set()
                await goes_on.wait()

        world.network.bend = bend
        async with anyio.create_task_group() as group:
            group.start_soon(world.work, SEND_QUEUE)
            await is_under_way.wait()
            await getattr(campaign, how)()
            goes_on.set()
        assert (await world.work_to_the_end()).final == 10

    async def test_what_a_dead_worker_has_begun_in_a_cancelled_one_is_looked_up_alone(self, world, campaign):
        world.network.bend = hang
        (chunk,) = await world.chunks()
        await _cancelled(world.worker.send(chunk), lambda: world.network.count(SEND))
        await world.sql("DELETE FROM procrastinate_jobs")
        await campaign.cancel()
        world.network.bend = None
        await world.scaleout.sweep()
        summary = await world.work_to_the_end()
        assert (summary.planned, summary.state) == (10, CampaignState.CANCELLED)
        assert world.network.count(LOGS)
        assert not await world.texted()


class TestSuperseded:
    """A chunk has one job that counts, the one that was noted last: others would double all that follow."""

    async def test_a_look_that_is_no_longer_noted_is_not_made(self, world, campaign):
        await world.work(SEND_QUEUE)
        (old,) = await world.jobs()
        (chunk,) = await world.chunks()
        new = _look(wait=0)
        await world.ledger.within(lambda connection: world.queue.track(connection, chunk, new))
        await world.due()
        job = await world.fetch()
        assert job.id == old.id
        await world.perform(job)
        assert world.network.count(REPORTS) == 0
        await world.work()
        assert world.network.count(REPORTS) == 1
        assert len(await world.jobs()) == 1

    async def test_one_that_a_sweep_met_between_its_fetch_and_its_work_is_not_doubled(self, world, campaign):
        await world.work(SEND_QUEUE)
        await world.due()
        job = await world.fetch()
        await world.scaleout.sweep()
        await world.perform(job)
        await world.work()
        assert len(await world.jobs()) == 1


class TestTimes:
    """Quiet hours and schedules are those of the campaign, whoever sends it."""

    async def test_in_quiet_hours_a_chunk_is_put_off_until_they_end(self, world):
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        hours = QuietHours((now - timedelta(hours=1)).time(), (now + timedelta(hours=3)).time(), "UTC")
        await world.submit(10, Campaign("quiet", text="Hi", quiet_hours=hours))
        (before,) = await world.jobs("send")
        await world.worker.send(before.args["chunk"])
        assert world.network.count(SEND) == 0
        (again,) = [job for job in await world.jobs("send") if job.id != before.id]
        assert 2.9 * 3600 < again.due_in < 3.1 * 3600

    async def test_reports_of_what_is_scheduled_are_asked_for_from_then_on(self, world):
        later = datetime.now(UTC) + timedelta(hours=5)
        await world.scaleout.submit(
            Campaign("later", text="Hi"), [Recipient("66800000001"), Recipient("66800000002", send_at=later)]
        )
        await world.work(SEND_QUEUE)
        (look,) = await world.jobs("track")
        assert 4.9 * 3600 < look.due_in < 5.1 * 3600
