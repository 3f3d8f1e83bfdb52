"""Workers that share a rate, on a virtual clock, their row in memory; `test_rate_row.py` has a real one.

What is asked of the learnt rate is what `tests/storms` asks of the one of a single process, or nearly.
"""

import math
from contextlib import AsyncExitStack
from itertools import chain, pairwise
from random import Random

import anyio
import pytest
from scaleout.fleet import Row, fleet, shared
from storms.servers import FixedWindow, SlidingWindow, TokenBucket
from virtual_time import run_virtual, virtual_time

from ants_async.errors import ConfigurationError, LimitsUnreachable
from ants_async.models.limits import RateLimit
from ants_async.transport.rate import Limiter


def fixed(text, **options):
    return Row(RateLimit(text), **options)


def most_within(times, span=1.0):
    times = sorted(times)
    return max(sum(one <= two < one + span - 1e-6 for two in times) for one in times)


async def work(rate, got, *, start=0.0, end=math.inf, callers=16):
    """Callers that never rest, from then until then."""
    await anyio.sleep_until(start)

    async def caller():
        while True:
            await rate.acquire()
            got.append(anyio.current_time())
            await anyio.sleep(0.01)

    with anyio.move_on_after(end - anyio.current_time()):
        async with anyio.create_task_group() as group:
            for _ in range(callers):
                group.start_soon(caller)


async def workers(row, *spans, callers=16):
    """When each of them had its turns."""
    got = [[] for _ in spans]
    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        for (start, end), mine in zip(spans, got, strict=True):
            rate = await stack.enter_async_context(shared(row))
            group.start_soon(
                lambda r=rate, m=mine, s=start, e=end: work(r, m, start=s, end=e, callers=callers)
            )
    return got


@virtual_time
async def test_a_shared_rate_is_a_limiter():
    async with shared(fixed("50/1s")) as rate:
        assert isinstance(rate, Limiter)
        assert rate.rate == 50


# --- a fixed rate


@pytest.mark.parametrize("callers", [1, 4, 64])
@virtual_time
async def test_all_together_keep_the_limit_and_use_it_while_workers_come_and_go(callers):
    got = await workers(fixed("100/1s"), (0, 10), (0, 10), (3, 10), (0, 6), callers=callers)
    times = [*chain(*got)]
    if callers > 1:  # one caller each, with pauses of its own, need not
        assert all(95 <= sum(second <= one < second + 1 for one in times) <= 102 for second in range(10))
    assert most_within(times) <= 103


@virtual_time
async def test_busy_workers_get_about_the_same():
    got = await workers(fixed("100/1s"), *[(0, 30)] * 5)
    assert all(500 <= sum(when > 0.5 for when in one) <= 700 for one in got)  # who came first had a start


@virtual_time
async def test_a_worker_with_one_caller_does_not_starve_beside_busy_ones():
    row, got, alone = fixed("100/1s"), [], []
    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        busy = [await stack.enter_async_context(shared(row)) for _ in range(3)]
        one = await stack.enter_async_context(shared(row))
        for rate in busy:
            group.start_soon(lambda rate=rate: work(rate, got, end=10, callers=200))
        group.start_soon(lambda: work(one, alone, end=10, callers=1))
    waits = [two - one for one, two in pairwise(alone)]
    assert max(waits) < 0.4


@virtual_time
async def test_trips_are_few_when_many_wait():
    row = fixed("200/1s")
    got = await workers(row, *[(0, 10)] * 4, callers=32)
    assert sum(map(len, got)) >= 1900
    assert row.trips <= 10 * 4 * 8


@virtual_time
async def test_a_busy_caller_of_a_rate_that_nobody_else_wants_is_expected():
    row = fixed("200/1s")
    got = await workers(row, (0, 10), callers=1)
    assert len(got[0]) >= 700
    assert row.trips <= 0.5 * len(got[0])


@virtual_time
async def test_who_does_not_ask_makes_no_trips():
    row = fixed("10/1s")
    async with shared(row):
        await anyio.sleep(3600)
    assert row.trips == 0


@virtual_time
async def test_first_come_first_served():
    got = []
    async with shared(fixed("50/1s")) as rate, anyio.create_task_group() as group:

        async def caller(number):
            await rate.acquire()
            got.append(number)

        for number in range(100):
            group.start_soon(caller, number)
            await anyio.sleep(0.001)
    assert got == list(range(100))


