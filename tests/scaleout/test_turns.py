"""What one trip settles: turns of many workers, and news of each of them, on one pace. All by arithmetic."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.models.limits import RateLimit
from ants_async.scaleout.turns import HORIZON, Ask, News, settle, visit
from ants_async.transport.adaptive import AdaptivePace
from ants_async.transport.fixed import Pace

NOW = 1.7e9
RNG = random.Random(1)


def ask(pace, waiting, now=NOW, news=(), **more):
    return settle(pace, now, news, Ask(waiting, **more), RNG)


def refused(at, retry_after=None):
    return News(at, retry_after=retry_after)


def climbing(seconds=3.0, rate=50):
    """A pace at work for some time, its limit not found yet."""
    pace = AdaptivePace(lag=0.05)
    for number in range(int(seconds * rate)):
        pace.succeeded(NOW - seconds + number / rate)
    return pace


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 0.5)), min_size=1, max_size=40))
def test_turns_are_never_closer_than_the_rate_says_whoever_asks_and_when(asked):
    pace, now, turns = Pace(rate=200), NOW, []
    for waiting, later in asked:
        now += later
        turns += ask(pace, waiting, now).turns
    assert all(two - one >= 1 / 200 - 1e-6 for one, two in pairwise(turns))
    assert turns == sorted(turns)


@given(st.integers(1, 40))
def test_nobody_gets_turns_for_more_callers_than_wait(waiting):
    assert len(ask(Pace(rate=10_000), waiting).turns) == waiting


@pytest.mark.parametrize("workers", [1, 2, 4, 20])
def test_busy_workers_have_about_the_same_share_and_one_more_waits_less_than_the_horizon(workers):
    pace, now, due, got = Pace(rate=1000), NOW, [NOW] * workers, [0] * workers
    while now < NOW + 20:
        worker = min(range(workers), key=due.__getitem__)  # asks when it has used up what it had
        now = max(now, due[worker])
        turns = ask(pace, 10_000, now).turns
        due[worker] = turns[-1]
        got[worker] += len(turns) if now > NOW + 2 else 0  # who came first had a start
    assert max(got) <= 1.2 * min(got)
    assert ask(pace, 1, now).turns[0] - now < HORIZON


def test_there_is_a_turn_however_many_workers_and_however_slow_the_rate():
    pace = Pace(rate=0.5)
    assert [ask(pace, 5).turns for _ in range(4)] == [(NOW + 2 * number,) for number in range(4)]


def test_callers_that_are_only_expected_get_turns_as_long_as_nobody_queues():
    pace = Pace(rate=100)
    mine = ask(pace, 1, expected=3).turns
    assert len(mine) == 4
    assert len(ask(pace, 1, expected=3).turns) == 1  # another worker: the first one's turns are before it
    assert len(ask(pace, 0, expected=3, now=NOW + 1).turns) == 0


def test_ones_own_turns_are_no_queue():
    pace = Pace(rate=100)
    last = ask(pace, 2).turns[-1]
    assert len(ask(pace, 1, expected=3, last=last).turns) == 4


def test_after_a_pause_one_probe_leaves_and_nobody_before_its_answer():
    pace = climbing()
    told = ask(pace, 5, news=[refused(NOW, 2.0)])
    assert (told.turns, told.paused) == ((), True)
    assert 0 < told.again <= 0.25
    assert not ask(pace, 5, NOW + 1.9).turns
    assert len(ask(pace, 5, NOW + 2.6).turns) == 1
    assert not ask(pace, 5, NOW + 2.7).turns  # of another worker, perhaps
    answered = ask(pace, 5, NOW + 2.8, news=[News(NOW + 2.75, accepted=1)])
    assert not answered.paused
    assert answered.turns
    assert answered.turns[0] < NOW + 2.9


def test_a_probe_that_died_with_its_worker_is_followed_by_another():
    pace = climbing()
    ask(pace, 1, news=[refused(NOW, 2.0)])
    assert len(ask(pace, 1, NOW + 2.6).turns) == 1
    assert len(ask(pace, 1, NOW + 5).turns) == 1


def test_429s_of_one_epoch_are_one_cut_whoever_tells_them():
    one, many = climbing(), climbing()
    ask(one, 0, news=[refused(NOW)])
    for later in (0.0, 0.02, 0.05):  # three workers; two do not make a row that says more
        ask(many, 0, NOW + later, news=[refused(NOW + later)])
    assert many.last_cut == one.last_cut == NOW
    assert many.rate == one.rate < 50


def test_a_429_that_is_told_late_counts_when_it_happened():
    pace = climbing()
    ask(pace, 0, news=[refused(NOW)])
    rate = pace.rate
    ask(pace, 0, NOW + 5, news=[refused(NOW + 0.5)])  # the database was out of reach for a while
    assert (pace.last_cut, pace.rate) == (NOW, rate)


def test_turns_taken_before_a_pause_are_lost_and_those_taken_after_it_are_good():
    pace = climbing()
    before = ask(pace, 3)
    told = ask(pace, 0, NOW + 0.01, news=[refused(NOW + 0.01, 2.0)])
    probe = ask(pace, 1, NOW + 2.6)
    assert not any(told.keeps(turn, before.now) for turn in before.turns)
    assert all(probe.keeps(turn, probe.now) for turn in probe.turns)


def test_a_breath_takes_the_turns_within_it_and_no_others():
    pace = Pace(rate=100)
    before = ask(pace, 10)
    told = ask(pace, 0, NOW, news=[refused(NOW, 0.04)])
    kept = [turn for turn in before.turns if told.keeps(turn, before.now)]
    assert kept == [turn for turn in before.turns if turn >= told.closed_until] != []
    assert told.closed_until == pytest.approx(NOW + 0.04, abs=0.011)


def test_accepts_are_told_sooner_while_the_limit_is_unknown():
    pace = climbing()
    assert ask(pace, 0).tell_within < 0.1
    assert ask(pace, 0, news=[refused(NOW)]).tell_within > 0.1


@pytest.mark.parametrize("limit", [None, RateLimit("50/1s")])
def test_one_visit_goes_on_where_the_last_one_stopped(limit):
    _, state = visit({}, NOW, (), Ask(3), limit=limit, rng=RNG)
    lease, _ = visit(state, NOW, (), Ask(1), limit=limit, rng=RNG)
    assert lease.turns == (pytest.approx(NOW + 3 / lease.rate),)
