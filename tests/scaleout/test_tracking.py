"""Looks at what was sent: how often, how long, and by the logs where reports are lost."""

import json
import time
from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest
from scaleout.cut_off import cancelled, hang
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

from ants_async.dispatch import Campaign, QuietHours, Recipient
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.tracking import TrackingRules
from ants_async.endpoints import Family
from ants_async.scaleout.queue import SEND_QUEUE, TRACK_QUEUE, Look
from ants_async.transport.rate import Unlimited

HOUR = 3600.0
RULES = TrackingRules()


def _look(*, wait, quiet_since=None, ask_logs=False):
    return Look(wait=wait, quiet_since=time.time() if quiet_since is None else quiet_since, ask_logs=ask_logs)


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
        await cancelled(world.worker.send(chunk), lambda: world.network.count(SEND) == 2)
        world.network.bend = None
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.deduplicated == 10
        assert {one.bulk_id for one in await world.newest()} == {"of-another"}
        assert await world.texted() == everybody(10)


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


class Meanwhile(Unlimited):
    """Something happens while a request waits for its turn."""

    def __init__(self, happens):
        super().__init__()
        self._happens = happens

    async def acquire(self):
        await self._happens()


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

    async def test_what_waits_for_the_rate_when_they_begin_is_put_off_too(self, world):
        begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=30)
        hours = QuietHours(begin.time(), (begin + timedelta(hours=3)).time(), "UTC")

        async def begins():
            world.clock.forward(40 * 60)
            await world.client.account.balance()  # whose answer says what time it is

        world.client.limiters[Family.SEND] = Meanwhile(begins)
        await world.submit(10, Campaign("quiet", text="Hi", quiet_hours=hours))
        await world.work(SEND_QUEUE)
        assert world.network.count(SEND) == 0
        assert await world.value("SELECT attempted_at FROM chunk") is None
        (job,) = await world.jobs("send")
        assert 2.8 * 3600 < job.due_in < 2.9 * 3600

    async def test_what_waits_for_the_rate_when_a_worker_is_stopped_is_given_back_at_once(
        self, world, campaign
    ):
        async def stops():
            world.worker.stop()
            await anyio.sleep_forever()

        world.client.limiters[Family.SEND] = Meanwhile(stops)
        (chunk,) = await world.chunks()
        (before,) = await world.jobs("send")
        await world.worker.send(chunk)
        assert world.network.count(SEND) == 0
        assert await world.value("SELECT attempted_at FROM chunk") is None
        assert await world.is_free(chunk)
        assert [job.args["chunk"] for job in await world.jobs("send") if job.id != before.id] == [chunk]

    @pytest.mark.parametrize("how", ["pause", "cancel"])
    async def test_what_waits_for_the_rate_when_it_is_stopped_is_not_begun(self, world, campaign, how):
        world.client.limiters[Family.SEND] = Meanwhile(getattr(campaign, how))
        await world.work(SEND_QUEUE)
        assert world.network.count(SEND) == 0
        assert await world.value("SELECT attempted_at FROM chunk") is None

    async def test_reports_of_what_is_scheduled_are_asked_for_from_then_on(self, world):
        later = datetime.now(UTC) + timedelta(hours=5)
        await world.scaleout.submit(Campaign("later", text="Hi", send_at=later), [Recipient("66800000001")])
        await world.work(SEND_QUEUE)
        (look,) = await world.jobs("track")
        assert 4.9 * 3600 < look.due_in < 5.1 * 3600

    @pytest.mark.parametrize(
        ("later", "wait", "due_in"),
        [(5 * 3600, 5 * RULES.longest, 5 * RULES.longest), (3600 + 150, RULES.first, 152)],
    )
    async def test_who_has_a_time_of_his_own_does_not_hold_up_what_is_known_of_the_others(
        self, world, later, wait, due_in
    ):
        later = datetime.now(UTC) + timedelta(seconds=later)
        await world.scaleout.submit(
            Campaign("both", text="Hi"), [Recipient("66800000001"), Recipient("66800000002", send_at=later)]
        )
        await world.work(SEND_QUEUE)
        (look,) = await world.jobs("track")
        assert look.due_in <= 2
        world.clock.forward(3600)
        await world.worker.track(look.args["chunk"], _look(wait=10 * RULES.longest))
        then = (await world.jobs("track"))[-1]
        assert then.args["wait"] == wait
        assert due_in / 2 < then.due_in < due_in * 1.1  # by the clock of the API, to the second
