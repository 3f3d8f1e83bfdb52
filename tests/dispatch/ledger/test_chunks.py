"""A chunk's life in every ledger, up to its answers: begun, loaded, answered in part, divided."""

from datetime import UTC, datetime

import pytest
from ledger_work import (
    CAMPAIGN,
    NUMBERS,
    TEXTS,
    accepted,
    begun,
    counts,
    messages,
    opened,
    rejected,
    report,
    reports,
    told,
    tracked,
)

from ants_async.dispatch import Campaign, OutcomeKind
from ants_async.dispatch.ledger.protocol import Bulk
from ants_async.dispatch.ledger.work import rows
from ants_async.dispatch.messages import Messages, Options

durable = pytest.mark.parametrize("make_ledger", ["sqlite", "postgres"], indirect=True)
THEN = 1_800_000_000.0
SAME = Campaign("same", text="for all")


def as_tuples(chunk):
    return [(one.row, one.to, one.text, one.message_id, one.place) for one in chunk.messages]


async def test_a_chunk_is_loaded_as_it_was_begun(ledger):
    work, chunk = await begun(ledger)
    assert await ledger.unanswered(work.key) == [chunk.key]
    again = await ledger.chunk(work, chunk.key)
    assert (again.key, again.bulk_id, again.attempted_at) == (chunk.key, chunk.bulk_id, 2.0)
    assert as_tuples(again) == as_tuples(chunk)
    assert as_tuples(again)[9] == (10, NUMBERS[9], "Hi 9", chunk.messages.ids[9], 9)


async def test_chunks_have_bulk_ids_of_their_own_and_stand_in_the_order_begun(ledger):
    work = await opened(ledger)
    chunks = [await ledger.begin(work, messages(numbers=[number]), 2.0) for number in NUMBERS]
    assert len({chunk.bulk_id for chunk in chunks}) == 10
    assert await ledger.unanswered(work.key) == [chunk.key for chunk in chunks]


async def test_the_campaigns_own_text_is_not_stored_again_with_every_message(ledger):
    work, chunk = await begun(ledger, SAME, NUMBERS[:3], ["for all", "own", "for all"])
    assert await ledger._run(rows, "SELECT texts FROM planned") == [('[null,"own",null]',)]
    assert (await ledger.chunk(work, chunk.key)).messages.texts == ["for all", "own", "for all"]


@durable
async def test_where_texts_are_not_stored_only_the_campaigns_own_comes_back(make_ledger):
    async with make_ledger(store_texts=False) as ledger:
        work, chunk = await begun(ledger, SAME, NUMBERS[:3], ["for all", "own", "for all"])
        assert chunk.messages.texts == ["for all", "own", "for all"]
        loaded = await ledger.chunk(work, chunk.key)
        assert loaded.messages.texts == ["for all", "", "for all"]
        head, tail = await ledger.split(loaded)
        assert [*head.messages.texts, *tail.messages.texts] == ["for all", "", "for all"]
        await ledger.answered(head, [accepted(head)], 3.0)
        assert (await ledger.chunk(work, tail.key)).messages.texts == ["", "for all"]


PIECES = [
    "สวัสดีปีใหม่ ๒๕๖๙",
    "😀👩‍👩‍👧",
    "'\"",
    "\\N\\t\\",
    "\t\r\n",
    "a\0b",
    "%s ? {name}",
    "\ufeff\u2028",
    "x" * 700,
]


async def test_a_thousand_texts_come_back_whatever_they_hold(ledger):
    numbers = [str(66_800_000_000 + n) for n in range(1000)]
    texts = [f"{PIECES[n % len(PIECES)]}{n}{PIECES[n % 7]}" for n in range(1000)]
    work, chunk = await begun(ledger, CAMPAIGN, numbers, texts)
    loaded = await ledger.chunk(work, chunk.key)
    assert loaded.messages.texts == texts
    assert loaded.messages.to == numbers


async def test_since_when_a_request_may_have_arrived_is_noted_and_taken_back(ledger):
    work, chunk = await begun(ledger)
    for at in (7.5, None, 8.0):
        assert (await ledger.attempting(chunk, at)).attempted_at == at
        assert (await ledger.chunk(work, chunk.key)).attempted_at == at


