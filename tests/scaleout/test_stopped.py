"""Whenever a worker is stopped: what it had begun is given back, and each is texted once."""

import asyncio
import json
import time

import anyio
import httpx
import pytest
from scaleout.cut_off import cancelled, hang
from scaleout_world import (
    CAMPAIGN,
    LOGS,
    REPORTS,
    SEND,
    everybody,
    people,
    refusing,
)

from ants_async.dispatch import Campaign, OutcomeKind
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.scaleout.queue import SEND_QUEUE, TRACK_QUEUE, Look

UNANSWERED, TRACKED, CLOSED = ChunkState


class TestStopped:
    async def test_one_that_hangs_gives_its_chunk_back_at_once(self, world, campaign):
        world.network.bend = hang
        (chunk,) = await world.chunks()
        (before,) = await world.jobs("send")
        task = await cancelled(world.worker.send(chunk), lambda: world.network.count(SEND))
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
        await cancelled(world.perform(job), is_lost.is_set)
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

    @pytest.mark.parametrize("how", ["pause", "cancel"])
    async def test_what_is_repeated_is_so_in_a_paused_one_and_not_in_a_cancelled_one(
        self, world, campaign, how
    ):
        async def failing(request, _):
            if request.url.path != SEND or world.network.count(SEND) > 2:
                return None
            if world.network.count(SEND) == 2:
                await getattr(campaign, how)()
            return httpx.Response(503)

        world.network.bend = failing
        summary = await world.work_to_the_end()
        left = 0 if how == "pause" else 10
        assert (summary.final, summary.planned) == (10 - left, left)
        assert len(await world.texted()) == 10 - left

    async def test_what_a_dead_worker_has_begun_in_a_cancelled_one_is_looked_up_alone(self, world, campaign):
        world.network.bend = hang
        (chunk,) = await world.chunks()
        await cancelled(world.worker.send(chunk), lambda: world.network.count(SEND))
        await world.sql("DELETE FROM procrastinate_jobs")
        await campaign.cancel()
        world.network.bend = None
        await world.scaleout.sweep()
        summary = await world.work_to_the_end()
        assert (summary.planned, summary.state) == (10, CampaignState.CANCELLED)
        assert world.network.count(LOGS)
        assert not await world.texted()
