"""Whom a campaign is not to text no worker texts, whenever that was said and wherever its list is read."""

import anyio
import httpx
import pytest
from scaleout_world import CAMPAIGN, FIRST, SEND, SMALL, everybody, people

from ants_async.dispatch import CampaignState, OutcomeKind, PostgresLedger, SuppressionList
from ants_async.dispatch.campaign import SUPPRESSED
from ants_async.dispatch.ledger.suppressed import read_on
from ants_async.errors import ValidationError
from ants_async.scaleout import lists
from ants_async.scaleout.queue import SEND_QUEUE
from ants_async.transport.retry import RetryPolicy

SECOND = str(FIRST + 1)


async def test_whoever_stands_in_its_list_is_left_out_also_when_it_is_submitted_again(world):
    await world.scaleout.submit(CAMPAIGN, people(3), suppress={SECOND})
    await world.scaleout.submit(CAMPAIGN, people(5))
    summary = await world.work_to_the_end()
    assert (summary.final, summary.suppressed) == (4, 1)
    assert SECOND not in await world.texted()


async def test_whoever_is_planned_by_then_is_rejected_unsent(world):
    await world.scaleout.submit(CAMPAIGN, people(3))
    await world.scaleout.submit(CAMPAIGN, people(3), suppress={SECOND})
    await world.work_to_the_end()
    assert (await world.texted()).keys() == everybody(3).keys() - {SECOND}
    (held_back,) = [one for one in await world.newest() if one.kind is OutcomeKind.REJECTED]
    assert (held_back.to, held_back.error) == (SECOND, SUPPRESSED)


async def test_a_worker_that_is_at_work_hears_of_every_list(world):
    await world.scaleout.submit(CAMPAIGN, people(10), suppress={SECOND})
    await world.work()
    await world.scaleout.submit(CAMPAIGN, people(30), suppress={str(FIRST + 20)})
    await world.submit(2, SMALL)
    await world.work()
    assert not (await world.texted()).keys() & {str(FIRST + 20)}
    assert (await world.texted())[SECOND] == 1, "by the other campaign alone"


def away(request):
    raise httpx.ConnectError("away", request=request)


def unclear(_):
    return httpx.Response(503)


@pytest.mark.parametrize("failure", [away, unclear])
async def test_whoever_tries_again_and_again_goes_by_the_newest_list(world, failure):
    await world.scaleout.submit(CAMPAIGN, people(3))
    failed = 0

    async def failing(request, _):
        nonlocal failed
        if request.url.path != SEND or failed == 2:
            return None
        failed += 1
        if failed == 2:
            await world.scaleout.submit(CAMPAIGN, people(3), suppress={SECOND})
        return failure(request)

    world.network.bend = failing
    await world.work_to_the_end()
    assert (await world.texted()).keys() == everybody(3).keys() - {SECOND}
    assert (await world.kinds())[OutcomeKind.REJECTED] == 1


@pytest.mark.parametrize("status_code", [429, 503])
async def test_a_repeat_within_a_call_goes_by_the_newest_list(world, campaign, status_code, monkeypatch):
    monkeypatch.setattr(world.client._transport, "_retry", RetryPolicy(attempts=4))
    world.client._open_resources()
    failed = []

    async def failing(request, _):
        if request.url.path != SEND or failed:
            return None
        failed.append(request)
        await campaign.suppress({SECOND})
        return httpx.Response(status_code)

    world.network.bend = failing
    await world.work_to_the_end()
    assert (await world.texted()).keys() == everybody(10).keys() - {SECOND}


async def test_a_list_is_read_once_for_all_chunks_and_its_next_part_alone(world, monkeypatch):
    reads = []

    def reading(campaign, after, most):
        reads.append(after)
        return read_on(campaign, after, most)

    monkeypatch.setattr(lists, "read_on", reading)
    await world.scaleout.submit(CAMPAIGN, people(30), suppress={SECOND})
    await world.work()
    assert reads == [0]
    await world.scaleout.submit(CAMPAIGN, people(50), suppress={str(FIRST + 40)})
    await world.work()
    assert len(reads) == 2
    assert reads[1] > 0
    assert (await world.texted()).keys() == everybody(50).keys() - {SECOND, str(FIRST + 40)}