@virtual_time
async def test_a_cancelled_waiter_leaves_no_hole():
    got = []
    async with shared(fixed("10/1s")) as rate, anyio.create_task_group() as group:

        async def caller(number, patience):
            with anyio.move_on_after(patience):
                await rate.acquire()
                got.append((number, round(anyio.current_time(), 1)))

        for number, patience in enumerate([9, 0.05, 0.05, 9, 0.15, 9]):
            group.start_soon(caller, number, patience)
    assert got == [(0, 0.0), (3, 0.1), (5, 0.2)]


@virtual_time
async def test_a_worker_that_dies_costs_the_turns_it_had_and_no_more():
    row, got = fixed("100/1s"), []
    dead = await shared(row).__aenter__()
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(dead.acquire)
        await anyio.sleep(0.002)  # it has just asked
        lost = len(dead._turns)
        dead._keeper.cancel()
        group.cancel_scope.cancel()
    assert lost > 5
    async with shared(row) as alive:
        await work(alive, got, end=5)
    assert len(got) >= 500 - lost - 5


@virtual_time
async def test_a_slow_database_slows_nobody_down():
    got = await workers(fixed("100/1s", way=0.04), (0, 10))
    assert len(got[0]) >= 950
    assert most_within(got[0]) <= 105


@virtual_time
async def test_a_turn_that_comes_late_from_a_slow_database_is_a_turn():
    row, got = fixed("100/1s", way=0.1), []
    async with shared(row) as rate, anyio.create_task_group() as group:

        async def caller():
            with anyio.fail_after(5):
                await rate.acquire()
            got.append(anyio.current_time())

        for _ in range(3):
            group.start_soon(caller)
    assert got == pytest.approx([0.2, 0.21, 0.22], abs=1e-3)
    assert row.trips == 1


# --- what one worker hears, all of them know


@pytest.mark.parametrize("row", [Row(), fixed("20/1s")], ids=["learnt", "fixed"])
def test_retry_after_holds_everybody_though_its_worker_has_nothing_more_to_send(row):
    async def held():
        got = []
        async with shared(row) as one, shared(row) as other, anyio.create_task_group() as group:
            group.start_soon(lambda: work(other, got, end=10, callers=8))
            await anyio.sleep(2)
            one.throttled(5)
            one.throttled(5)
        return got

    got = run_virtual(held)
    assert sum(when < 2 for when in got) >= 15
    assert not [when for when in got if 2.4 < when < 7]
    assert [when for when in got if when > 7]


@virtual_time
async def test_a_turn_far_ahead_is_lost_to_a_pause_that_came_meanwhile():
    """At a slow rate a worker has its turn long before it is due."""
    row, left = fixed("1/1s"), []
    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        rates = [await stack.enter_async_context(shared(row)) for _ in range(5)]

        async def caller(rate):
            await rate.acquire()
            left.append(anyio.current_time())

        for rate in rates:
            group.start_soon(caller, rate)
        await anyio.sleep(0.5)
        rates[0].throttled(10)
    assert left[0] < 0.1
    assert min(left[1:]) >= 10.5
    assert len(left) == 5


@virtual_time
async def test_nobody_leaves_on_old_news_while_the_database_does_not_answer():
    row, left = fixed("1/1s"), []
    async with shared(row) as one, shared(row) as other:
        await one.acquire()
        async with anyio.create_task_group() as group:

            async def caller():
                await other.acquire()
                left.append(anyio.current_time())

            group.start_soon(caller)  # its turn is a second ahead
            await anyio.sleep(0.5)
            row.way = 2.0
    assert 4.9 < left[0] < 10


@virtual_time
async def test_nobody_here_leaves_before_a_429_is_told():
    row, got = fixed("100/1s", way=0.1), []
    async with shared(row) as rate, anyio.create_task_group() as group:
        group.start_soon(lambda: work(rate, got, end=1))
        await anyio.sleep(0.5)
        at, trips = len(got), row.trips
        assert at > 5
        rate.throttled(0.3)
        await anyio.sleep(0.19)  # there, and not yet back
        assert (len(got), row.trips > trips) == (at, True)


