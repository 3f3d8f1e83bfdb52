"""When requests leave: in their turn, outside of quiet hours, and only for what is still to be sent."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import anyio
import httpx
import pytest
from engine_world import people, wall_clock
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, QuietHours
from ants_async.dispatch.leaving import Gate
from ants_async.dispatch.lookback import Lookback
from ants_async.endpoints import Family
from ants_async.errors import LimitsUnreachable
from ants_async.transport.rate import Unlimited, make_limiter

SEND = "/sms/1/text/advanced"
CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")


def slow(w, rate):
    w.client.limiters[Family.SEND] = make_limiter(rate)


def quiet_from(seconds):
    """Three hours, which begin in about so many seconds; and when that is."""
    begin = datetime.fromtimestamp(wall_clock() + seconds, UTC).replace(second=0, microsecond=0)
    return QuietHours(begin.time(), (begin + timedelta(hours=3)).time(), "UTC"), begin.timestamp()


def noting(w, times, since=0.0):
    """When sends leave."""

    async def note(request, _):
        if request.url.path == SEND:
            times.append(wall_clock() - since)

    w.network.bend = note


class TestQuietHours:
    @pytest.mark.parametrize("refused", [0, 5], ids=["the rate", "the pause after a 429"])
    @virtual_time
    async def test_what_waits_for_the_rate_when_they_begin_waits_for_their_end(self, world, refused):
        left_at = []

        async def refusing(request, _):
            if request.url.path == SEND:
                left_at.append(wall_clock() - begin)
                if len(left_at) <= refused:
                    return httpx.Response(429, headers={"Retry-After": "110"})
            return None

        async with world() as w:
            hours, begin = quiet_from(120)
            slow(w, "1/50s")
            w.network.bend = refusing
            await w.run(Campaign("c", text="Hi", quiet_hours=hours), people(100))
            assert (await w.ledger.summary("c")).final == 100
        assert [one for one in left_at if 0 <= one < 3 * 3600] == []
        assert min(left_at) < 0
        assert len(left_at) == 10 + refused

    @virtual_time
    async def test_what_the_logs_are_asked_about_when_they_begin_waits_too(self, world, monkeypatch):
        async def look_back(_, work):
            await anyio.sleep(300)
            return work.chunk

        monkeypatch.setattr(Lookback, "look_back", look_back)
        async with world() as w:
            hours, begin = quiet_from(120)
            noting(w, left_at := [], begin)
            await w.run(Campaign("c", text="Hi", quiet_hours=hours), people(10))
        assert [round(one / 3600, 2) for one in left_at] == [3]

    @virtual_time
    async def test_that_end_between_two_looks_at_the_clock_lose_nobody(self, world, monkeypatch):
        looks = iter([0.0, 1e-9])
        monkeypatch.setattr(Gate, "_quiet_for", lambda _: next(looks, 0.0))
        async with world() as w:
            await w.run(CAMPAIGN, people(10), concurrency=1)
            assert (await w.ledger.summary(CAMPAIGN.id)).final == 10


class TestStops:
    @virtual_time
    async def test_what_waits_for_the_rate_has_not_begun(self, world):
        async with world() as w:
            slow(w, "1/50s")
            stream = w.dispatcher().run(CAMPAIGN, people(100))
            await anext(stream)
            began = anyio.current_time()
            await stream.aclose()
            assert anyio.current_time() - began < 1
            summary = await w.ledger.summary(CAMPAIGN.id)
            assert summary.total == summary.accepted == (await w.stats())["accepted"] == 10

    @pytest.mark.parametrize(("status_code", "unclear"), [(429, 0), (503, 10)])
    @virtual_time
    async def test_whoever_repeats_ends_as_the_last_try(self, world, status_code, unclear):
        sends = 0

        async def failing(request, _):
            nonlocal sends
            sends += request.url.path == SEND
            if request.url.path == SEND and sends > 1:
                return httpx.Response(status_code, headers={"Retry-After": "60"})
            return None

        async with world() as w:
            w.network.bend = failing
            stream = w.dispatcher(concurrency=1).run(CAMPAIGN, people(100))
            await anext(stream)
            await anyio.sleep(5)
            began = anyio.current_time()
            await stream.aclose()
            assert anyio.current_time() - began < 1
            assert (await w.ledger.summary(CAMPAIGN.id)).unclear == unclear


@virtual_time
async def test_whoever_is_suppressed_while_a_chunk_waits_is_held_back(world):
    async with world() as w:
        slow(w, "1/100s")
        stop, late = set(), people(30)[25].to
        async for outcome in w.dispatcher(suppress=stop).run(CAMPAIGN, people(30)):
            stop.add(late)
            if outcome.kind is OutcomeKind.REJECTED:
                assert outcome.to == late
        assert late not in {one["to"] for one in await w.sent()}
        assert (await w.ledger.summary(CAMPAIGN.id)).final == 29


@virtual_time
async def test_turns_that_something_holds_up_are_not_all_used_at_once(world, monkeypatch):
    async with world() as w:
        slow(w, "1/1s")
        begin = type(w.ledger).begin

        async def held_up(ledger, *args):
            if anyio.current_time() > 1:
                await anyio.sleep(max(0.0, 10 - anyio.current_time()))  # by a slow disk, or a lock
            return await begin(ledger, *args)

        monkeypatch.setattr(type(w.ledger), "begin", held_up)
        noting(w, left_at := [])
        await w.run(CAMPAIGN, people(150))
        assert len(left_at) == 15
        assert all(right - left > 0.9 for left, right in pairwise(left_at[3:]))


class _Unreachable(Unlimited):
    """Of a database that is away, once, after a long wait."""

    is_away = True

    async def acquire(self):
        if self.is_away:
            await anyio.sleep(700)
            self.is_away = False
            raise LimitsUnreachable("away")


@virtual_time
async def test_patience_with_a_rate_that_cannot_be_asked_begins_with_the_first_failure(world):
    async with world() as w:
        w.client.limiters[Family.SEND] = _Unreachable()
        await w.run(CAMPAIGN, people(10))
        assert (await w.ledger.summary(CAMPAIGN.id)).final == 10
