"""Limiters on a virtual clock, the adaptive one against servers whose limit it is not told."""

import math
import random

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from storms.load import backlog
from storms.servers import FixedWindow, SlidingWindow, TokenBucket
from virtual_time import DeadlockError, run_virtual, virtual_time

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit
from ants_async.transport.fixed import LONGEST_PAUSE
from ants_async.transport.rate import AdaptiveRate, FixedRate, Limiter, Unlimited, make_limiter

LATENCY = 0.02
IN_FLIGHT = 8


def fixed(text):
    return FixedRate(RateLimit(text), rng=random.Random(1))


def adaptive(seed=1, **kwargs):
    return AdaptiveRate(rng=random.Random(seed), **kwargs)


async def turns(limiter, count, gap=0.0):
    """`count` callers in a row, `gap` seconds apart: who got a turn, and when."""
    got = []

    async def caller(number):
        await limiter.acquire()
        got.append((number, anyio.current_time()))

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(caller, number)
            await anyio.sleep(gap)
    return got


# --- choosing one


def test_make_limiter():
    assert isinstance(make_limiter("adaptive"), AdaptiveRate)
    assert isinstance(make_limiter(None), Unlimited)
    assert make_limiter("100/1s").rate == make_limiter(RateLimit("6000/1m")).rate == 100
    own = Unlimited()
    assert make_limiter(own) is own
    for limiter in (Unlimited(), fixed("1/1s"), adaptive()):
        assert isinstance(limiter, Limiter)


@pytest.mark.parametrize("rate", ["", "fast", "0/1s", 100, object()])
def test_make_limiter_refuses_what_is_none(rate):
    with pytest.raises(ValidationError, match="rate"):
        make_limiter(rate)


@virtual_time
async def test_unlimited_never_waits_by_itself():
    limiter = Unlimited()
    assert [when for _, when in await turns(limiter, 1000)] == [0.0] * 1000
    assert limiter.rate == math.inf


@pytest.mark.parametrize(("asked", "waits"), [(60, 60), (None, 1), (0, 1), (10**9, LONGEST_PAUSE / 1.25)])
@virtual_time
async def test_unlimited_still_waits_when_the_server_throttles(asked, waits):
    limiter = Unlimited()
    limiter.throttled(asked)
    first, *others = [when for _, when in await turns(limiter, 10)]
    assert waits <= first <= 1.25 * waits
    assert set(others) == {first}


# --- a fixed rate


@given(count=st.integers(1, 5000), start=st.floats(0, 1e6))
def test_fixed_pace_is_exact(count, start):
    got = run_virtual(turns, fixed(f"{count}/1s"), 50, start=start)
    assert got == [(number, pytest.approx(start + number / count, abs=2e-6)) for number in range(50)]


@virtual_time
async def test_an_idle_time_earns_no_burst():
    limiter = fixed("10/1s")
    await limiter.acquire()
    await anyio.sleep(100)
    start = anyio.current_time()
    assert [when - start for _, when in await turns(limiter, 3)] == pytest.approx([0, 0.1, 0.2], abs=1e-6)


@pytest.mark.parametrize("make", [lambda: fixed("50/1s"), adaptive])
@virtual_time
async def test_first_come_first_served(make):
    """Also while newcomers arrive faster than turns come up."""
    got = await turns(make(), 100, gap=0.001)
    assert [number for number, _ in got] == list(range(100))


@virtual_time
async def test_a_cancelled_waiter_leaves_no_hole():
    limiter = fixed("10/1s")
    got = []

    async def caller(number, patience):
        with anyio.move_on_after(patience):
            await limiter.acquire()
            got.append((number, round(anyio.current_time(), 6)))

    async with anyio.create_task_group() as group:
        for number, patience in enumerate([9, 0.05, 0.05, 9, 0.15, 9]):  # head and middle of the line give up
            group.start_soon(caller, number, patience)
    assert got == [(0, 0.0), (3, 0.1), (5, 0.2)]


@pytest.mark.parametrize("make", [lambda: fixed("10/1s"), adaptive])
@virtual_time
async def test_retry_after_holds_back_everybody(make):
    limiter = make()
    sent = []

    async def caller():
        await limiter.acquire()
        sent.append(anyio.current_time())
        limiter.succeeded()

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(caller)
        await anyio.sleep(0.25)
        before = len(sent)
        limiter.throttled(5)
    assert before == 3
    assert all(5.25 <= when <= 5.25 + 5 * 0.25 + 2 for when in sent[before:])
    assert len(sent) == 10


@pytest.mark.parametrize("make", [lambda: fixed("10/1s"), adaptive])
@pytest.mark.parametrize(
    ("asked", "shortest", "longest"),
    [(1e9, 120, 121), (math.inf, 120, 121), (-5, 0, 2), (0, 0, 2), (math.nan, 0, 2)],
)
def test_no_retry_after_stops_a_client_for_good(make, asked, shortest, longest):
    async def pause():
        limiter = make()
        await limiter.acquire()
        limiter.throttled(asked)
        await limiter.acquire()
        return anyio.current_time()

    assert shortest <= round(run_virtual(pause), 3) <= longest


def test_a_limiter_may_be_made_before_there_is_an_event_loop_and_outlive_it():
    limiter = fixed("10/1s")
    assert len(run_virtual(turns, limiter, 3)) == 3
    assert len(run_virtual(turns, limiter, 3)) == 3


# --- the adaptive rate against a server that does not tell its limit; tests/storms has many more of them


servers = pytest.mark.parametrize("server", [FixedWindow, SlidingWindow, TokenBucket])
limits = pytest.mark.parametrize("limit", [20, 50, 200])
seeds = pytest.mark.parametrize("seed", [11, 12, 13])  # others than those the constants were tuned on