async def test_a_chunk_answered_as_a_whole_is_a_bulk_to_follow(ledger):
    work, chunk, bulk = await tracked(ledger)
    assert (bulk.key, bulk.bulk_id, bulk.answered_at) == (chunk.key, chunk.bulk_id, 3.0)
    assert not bulk.stands_elsewhere
    assert await ledger.bulks(work.key) == [bulk]
    assert await ledger.unanswered(work.key) == []
    assert not (await ledger.chunk(work, chunk.key)).messages
    for outcome, number, message_id in zip(await told(ledger), NUMBERS, chunk.messages.ids, strict=True):
        assert (outcome.kind, outcome.to, outcome.message_id) == (OutcomeKind.ACCEPTED, number, message_id)
        assert (outcome.bulk_id, outcome.sms_count, outcome.deduplicated) == (chunk.bulk_id, 1, False)
        assert outcome.status.name == "PENDING_ENROUTE"


@pytest.mark.parametrize(
    ("campaign_at", "own", "schedule"),
    [
        (None, [None, None], []),
        (None, [None, 9.5], [3.0, 9.5]),
        (None, [2.0, 1.0], []),
        (8.0, [None, None], [8.0]),
        (8.0, [9.5, 5.0, None, 9.5], [5.0, 8.0, 9.5]),
    ],
)
async def test_a_bulk_to_follow_knows_when_its_messages_are_sent(ledger, campaign_at, own, schedule):
    at = None if campaign_at is None else datetime.fromtimestamp(THEN + campaign_at, UTC)
    work = await opened(ledger, Campaign("later", text="Hi", send_at=at))
    options = [None if one is None else Options("ANTS", THEN + one) for one in own]
    numbers = NUMBERS[: len(own)]
    planned = Messages.planned("later", list(range(len(own))), numbers, ["Hi"] * len(own), options)
    chunk = await ledger.begin(work, planned, THEN + 2.0)
    bulk = await ledger.answered(chunk, [accepted(chunk)], THEN + 3.0)
    assert [one - THEN for one in bulk.schedule] == schedule
    assert await ledger.bulks(work.key) == [bulk]


def test_of_a_schedule_counts_what_has_passed_and_what_comes_next():
    bulk = Bulk(1, "bulk", 3.0, stands_elsewhere=False, schedule=[5.0, 8.0])
    found = [(bulk.sent_for(now), bulk.until_next(now)) for now in (4.0, 5.0, 7.0, 8.0, 10.0)]
    assert found == [(-1.0, 1.0), (0.0, 3.0), (2.0, 1.0), (0.0, 0.0), (2.0, 0.0)]
    assert bulk.since == 8.0


def test_a_clock_that_was_put_back_since_the_answer_makes_nothing_unsent():
    for schedule in ([], [3.0, 8.0]):
        assert Bulk(1, "bulk", 3.0, stands_elsewhere=False, schedule=schedule).sent_for(1.0) == 0.0


async def test_one_refused_as_a_whole_has_nothing_to_follow(ledger):
    work, chunk = await begun(ledger)
    assert await ledger.answered(chunk, [rejected(0, 9, "EC_NO")], 3.0) is None
    assert (await ledger.bulks(work.key), await ledger.unanswered(work.key)) == ([], [])
    assert {(one.kind, one.error, one.is_last) for one in await told(ledger)} == {
        (OutcomeKind.REJECTED, "EC_NO", True)
    }


async def test_a_part_answered_leaves_the_rest(ledger):
    work, chunk = await begun(ledger)
    assert await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0) is None
    again = await ledger.chunk(work, chunk.key)
    assert list(again.messages.places) == [0, 1, 5, 6, 7, 8, 9]
    assert again.messages.texts[2] == "Hi 5"
    assert again.messages.ids == [chunk.messages.ids[place] for place in again.messages.places]
    assert await ledger.unanswered(work.key) == [chunk.key]


