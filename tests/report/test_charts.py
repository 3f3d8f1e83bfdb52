"""Charts: what they say in words, besides their shapes."""

import re
from datetime import UTC, timedelta, timezone

import pytest

from ants_async.report.buckets import Bar, Latencies, Stretch
from ants_async.report.charts import histogram, meter, timeline


def histogram_of(*seconds, marks=()):
    found = Latencies()
    for one in seconds:
        found.add(one)
    return histogram(found.bars(), marks, "label")


def labels(chart, kind):
    return re.findall(rf'<text class="{kind}"[^>]*>([^<]*)', chart)


def sides(chart):
    """On which side of its line each mark has its name."""
    found = re.findall(r'<text class="mark"[^>]*text-anchor="(\w+)">([^<]*)', chart)
    return {name: side for side, name in found}


def minutes(start, count, width=60):
    return Stretch(start, width, [[n, n, 0] for n in range(count)])


class TestHistogram:
    def test_bars_say_how_long_and_how_many(self):
        chart = histogram([Bar(1, 2, 12_345)], (), "label")
        assert "<title>1\u00a0s – 2\u00a0s: 12,345</title>" in chart

    @pytest.mark.parametrize("seconds", [[2.0], [1.5, 4.4], [0.01, 100_000]])
    def test_it_has_a_scale_however_narrow_or_wide(self, seconds):
        assert 'y="223"' in histogram_of(*seconds)

    def test_names_that_would_touch_stand_beside_their_lines(self):
        near = histogram_of(1, 100, marks=[("p90", 10.0), ("p99", 11.0)])
        assert sides(near) == {"p90": "end", "p99": "start"}

    def test_names_stay_within_the_plot(self):
        last = histogram_of(1, 100, marks=[("p50", 5.0), ("p90", 90.0), ("p99", 99.0)])
        assert sides(last) == {"p50": "middle", "p99": "end"}
        first = histogram_of(1, 100, marks=[("p50", 1.1), ("p90", 1.2), ("p99", 5.0)])
        assert sides(first) == {"p90": "start", "p99": "middle"}

    def test_one_between_two_has_only_its_line(self):
        chart = histogram_of(1, 100, marks=[("p50", 10.0), ("p90", 11.0), ("p99", 12.0)])
        assert sides(chart) == {"p50": "end", "p99": "start"}
        assert chart.count('<line class="mark"') == 3


class TestTimeline:
    def test_its_scale_is_full_minutes_on_the_clock_of_the_zone(self):
        bangkok = timezone(timedelta(hours=7))
        found = labels(timeline(minutes(1_777_626_030, 10, 30), bangkok, "label"), "tick")
        assert [one for one in found if ":" in one] == ["16:01", "16:02", "16:03", "16:04", "16:05"]

    def test_each_step_says_what_it_holds(self):
        chart = timeline(minutes(0, 3), UTC, "label")
        assert "<title>00:02:00 · ↗ 2 · ✓ 2 · ✕ 0</title>" in chart

    @pytest.mark.parametrize("start", [-62_000_000_000, 0, 250_000_000_000])
    @pytest.mark.parametrize("width", [1, 3600, 604_800 * 5200 // 72])
    def test_any_time_there_is_has_a_picture(self, start, width):
        assert "<svg" in timeline(minutes(start, 10, width), UTC, "label")


def test_a_meter_shows_shares_and_nothing_of_what_there_is_none():
    found = meter(("delivered", 0.75), ("expired", 0.0), ("rejected", 0.25))
    assert re.findall(r'class="(\w+)" x="([\d.]+)" width="([\d.]+)"', found) == [
        ("delivered", "0", "75"),
        ("rejected", "75", "25"),
    ]
