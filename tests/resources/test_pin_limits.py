"""The windows in which uses of PIN limits are counted."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import run_virtual, virtual_time

from ants_async.errors import PinLimitReached
from ants_async.models.limits import RateLimit
from ants_async.resources.pin_limits import LocalPinLimits, Use


def use(limit="1/3s", key="66847781470", name="limit"):
    return Use(name, RateLimit(limit), key)


async def leaves(limits, *uses):
    """Whether there is room for one of each, and it is taken."""
    try:
        await limits.take(list(uses), wait=False)
    except PinLimitReached:
        return False
    return True


@given(
    count=st.integers(1, 4),
    pauses=st.lists(st.floats(0, 5, allow_nan=False), max_size=40),
)
def test_no_window_of_the_span_ever_holds_more_than_the_limit_and_none_is_left_idle(count, pauses):
    async def taken():
        limits, times = LocalPinLimits(), []
        for pause in pauses:
            await anyio.sleep(pause)
            now = anyio.current_time()
            is_room = sum(now - one < 3 for one in times) < count
            assert await leaves(limits, use(f"{count}/3s")) is is_room
            if is_room:
                times.append(now)

    run_virtual(taken)


@virtual_time
async def test_all_are_taken_or_none():
    limits = LocalPinLimits()
    assert await leaves(limits, use("2/1d", "A"), use("1/1d", "one"))
    for _ in range(5):
        assert not await leaves(limits, use("2/1d", "A"), use("1/1d", "one"))
    assert await leaves(limits, use("2/1d", "A"), use("1/1d", "other"))
    assert not await leaves(limits, use("2/1d", "A"), use("1/1d", "third"))


@virtual_time
async def test_the_limit_that_takes_longest_is_the_one_named():
    limits = LocalPinLimits()
    both = [use("1/1d", "A", "application"), use("1/1h", "one", "number")]
    await limits.take(both, wait=False)
    with pytest.raises(PinLimitReached) as caught:
        await limits.take(both, wait=False)
    assert (caught.value.limit_name, caught.value.retry_after) == ("application", 86_400)


@virtual_time
async def test_what_is_given_back_late_is_ones_own_use_and_not_the_next_ones():
    limits = LocalPinLimits()
    taken = await limits.take([use()], wait=False)
    await anyio.sleep(4)
    assert await leaves(limits, use())
    await limits.give_back([use()], taken)  # its connection failed after four seconds
    assert not await leaves(limits, use())


@virtual_time
async def test_of_two_at_the_same_moment_one_is_given_back():
    limits = LocalPinLimits()
    taken = [await limits.take([use("2/1d")], wait=False) for _ in range(2)]
    await limits.give_back([use("2/1d")], taken[0])
    assert await leaves(limits, use("2/1d"))
    assert not await leaves(limits, use("2/1d"))


@virtual_time
async def test_a_shorter_pause_does_not_end_a_longer_one():
    limits = LocalPinLimits()
    await limits.refused([use()], 0.0, 120)
    await limits.refused([use()], 0.0, None)
    await anyio.sleep(60)
    assert not await leaves(limits, use())


@virtual_time
async def test_what_is_over_is_forgotten():
    limits = LocalPinLimits()
    for number in range(5000):
        assert await leaves(limits, use("1/1s", number), Use("unknown", None, number))
        await anyio.sleep(0.01)
    assert len(limits) < 2400


@virtual_time
async def test_nothing_that_counts_is_ever_forgotten():
    limits = LocalPinLimits()
    for number in range(3000):
        assert await leaves(limits, use("1/2s", "A"), use("1/1s", number))
        assert not await leaves(limits, use("1/2s", "A"))
        await anyio.sleep(10)
