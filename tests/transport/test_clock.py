"""What time it is where the logs are kept."""

import anyio
import pytest
from virtual_time import virtual_time

from ants_async.transport.clock import ServerClock


@virtual_time
async def test_it_is_the_wall_clock_until_the_server_has_spoken_and_then_its_own_going_on():
    clock = ServerClock(lambda: 5.0)
    assert clock() == 5.0
    clock.note("Fri, 15 Jan 2027 08:00:00 GMT")
    assert clock() == 1_800_000_000
    await anyio.sleep(10)
    assert clock() == 1_800_000_010


@virtual_time
async def test_a_second_is_noted_when_it_is_first_seen():
    clock = ServerClock(lambda: 5.0)
    clock.note("Fri, 15 Jan 2027 08:00:00 GMT")
    await anyio.sleep(0.9)
    clock.note("Fri, 15 Jan 2027 08:00:00 GMT")
    assert clock() == pytest.approx(1_800_000_000.9)


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Fri, 99 Jan 2027 08:00:00 GMT", "Fri, 15 Jan 99999999 08:00:00 GMT"]
)
@virtual_time
async def test_a_date_that_is_none_changes_nothing(date):
    clock = ServerClock(lambda: 5.0)
    clock.note(date)
    assert clock() == 5.0


@virtual_time
async def test_a_jump_is_believed_when_two_answers_in_a_row_tell_of_it():
    clock = ServerClock(lambda: 5.0)
    clock.note("Fri, 15 Jan 2027 08:00:00 GMT")
    clock.note("Fri, 31 Dec 9999 23:59:59 GMT")
    clock.note("Fri, 15 Jan 2027 08:00:01 GMT")
    clock.note("Sun, 17 Jan 2027 08:00:00 GMT")
    assert clock() == 1_800_000_001
    clock.note("Sun, 17 Jan 2027 08:00:01 GMT")
    assert clock() == 1_800_000_001 + 2 * 86_400