async def test_a_part_answered_is_a_bulk_to_follow_already_once_a_request_may_have_arrived(ledger):
    work, chunk = await begun(ledger)
    assert await ledger.bulks(work.key) == []
    await ledger.answered(chunk, [rejected(0, 0)], 3.0)
    assert await ledger.bulks(work.key) == []
    await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0)
    (bulk,) = await ledger.bulks(work.key)
    assert (bulk.key, bulk.answered_at, bulk.stands_elsewhere) == (chunk.key, 2.0, False)
    assert await ledger.waiting(work, bulk) == chunk.messages.ids[2:5]
    settled, left = await ledger.settle(work, bulk, reports(chunk, range(10)))
    assert ([one.to for one in settled], left) == (NUMBERS[2:5], 0)
    assert await ledger.unanswered(work.key) == [chunk.key]
    assert list((await ledger.chunk(work, chunk.key)).messages.places) == [1, 5, 6, 7, 8, 9]


async def test_who_may_have_been_sent_to_is_counted_until_there_is_an_answer(ledger):
    async def unclear():
        return (await ledger.summary(CAMPAIGN.id)).unclear

    work, chunk = await begun(ledger)
    assert await unclear() == 10
    await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0)
    assert await unclear() == 7
    await ledger.attempting(chunk, None)
    assert await unclear() == 0
    left = await ledger.attempting(await ledger.chunk(work, chunk.key), 4.0)
    await ledger.answered(left, [rejected(0, 9)], 5.0)
    assert await unclear() == 0


async def test_what_was_answered_before_is_not_answered_anew(ledger):
    _, chunk = await begun(ledger)
    await ledger.answered(chunk, [accepted(chunk, 2, 4)], 3.0)
    await ledger.answered(chunk, [rejected(0, 9, "too late for some")], 4.0)
    assert await counts(ledger) == (0, 3, 7, 0, 0)


async def test_an_answer_that_comes_again_changes_nothing(ledger):
    work, chunk = await begun(ledger)
    bulk = await ledger.answered(chunk, [accepted(chunk)], 3.0)
    await ledger.settle(work, bulk, reports(chunk, [0, 1]))
    before = await told(ledger)
    again = await ledger.answered(chunk, [accepted(chunk, deduplicated=True)], 3.0)
    assert (again, await told(ledger)) == (bulk, before)
    assert await counts(ledger) == (0, 8, 0, 2, 0)
    assert (await ledger.summary(CAMPAIGN.id)).deduplicated == 0


async def test_what_had_arrived_before_may_stand_under_another_bulk(ledger):
    work, chunk = await begun(ledger)
    answers = [accepted(chunk, 0, 3), accepted(chunk, 4, 9, deduplicated=True)]
    bulk = await ledger.answered(chunk, answers, 3.0)
    assert bulk.stands_elsewhere
    assert await ledger.bulks(work.key) == [bulk]
    assert [one.deduplicated for one in await told(ledger)] == [False] * 4 + [True] * 6


async def test_ids_of_the_servers_own_are_the_ones_told_and_asked_for(ledger):
    work, chunk = await begun(ledger)
    answers = [accepted(chunk, n, n, message_id=f"its\\own\t{n}", bulk_id="its own") for n in range(10)]
    bulk = await ledger.answered(chunk, answers, 3.0)
    ids = [f"its\\own\t{n}" for n in range(10)]
    assert (bulk.bulk_id, bulk.stands_elsewhere) == ("its own", False)
    assert [(one.message_id, one.bulk_id) for one in await told(ledger)] == [(one, "its own") for one in ids]
    assert await ledger.waiting(work, bulk) == ids
    ours = reports(chunk, range(5))
    theirs = {ids[7]: report(chunk, 7, message_id=ids[7], bulk_id="its own")}
    settled, left = await ledger.settle(work, bulk, ours | theirs)
    assert ([(one.to, one.message_id) for one in settled], left) == ([(NUMBERS[7], ids[7])], 9)


