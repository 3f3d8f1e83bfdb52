"""Quiet hours, as they are told to whoever looks on."""

from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import anyio
import pytest
from virtual_time import virtual_time

from ants_async.cli.quiet import tell_of_quiet_hours
from ants_async.cli.terminal import Terminal
from ants_async.dispatch import Campaign, QuietHours
from ants_async.dispatch.campaign import CampaignState, CampaignSummary

ALL_DAY = QuietHours.parse("08:01-08:00")


def campaign(planned, *, source_read):
    return CampaignSummary(
        Campaign("may", text="Hi"), CampaignState.RUNNING, datetime.now(UTC), None, None,
        source_read, True, planned, *(0,) * 7, {},
    )  # fmt: skip


async def told(hour, minute, *, minutes, hours=ALL_DAY, planned=10, source_read=True):
    """What is said to one who looks on for so many minutes, from a time on 13 April in Bangkok."""
    console = Terminal(file=StringIO(), width=200)
    start = datetime(2027, 4, 13, hour, minute, tzinfo=ZoneInfo("Asia/Bangkok")).timestamp()
    began = anyio.current_time()

    async def look():
        return campaign(planned, source_read=source_read)

    with anyio.move_on_after(minutes * 60):
        await tell_of_quiet_hours(console, hours, look, lambda: start + anyio.current_time() - began)
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


@pytest.mark.parametrize(("planned", "source_read", "count"), [(0, True, 0), (1, True, 1), (0, False, 1)])
@virtual_time
async def test_they_concern_who_waits_and_who_is_still_to_be_read(planned, source_read, count):
    assert len(await told(9, 0, minutes=60, planned=planned, source_read=source_read)) == count


@virtual_time
async def test_a_campaign_without_any_says_nothing():
    assert await told(9, 0, minutes=60, hours=None) == []
