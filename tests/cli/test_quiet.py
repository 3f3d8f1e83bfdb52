"""Quiet hours, as they are told to whoever looks on."""

from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import anyio
from rich.console import Console
from virtual_time import virtual_time

from ants_async.cli.progress import Tally
from ants_async.cli.quiet import tell_of_quiet_hours
from ants_async.dispatch import QuietHours

ALL_DAY = QuietHours.parse("08:01-08:00")


async def told(hour, minute, *, minutes, hours=ALL_DAY, answered=0):
    """What is said to one who looks on for so many minutes, from a time on 13 April in Bangkok."""
    console = Console(file=StringIO(), width=200)
    start = datetime(2027, 4, 13, hour, minute, tzinfo=ZoneInfo("Asia/Bangkok")).timestamp()
    began = anyio.current_time()
    tally = Tally(10, answered=answered)
    with anyio.move_on_after(minutes * 60):
        await tell_of_quiet_hours(console, hours, tally, lambda: start + anyio.current_time() - began)
    return console.file.getvalue().splitlines()


@virtual_time
async def test_whoever_sits_within_them_is_told_once_when_they_end():
    said = "quiet hours, 08:01-08:00 Asia/Bangkok: nothing is sent until 2027-04-14 08:00"
    assert await told(9, 0, minutes=60) == [said]


@virtual_time
async def test_so_is_whoever_sits_there_when_they_begin_and_every_time_they_do():
    assert await told(8, 0, minutes=0.9) == []
    assert len(await told(8, 0, minutes=1.1)) == 1
    assert len(await told(8, 0, minutes=24 * 60 + 1.1)) == 2


@virtual_time
async def test_where_everybody_is_sent_to_they_are_nobodys_concern():
    assert await told(9, 0, minutes=60, answered=10) == []


@virtual_time
async def test_a_campaign_without_any_says_nothing():
    assert await told(9, 0, minutes=60, hours=None) == []