async def test_only_so_many_campaigns_lists_are_kept_in_memory(world, monkeypatch):
    monkeypatch.setattr(lists, "_MOST", 1)
    for campaign in (CAMPAIGN, SMALL):
        await world.scaleout.submit(campaign, people(20), suppress={SECOND})
    await world.work()
    assert SECOND not in await world.texted()
    assert len(world.worker._lists._read) == 1


async def test_a_list_that_is_damaged_pauses_its_campaign(world):
    campaign = await world.scaleout.submit(CAMPAIGN, people(3), suppress={SECOND})
    await world.sql("DELETE FROM suppressed")
    await world.work(SEND_QUEUE)
    summary = await campaign.summary()
    assert summary.state is CampaignState.PAUSED
    assert "0 of 1 numbers that are not to be texted" in summary.reason
    assert not await world.texted()


async def test_a_list_that_a_worker_reads_is_read_without_them(world):
    reader = await world.worker_of_its_own(read_source=lambda _: people(5))
    await world.scaleout.submit(CAMPAIGN, None, source="customers.csv", suppress=SuppressionList([SECOND]))
    await world.work(scaleout=reader)
    assert (await world.work_to_the_end()).suppressed == 1
    assert SECOND not in await world.texted()


async def test_one_that_is_damaged_pauses_a_campaign_whose_list_a_worker_is_to_read(world):
    reader = await world.worker_of_its_own(read_source=lambda _: people(5))
    campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv", suppress={SECOND})
    await world.sql("DELETE FROM suppressed")
    await world.work(scaleout=reader)
    summary = await campaign.summary()
    assert summary.state is CampaignState.PAUSED
    assert "with it all --suppress" in summary.reason


async def test_a_list_that_was_read_meanwhile_is_not_read_again_by_a_worker(world):
    names = []
    reader = await world.worker_of_its_own(read_source=lambda one: names.append(one) or people(5))
    await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
    await world.scaleout.submit(CAMPAIGN, people(3))
    await world.sql("INSERT INTO reading SELECT key, 0 FROM campaign")  # whoever read it died then
    await world.scaleout.sweep()
    await world.work(scaleout=reader)
    assert names == []
    assert not await world.sql("SELECT FROM reading"), "nor is it asked for again and again"
    assert (await world.work_to_the_end()).total == 3


async def test_somebody_is_suppressed_while_it_is_sent_and_while_its_list_is_read(world, campaign):
    async def while_it_is_read():
        for one in people(20):
            if one.to == str(FIRST + 15):
                await campaign.suppress({SECOND, str(FIRST + 15), str(FIRST + 90)})
            yield one

    await world.scaleout.submit(CAMPAIGN, while_it_is_read())
    summary = await world.work_to_the_end()
    assert (summary.final, summary.rejected, summary.suppression_size) == (18, 2, 3)
    assert not (await world.texted()).keys() & {SECOND, str(FIRST + 15)}


async def test_what_two_say_at_once_is_kept_once(world, campaign):
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(campaign.suppress, {SECOND, str(FIRST + 5)})
    assert (await campaign.summary()).suppression_size == 2
    assert (await world.work_to_the_end()).rejected == 2


async def test_a_campaign_of_no_workers_is_not_told_behind_its_back(world):
    async with PostgresLedger(world.url) as ledger:
        await ledger.open_campaign(SMALL, None, reads_source=True, now=1.0)
    with pytest.raises(ValidationError, match="where it runs"):
        await world.scaleout.campaign("small").suppress({SECOND})


async def test_only_a_list_can_be_kept(world):
    with pytest.raises(ValidationError, match="a function is for all campaigns here"):
        await world.scaleout.submit(CAMPAIGN, people(3), suppress=SECOND.__eq__)
