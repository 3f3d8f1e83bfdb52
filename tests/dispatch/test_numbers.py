"""A compressed set of numbers behaves as a set."""

from hypothesis import given
from hypothesis import strategies as st

from ants_async.dispatch.numbers import NumberSet

NUMBERS = st.integers(min_value=10_000_000, max_value=10_000_300) | st.integers(0, 10**15)


@given(st.lists(NUMBERS))
def test_it_agrees_with_a_set(numbers):
    ours, theirs = NumberSet(), set()
    for number in numbers:
        assert (number in ours) == (number in theirs)
        assert ours.add(number) == (number not in theirs)
        theirs.add(number)
    assert all(number in ours for number in theirs)
    assert (sorted(ours), len(ours)) == (sorted(theirs), len(theirs))


def test_a_crowded_bucket_becomes_a_bitmap_and_forgets_nothing():
    ours = NumberSet()
    numbers = range(66_800_000_000, 66_800_020_000, 2)
    assert all(ours.add(number) for number in numbers)
    assert not any(ours.add(number) for number in numbers)
    assert all(number in ours for number in numbers)
    assert not any(number + 1 in ours for number in numbers)
    assert (sorted(ours), len(ours)) == ([*numbers], len(numbers))
