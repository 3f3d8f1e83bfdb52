"""Paces reckon without waiting, and go on from what was written down as if nothing had happened."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.transport.adaptive import AdaptivePace
from ants_async.transport.fixed import Pace

EVENTS = st.lists(
    st.tuples(st.sampled_from(["accepted", "429", "429 and wait", "leave"]), st.floats(0, 3)), max_size=60
)


def told(pace, events, start=1.7e9, seed=1):
    """When the pace has heard of them: the time."""
    now, rng = start, random.Random(seed)
    for event, later in events:
        now += later
        if event == "leave":
            pace.leave(max(pace.due, now))
        elif event == "accepted":
            pace.succeeded(now)
        else:
            pace.throttled(now, 2.0 if "wait" in event else None, rng)
    return now


def again(pace, fresh, now, later=0.0):
    """The pace as another process reads it."""
    fresh.read(json.loads(json.dumps(pace.written(now), allow_nan=False)), now + later)
    return fresh


def facts(pace, now):
    """All there is to know, times as JSON has them."""
    return {
        name: pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
        for name, value in pace.written(now).items()
        if name != "accepted"
    } | {"accepted": [pytest.approx(one, abs=1e-5) for one in pace.written(now)["accepted"]]}


@given(before=EVENTS, after=EVENTS)
def test_a_written_pace_goes_on_as_the_one_in_memory(before, after):
    one = AdaptivePace()
    now = told(one, before)
    two = again(one, AdaptivePace(), now)
    then = told(one, after, now, seed=2)
    assert told(two, after, now, seed=2) == then
    assert (two.rate, two.due, two.paused) == (pytest.approx(one.rate), pytest.approx(one.due), one.paused)
    assert two.written(then) == facts(one, then)


def test_a_pace_that_was_never_used_is_written_too():
    assert again(AdaptivePace(), AdaptivePace(), 5.0) == AdaptivePace()
    assert again(Pace(rate=3), Pace(rate=3), 5.0) == Pace(rate=3)


def test_what_is_not_written_stays_as_it_is():
    """An older version's row, or none."""
    pace = AdaptivePace(initial=7)
    pace.read({}, 100.0)
    assert pace == AdaptivePace(initial=7)


def test_a_known_rate_is_its_owners_and_not_the_rows():
    pace = Pace(rate=100)
    pace.leave(50.0)
    assert again(pace, Pace(rate=20), 50.0).rate == 20


def test_nobody_waits_for_a_clock_that_was_set_back():
    pace = Pace(rate=10)
    pace.leave(3600.0)
    assert again(pace, Pace(rate=10), 3600.0, later=-3000.0).due == pytest.approx(600.1)


def test_the_accepted_rate_leaves_out_what_may_still_be_untold():
    """Two processes at 50 a second each; the other one's last quarter of a second is not told yet."""
    pace = AdaptivePace(lag=0.25)
    for number in range(200):
        pace.succeeded(number * 0.02)
        if number * 0.02 < 3.75:
            pace.succeeded(number * 0.02)
    assert pace._accepted_rate(4.0) == pytest.approx(100, rel=0.03)


def test_news_that_comes_late_finds_its_place():
    pace = AdaptivePace(lag=0.25)
    for at in (9.9, 10.2, 10.1, 10.05):
        pace.succeeded(at)
    assert list(pace.accepted) == [10.05, 10.1, 10.2]


def test_an_accept_of_what_left_before_the_pause_was_known_does_not_end_it():
    pace = AdaptivePace(lag=0.25)
    pace.throttled(10.0, 5.0, random.Random(1))
    for at in (9.9, 10.0, 10.2):
        pace.succeeded(at)
    assert pace.paused
    assert pace.due >= 15
    pace.succeeded(15.5)
    assert not pace.paused
    assert pace.due == pytest.approx(15.5, abs=0.3)
    assert not math.isinf(pace.held_at)