@virtual_time
async def test_a_pause_ends_with_one_probe_of_them_all_and_all_know_of_its_answer():
    row, left = Row(), []
    async with AsyncExitStack() as stack, anyio.create_task_group() as group:
        rates = [await stack.enter_async_context(shared(row)) for _ in range(4)]
        rates[0].throttled(2)
        await anyio.sleep(0.01)

        async def caller(rate):
            await rate.acquire()
            left.append((anyio.current_time(), rate))

        for rate in rates:
            for _ in range(3):
                group.start_soon(caller, rate)
        await anyio.sleep(2.9)
        [(when, probe)] = left
        assert when >= 2
        probe.succeeded()
    assert len(left) == 12
    assert max(when for when, _ in left) < 7  # at the rate of 5 a second, not at the pace of probes


@virtual_time
async def test_n_workers_429s_are_one_cut():
    row = Row()
    async with AsyncExitStack() as stack:
        rates = [await stack.enter_async_context(shared(row)) for _ in range(8)]
        for _ in range(30):
            for rate in rates:
                rate.succeeded()
            await anyio.sleep(0.1)
        before = rates[0].rate
        for rate in rates[:2]:
            rate.throttled(None)
        await anyio.sleep(0.5)
        rates[5].succeeded()
        await anyio.sleep(0.5)
        after = rates[5].rate
    assert 0.4 * before < after < before
    assert row.state.count("last_cut") == 1


@virtual_time
async def test_the_last_429_is_told_before_the_end():
    row = Row()
    async with shared(row) as rate:
        rate.throttled(60)
    async with shared(row) as other:
        with anyio.move_on_after(59):
            await other.acquire()
            raise AssertionError("left")


# --- the database


@virtual_time
async def test_without_the_database_nobody_leaves_and_everybody_is_told_at_once():
    row, errors = fixed("100/1s"), []
    row.error = LimitsUnreachable("rate 'send': gone")

    async def caller(rate):
        with pytest.raises(LimitsUnreachable, match="gone"):
            await rate.acquire()
        errors.append(anyio.current_time())

    async with shared(row) as rate:
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(caller, rate)
        assert len(errors) == 50
        assert max(errors) < 0.1
        row.error = None
        await rate.acquire()


@virtual_time
async def test_a_429_that_could_not_be_told_is_told_later_and_counts_from_when_it_came():
    row, got = Row(), []
    async with shared(row) as rate, shared(row) as other:
        await rate.acquire()
        row.error = LimitsUnreachable("gone")
        rate.throttled(10)
        await anyio.sleep(4)
        row.error = None
        await anyio.sleep(1)
        await work(other, got, end=20)
    assert 10 <= got[0] <= 14


@virtual_time
async def test_a_database_that_stays_away_does_not_keep_a_worker_from_its_end():
    row = Row(error=LimitsUnreachable("gone"))
    with anyio.fail_after(10):
        async with shared(row) as rate:
            rate.throttled(60)


@virtual_time
async def test_a_rate_that_is_not_open_says_so():
    rate = shared(fixed("10/1s"))
    with pytest.raises(ConfigurationError, match="async with"):
        await rate.acquire()
    async with rate:
        await rate.acquire()
    with pytest.raises(ConfigurationError, match="async with"):
        await rate.acquire()


# --- a learnt rate, and servers that do not tell their limit


def run(server, limit, seed, *, retry_after=None, end=90):
    rng, row = Random(seed), Row()
    allowed = limit if callable(limit) else lambda _: limit
    asks = None if retry_after is None else lambda _: retry_after
    play = fleet(server(allowed, rng), row, rng, workers=4, callers=8, end=end, retry_after=asks)
    return run_virtual(lambda: play)


@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
@pytest.mark.parametrize(("limit", "retry_after"), [(30, None), (90, None), (90, 1.0)])
def test_four_workers_find_the_limit_together_and_waste_little(server, limit, retry_after):
    log = run(server, limit, 101, retry_after=retry_after)
    assert log.goodput(10, 90) >= 0.88 * limit
    assert log.refused() <= 0.01


@pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
def test_four_workers_wait_out_a_storm_together(server):
    log = run(server, lambda now: 0 if 30 <= now < 60 else 60, 101)
    assert log.requests(30, 60) <= 40  # two horizons' worth, and the probes
    assert log.best(5, 60, 90) >= 0.85 * 60
