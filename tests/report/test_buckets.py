"""Buckets: counts over durations and over time, in memory that does not grow."""

import random
from itertools import pairwise

import pytest

from ants_async.report.buckets import Latencies, Timeline


def latencies(*seconds):
    found = Latencies()
    for one in seconds:
        found.add(one)
    return found


class TestLatencies:
    def test_without_any_there_is_nothing_to_say(self):
        assert latencies().percentile(50) is None
        assert latencies().bars() == []

    @pytest.mark.parametrize("percent", [1, 50, 90, 99, 100])
    def test_a_percentile_is_at_most_two_percent_off(self, percent):
        draw = random.Random(7)
        seconds = sorted(draw.lognormvariate(1, 1) for _ in range(10_000))
        exact = seconds[percent * 100 - 1]
        assert latencies(*seconds).percentile(percent) == pytest.approx(exact, rel=0.02)

    def test_bars_hold_everything_once_and_leave_no_gap(self):
        found = latencies(0.02, 0.5, 0.5, 3, 4, 900)
        bars = found.bars()
        assert sum(bar.count for bar in bars) == found.total == 6
        assert len(bars) <= 36
        assert all(one.end == pytest.approx(other.start) for one, other in pairwise(bars))

    def test_all_alike_are_one_bar(self):
        assert [bar.count for bar in latencies(2, 2, 2).bars()] == [3]

    @pytest.mark.parametrize("nonsense", [0, -5, 1e-9, 1e12])
    def test_what_no_clock_can_have_measured_counts_as_an_extreme(self, nonsense):
        assert len(latencies(1.0, nonsense).bars()) <= 36

    def test_a_million_different_ones_take_a_few_hundred_buckets(self):
        found = latencies(*(n / 997 for n in range(100_000)))
        assert len(found.counts) < 600


def timeline(*moments, series=0):
    found = Timeline(2)
    for one in moments:
        found.add(series, one)
    return found.stretch()


class TestTimeline:
    def test_without_a_moment_there_is_nothing_to_show(self):
        assert timeline() is None

    def test_short_ones_are_shown_by_the_second(self):
        found = timeline(100.2, 100.9, 103.0)
        assert (found.start, found.width) == (100, 1)
        assert [step[0] for step in found.steps] == [2, 0, 0, 1]
        assert found.outside == 0

    def test_series_are_counted_apart(self):
        found = Timeline(2)
        found.add(0, 5)
        found.add(1, 5)
        found.add(1, 6)
        assert found.stretch().steps == [[1, 1], [0, 1]]

    def test_longer_ones_in_steps_that_a_person_can_name(self):
        found = timeline(*range(3600, 7200))
        assert (found.start, found.width, len(found.steps)) == (3600, 60, 60)
        assert {step[0] for step in found.steps} == {60}

    def test_nothing_is_lost_when_steps_widen(self):
        found = timeline(*range(0, 400_000, 7))
        assert sum(step[0] for step in found.steps) == len(range(0, 400_000, 7))
        assert len(found.steps) <= 73

    def test_a_thin_tail_does_not_press_the_rest_flat(self):
        found = timeline(*range(1000), 172_800, 172_801)
        assert found.end < 2000
        assert found.outside == 1002 - sum(step[0] for step in found.steps) > 0

    def test_a_clock_that_is_centuries_off_breaks_nothing(self):
        found = timeline(-5e9, *range(100), 2e11)
        assert len(found.steps) <= 110

    def test_moments_all_over_history_take_bounded_memory(self):
        draw = random.Random(3)
        found = Timeline(1)
        for _ in range(20_000):
            found.add(0, draw.uniform(-6e10, 2.5e11))
        assert len(found._counts) <= 2049
        assert len(found.stretch().steps) <= 73
