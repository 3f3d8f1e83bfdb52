"""A chunk's life in the ledger: begun, answered in part, divided, settled."""

import pytest

from ants_async.dispatch import Campaign, MemoryLedger, OutcomeKind
from ants_async.dispatch.answers import Answer
from ants_async.dispatch.messages import Messages
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES

CAMPAIGN = Campaign("songkran", sender="ANTS")
NUMBERS = [f"668000000{n:02d}" for n in range(10)]
PENDING, DELIVERED = STATUSES[7], STATUSES[5]


@pytest.fixture
async def ledger():
    async with MemoryLedger() as opened:
        yield opened


async def begun(ledger, campaign=CAMPAIGN):
    opened = await ledger.open_campaign(campaign, None, reads_source=True, now=1.0)
    planned = Messages.planned(campaign.id, list(range(1, 11)), NUMBERS, [f"Hi {n}" for n in range(10)])
    return opened, await ledger.begin(opened, planned, 2.0)


def accepted(chunk, first, last):
    return Answer(first=first, last=last, kind=OutcomeKind.ACCEPTED, bulk_id=chunk.bulk_id, status=PENDING)


async def outcomes(ledger):
    return [(one.to, one.kind, one.bulk_id) async for one in ledger.outcomes(CAMPAIGN.id)]


def reports(chunk, places):
    return {
        chunk.messages.ids[place]: DeliveryReport(
            message_id=chunk.messages.ids[place], status=DELIVERED, bulk_id=chunk.bulk_id
        )
        for place in places
    }


async def test_a_part_answered_leaves_the_rest(ledger):
    opened, chunk = await begun(ledger)
    assert await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0) is None
    again = await ledger.chunk(opened, chunk.key)
    assert list(again.messages.places) == [0, 1, 5, 6, 7, 8, 9]
    assert again.messages.texts[2] == "Hi 5"
    assert again.messages.ids == [chunk.messages.ids[place] for place in again.messages.places]


async def test_what_was_answered_before_is_not_answered_anew(ledger):
    _, chunk = await begun(ledger)
    await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0)
    late = Answer(first=0, last=9, kind=OutcomeKind.REJECTED, error="too late for some")
    await ledger.answered(chunk, [late], 4.0)
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.planned, summary.accepted, summary.rejected) == (0, 3, 7)


async def test_divided_what_is_answered_stays_where_it_was_sent(ledger):
    opened, chunk = await begun(ledger)
    await ledger.answered(chunk, [accepted(chunk, 3, 3), accepted(chunk, 8, 9)], 3.0)
    head, tail = await ledger.split(await ledger.chunk(opened, chunk.key))
    assert [[*head.messages.to], [*tail.messages.to]] == [
        [NUMBERS[n] for n in (0, 1, 2)],
        [NUMBERS[n] for n in (4, 5, 6, 7)],
    ]
    for half in (head, tail):
        last = half.messages.places[-1]
        first = half.messages.places[0]
        bulk = await ledger.answered(half, [accepted(half, first, last)], 4.0)
        assert bulk.key == half.key
        loaded = await ledger.chunk(opened, half.key)
        assert not loaded.messages
    told = await outcomes(ledger)
    assert sorted(told) == sorted(
        (to, OutcomeKind.ACCEPTED, tail.bulk_id if to in tail.messages.to else chunk.bulk_id)
        for to in NUMBERS
    )
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.planned, summary.accepted, summary.total) == (0, 10, 10)
    assert sorted([number async for some in ledger.numbers(opened.key) for number in some]) == [
        int(number) for number in NUMBERS
    ]


async def test_divided_chunks_are_told_in_the_order_planned(ledger):
    opened, chunk = await begun(ledger)
    head, tail = await ledger.split(chunk)
    head, middle = await ledger.split(head)
    more = Messages.planned(CAMPAIGN.id, [11], ["66800000099"], ["Hi"])
    after = await ledger.begin(opened, more, 5.0)
    for one in (after, middle, tail, head):
        await ledger.answered(one, [accepted(one, 0, len(one.messages) - 1)], 6.0)
    assert [to for to, _, _ in await outcomes(ledger)] == [*NUMBERS, "66800000099"]


async def test_settled_step_by_step_the_counts_are_right_at_each(ledger):
    opened, chunk = await begun(ledger)
    bulk = await ledger.answered(chunk, [accepted(chunk, 0, 9)], 3.0)
    settled, left = await ledger.settle(opened, bulk, reports(chunk, [0, 1, 7]))
    assert ([one.to for one in settled], left) == ([NUMBERS[n] for n in (0, 1, 7)], 7)
    assert await ledger.waiting(opened, bulk) == [chunk.messages.ids[n] for n in (2, 3, 4, 5, 6, 8, 9)]
    assert await ledger.settle(opened, bulk, reports(chunk, [0, 1, 7])) == ([], 7)
    given_up = await ledger.give_up(opened, bulk.key, "overdue", 9.0)
    assert [one.kind for one in given_up] == [OutcomeKind.UNRESOLVED] * 7
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.accepted, summary.final, summary.unresolved) == (0, 3, 7)
    assert summary.by_group == {DELIVERED.group_name: 3}
    assert summary.is_done is False  # the source was not read to its end
    assert not await ledger.bulks(opened.key)