def run(server, limit, seed, *, seconds=math.inf, **kwargs):
    rng = random.Random(seed)
    changing = limit if callable(limit) else lambda _: limit
    limiter, options = (
        AdaptiveRate(rng=rng),
        {"trip": LATENCY, "workers": IN_FLIGHT, "end": seconds, **kwargs},
    )
    return run_virtual(lambda: backlog(server(changing, rng), limiter, rng, **options))


@servers
@limits
@seeds
def test_a_first_short_run_wastes_little(server, limit, seed):
    assert run(server, limit, seed, requests=200).refused() <= 0.05


@servers
@limits
@seeds
def test_a_minute_is_used_well(server, limit, seed):
    log = run(server, limit, seed, seconds=60)
    assert log.refused() <= 0.02
    assert log.accepts() >= 0.9 * limit * 60


@limits
@seeds
def test_a_window_that_tells_retry_after(limit, seed):
    """Each 429 costs a whole second here, which is the server's wish."""
    log = run(FixedWindow, limit, seed, seconds=60, retry_after=lambda _: 1.0)
    assert log.refused() <= 0.02
    assert log.accepts() >= 0.75 * limit * 60


@servers
@limits
@seeds
def test_a_storm_is_waited_out_and_left_behind(server, limit, seed):
    log = run(server, lambda now: 0 if 60 <= now < 90 else limit, seed, seconds=150)
    assert log.requests(60, 90) <= 20
    assert log.accepts(90, 103) > 0
    assert log.best(5, 90, 120) >= 0.9 * limit


@servers
@seeds
def test_a_limit_that_is_halved(server, seed):
    log = run(server, lambda now: 50 if now < 60 else 25, seed, seconds=120)
    assert log.refused(60) <= 0.02
    assert log.accepts(60) >= 0.9 * 25 * 60


@servers
@seeds
def test_a_limit_that_is_doubled(server, seed):
    log = run(server, lambda now: 50 if now < 60 else 100, seed, seconds=180)
    assert log.accepts(160, 180) >= 0.9 * 100 * 20


@pytest.mark.parametrize("retry_after", [None, 1.0])
def test_a_first_request_that_finds_the_door_shut_says_nothing_about_the_limit(retry_after):
    """Somebody else had used the second up."""
    options = {"seconds": 40, "retry_after": lambda _: retry_after}
    log = run(TokenBucket, lambda now: 0 if now < 0.1 else 50, 11, **options)
    assert not log.accepted[0]
    assert log.accepts(20, 40) >= 0.9 * 50 * 20


@virtual_time
async def test_a_server_that_asks_for_one_second_for_ever_is_asked_ever_more_seldom():
    limiter = adaptive()
    asked = []
    while anyio.current_time() < 60:
        await limiter.acquire()
        asked.append(anyio.current_time())
        limiter.throttled(1)
    assert len(asked) <= 12


@virtual_time
async def test_a_cut_never_raises_the_rate():
    for seed in range(20):
        rng, limiter = random.Random(seed), adaptive(seed)
        for _ in range(2000):
            await limiter.acquire()
            before = limiter.rate
            if rng.random() < 0.02:
                limiter.throttled(None)
                assert limiter.rate <= before
            else:
                limiter.succeeded()


@virtual_time
async def test_a_pause_ends_with_one_probe():
    limiter = adaptive()
    await limiter.acquire()
    limiter.throttled(1)
    got = []

    async def caller():
        await limiter.acquire()
        got.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(caller)
        await anyio.sleep(1.5)
        assert len(got) == 1  # the probe; the others wait for its answer
        limiter.succeeded()
        await anyio.sleep(1)
        assert len(got) == 5  # the line moves on at the new rate, long before the storm's next probe


@virtual_time
async def test_a_probe_that_never_reports_back_blocks_nobody():
    limiter = adaptive()
    limiter.throttled(1)
    assert len(await turns(limiter, 4)) == 4


@virtual_time
async def test_without_answers_the_rate_stays_and_a_slow_caller_does_not_raise_it():
    limiter = adaptive()
    await turns(limiter, 50)
    assert limiter.rate == 10
    for _ in range(200):
        await limiter.acquire()
        await anyio.sleep(1)
        limiter.succeeded()
    assert 10 <= limiter.rate <= 11


@virtual_time
async def test_slow_start_runs_at_most_twice_ahead_of_what_is_sent():
    limiter = adaptive()
    for _ in range(3000):
        await limiter.acquire()
        await anyio.sleep(0.01)  # one at a time: never more than 100 a second
        limiter.succeeded()
    assert 100 <= limiter.rate <= 205


@given(
    st.lists(st.tuples(st.sampled_from(["ok", "429", "wait"]), st.floats(0, 200)), max_size=60), st.integers()
)
def test_whatever_happens_the_rate_is_sane_and_a_turn_comes(events, seed):
    async def story():
        limiter = adaptive(seed)
        for event, number in events:
            if event == "ok":
                limiter.succeeded()
            elif event == "429":
                limiter.throttled(number if number > 100 else None)
            else:
                await anyio.sleep(number)
        assert 0.1 <= limiter.rate < 1e4
        before = anyio.current_time()
        await limiter.acquire()
        assert anyio.current_time() - before <= 121

    run_virtual(story)


# --- the clock itself


def test_the_virtual_clock_says_so_when_nothing_can_happen_any_more():
    with pytest.raises(DeadlockError):
        run_virtual(lambda: anyio.Event().wait())


@virtual_time
async def test_the_virtual_clock_stands_still_for_threads():
    with anyio.fail_after(0.001):
        assert await anyio.to_thread.run_sync(lambda: sum(range(300_000))) > 0
    await anyio.sleep(3600)
    assert anyio.current_time() == pytest.approx(3600)
