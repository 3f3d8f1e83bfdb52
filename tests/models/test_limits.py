"""The manual's time spans and limits."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit, TimeSpan

SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
numbers = st.integers(1, 10**9)
units = st.sampled_from(sorted(SECONDS))


@given(numbers, units)
def test_time_span_means_its_seconds_and_survives_a_round_trip(number, unit):
    span = TimeSpan(f"{number}{unit}")
    assert span.seconds == pytest.approx(number * SECONDS[unit])
    assert TimeSpan(str(span)) == span
    assert str(span) == f"{number}{unit}"


@given(numbers, numbers, units)
def test_rate_limit_survives_a_round_trip(count, number, unit):
    limit = RateLimit(f"{count}/{number}{unit}")
    assert (limit.count, limit.period) == (count, pytest.approx(number * SECONDS[unit]))
    assert RateLimit(str(limit)) == limit


@pytest.mark.parametrize(("one", "other"), [("120m", "2h"), ("1000ms", "1s"), ("24h", "1d"), ("90s", "90s")])
def test_what_means_the_same_is_equal_and_written_as_it_was_given(one, other):
    assert TimeSpan(one) == TimeSpan(other)
    assert hash(TimeSpan(one)) == hash(TimeSpan(other))
    assert (str(TimeSpan(one)), repr(TimeSpan(one))) == (one, f"TimeSpan('{one}')")
    assert RateLimit(f"3/{one}") == RateLimit(f"3/{other}")
    assert hash(RateLimit(f"3/{one}")) == hash(RateLimit(f"3/{other}"))
    assert (str(RateLimit(f"3/{one}")), repr(RateLimit(f"3/{one}"))) == (f"3/{one}", f"RateLimit('3/{one}')")


def test_spans_are_ordered_by_their_length():
    assert sorted(map(TimeSpan, ["2h", "90m", "1d", "1ms"])) == list(
        map(TimeSpan, ["1ms", "90m", "2h", "1d"])
    )


def test_a_limit_is_not_reduced_because_its_burst_counts():
    assert RateLimit("60/1m") != RateLimit("1/1s")


@pytest.mark.parametrize(
    "text", ["", "x", "15", "m", "0m", "-1s", "1.5s", " 1s", "1s\n", "1S", "1w", "٣s", None]
)
def test_bad_time_spans_are_refused(text):
    with pytest.raises(ValidationError) as caught:
        TimeSpan(text, field="pinTimeToLive")
    assert (caught.value.field, caught.value.value) == ("pinTimeToLive", text)


@pytest.mark.parametrize("text", ["", "x", "0/1d", "1/0s", "1", "/1s", "1/", "1/s", "1/1s/1s", "-1/1s", None])
def test_bad_limits_are_refused(text):
    with pytest.raises(ValidationError) as caught:
        RateLimit(text, field="verifyPinLimit")
    assert (caught.value.field, caught.value.value) == ("verifyPinLimit", text)


@given(st.text())
def test_no_text_breaks_the_parser(text):
    for parse in (TimeSpan, RateLimit):
        try:
            assert parse(str(parse(text))) == parse(text)
        except ValidationError as error:
            assert error.value == text  # noqa: PT017 - either outcome is fine


def test_they_are_frozen():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        TimeSpan("1s").milliseconds = 2