async def test_what_stands_in_no_bulk_or_in_a_third_one_is_told_so(ledger):
    _, chunk = await begun(ledger)
    answers = [accepted(chunk, 0, 4), accepted(chunk, 5, 5, bulk_id=None)]
    answers += [accepted(chunk, 6, 9, bulk_id="third", deduplicated=True)]
    bulk = await ledger.answered(chunk, answers, 3.0)
    assert (bulk.bulk_id, bulk.stands_elsewhere) == (chunk.bulk_id, True)
    assert [one.bulk_id for one in await told(ledger)] == [chunk.bulk_id] * 5 + [None] + ["third"] * 4


async def test_divided_each_half_has_its_messages_and_both_have_been_attempted(ledger):
    work, chunk = await begun(ledger)
    head, tail = await ledger.split(chunk)
    assert [*head.messages.to, *tail.messages.to] == NUMBERS
    assert [*head.messages.texts, *tail.messages.texts] == TEXTS
    assert (head.key, head.bulk_id) == (chunk.key, chunk.bulk_id)
    assert tail.bulk_id != chunk.bulk_id
    assert await ledger.unanswered(work.key) == [head.key, tail.key]
    for half in (head, tail):
        loaded = await ledger.chunk(work, half.key)
        assert as_tuples(loaded) == as_tuples(half)
        assert (half.bulk_id, half.attempted_at) == (loaded.bulk_id, loaded.attempted_at)
        assert half.attempted_at == 2.0


async def test_divided_what_is_answered_stays_where_it_was_sent(ledger):
    work, chunk = await begun(ledger)
    await ledger.answered(chunk, [accepted(chunk, 3, 3), accepted(chunk, 8, 9)], 3.0)
    head, tail = await ledger.split(await ledger.chunk(work, chunk.key))
    assert [[*head.messages.to], [*tail.messages.to]] == [
        [NUMBERS[n] for n in (0, 1, 2)],
        [NUMBERS[n] for n in (4, 5, 6, 7)],
    ]
    for half in (head, tail):
        last = half.messages.places[-1]
        first = half.messages.places[0]
        bulk = await ledger.answered(half, [accepted(half, first, last)], 4.0)
        assert bulk.key == half.key
        loaded = await ledger.chunk(work, half.key)
        assert not loaded.messages
    assert sorted((one.to, one.kind, one.bulk_id) for one in await told(ledger)) == sorted(
        (to, OutcomeKind.ACCEPTED, tail.bulk_id if to in tail.messages.to else chunk.bulk_id)
        for to in NUMBERS
    )
    assert await counts(ledger) == (0, 10, 0, 0, 0)
    assert sorted([number async for some in ledger.numbers(work.key) for number in some]) == [
        int(number) for number in NUMBERS
    ]


async def test_divided_and_divided_again_every_fate_stays_with_its_message(ledger):
    work, chunk = await begun(ledger)
    fates = {3: "EC_3", 5: "EC_5", 8: "EC_8"}
    await ledger.answered(chunk, [rejected(n, n, error) for n, error in fates.items()], 3.0)
    halves = await ledger.split(await ledger.chunk(work, chunk.key))
    quarters = [one for half in halves for one in await ledger.split(half)]
    assert sum(len(one.messages) for one in quarters) == 7
    assert len({one.key for one in quarters}) == 4
    for one in quarters:
        places = zip(one.messages.places, one.messages.to, strict=True)
        await ledger.answered(one, [accepted(one, n, n, error=number) for n, number in places], 4.0)
    expected = {number: number for number in NUMBERS}
    expected |= {NUMBERS[n]: error for n, error in fates.items()}
    assert {one.to: one.error for one in await told(ledger)} == expected
    assert {one.to: one.row for one in await told(ledger)} == dict(zip(NUMBERS, range(1, 11), strict=True))


async def test_divided_chunks_are_told_in_the_order_planned(ledger):
    work, chunk = await begun(ledger)
    head, tail = await ledger.split(chunk)
    head, middle = await ledger.split(head)
    after = await ledger.begin(work, messages(numbers=["66800000099"], first_row=11), 5.0)
    for one in (after, middle, tail, head):
        await ledger.answered(one, [accepted(one)], 6.0)
    assert [one.to for one in await told(ledger)] == [*NUMBERS, "66800000099"]
