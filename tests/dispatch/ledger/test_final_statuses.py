"""How messages come to their end in every ledger: settled, pushed, parked, given up."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from ledger_work import (
    CAMPAIGN,
    DELIVERED,
    EXPIRED,
    NUMBERS,
    PENDING,
    accepted,
    begun,
    counts,
    messages,
    rejected,
    report,
    reports,
    told,
    tracked,
)

from ants_async.dispatch import Campaign, OutcomeKind
from ants_async.models.delivery_errors import DELIVERY_ERRORS
from ants_async.models.reports import Price

OTHER = Campaign("other")
ABSENT = DELIVERY_ERRORS[27]
SENT = datetime(2026, 4, 13, 9, 30, 0, 123456, tzinfo=UTC)
DONE = datetime(2026, 4, 13, 9, 30, 2, 500001, tzinfo=UTC)
FULL = {
    "status": EXPIRED,
    "error": ABSENT,
    "sms_count": 3,
    "price": Price(Decimal("0.25"), "THB"),
    "sent_at": SENT,
    "done_at": DONE,
    "mcc_mnc": "52001",
}


def check_full(outcome):
    assert (outcome.kind, outcome.status, outcome.error) == (OutcomeKind.FINAL, EXPIRED, ABSENT.name)
    assert (outcome.sms_count, outcome.price, outcome.currency) == (3, Decimal("0.25"), "THB")
    assert outcome.network == "52001"
    assert (outcome.sent_at, outcome.done_at) == (SENT, DONE)
    assert outcome.is_last


class TestSettled:
    async def test_step_by_step_the_counts_are_right_at_each(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        settled, left = await ledger.settle(work, bulk, reports(chunk, [0, 1, 7]))
        assert ([one.to for one in settled], left) == ([NUMBERS[n] for n in (0, 1, 7)], 7)
        assert await counts(ledger) == (0, 7, 0, 3, 0)
        assert await ledger.waiting(work, bulk) == [chunk.messages.ids[n] for n in (2, 3, 4, 5, 6, 8, 9)]
        assert await ledger.settle(work, bulk, reports(chunk, [0, 1, 7])) == ([], 7)
        given_up = await ledger.give_up(work, bulk.key, "overdue", 9.0)
        assert [one.kind for one in given_up] == [OutcomeKind.UNRESOLVED] * 7
        assert await counts(ledger) == (0, 0, 0, 3, 7)
        summary = await ledger.summary(CAMPAIGN.id)
        assert summary.by_group == {DELIVERED.group_name: 3}
        assert summary.is_done is False  # the source was not read to its end
        assert not await ledger.bulks(work.key)

    async def test_all_at_once_nothing_is_left_to_follow(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        settled, left = await ledger.settle(work, bulk, reports(chunk, range(10)))
        assert ([one.to for one in settled], left) == (NUMBERS, 0)
        assert (await ledger.bulks(work.key), await ledger.waiting(work, bulk)) == ([], [])
        assert await told(ledger) == settled

    async def test_all_that_a_report_says_is_kept(self, ledger):
        work, chunk, bulk = await tracked(ledger, error="EC_OLD")
        (outcome,), _ = await ledger.settle(work, bulk, reports(chunk, [2], **FULL))
        check_full(outcome)
        assert (await told(ledger))[2] == outcome
        assert (outcome.row, outcome.to, outcome.message_id) == (3, NUMBERS[2], chunk.messages.ids[2])
        assert outcome.bulk_id == chunk.bulk_id

    async def test_what_a_report_leaves_out_is_left_out_but_for_the_parts_that_the_answer_counted(
        self, ledger
    ):
        work, chunk, bulk = await tracked(ledger, sms_count=2)
        (outcome,), _ = await ledger.settle(work, bulk, reports(chunk, [2], bulk_id=None))
        assert (outcome.sms_count, outcome.bulk_id) == (2, chunk.bulk_id)
        assert (outcome.error, outcome.price, outcome.currency) == (None, None, None)
        assert (outcome.sent_at, outcome.done_at) == (None, None)

    async def test_no_error_is_none(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        (outcome,), _ = await ledger.settle(work, bulk, reports(chunk, [2], error=DELIVERY_ERRORS[0]))
        assert outcome.error is None

    async def test_what_is_not_final_and_what_is_not_ours_changes_nothing(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        strangers = {"f" * 32: report(chunk, 0, message_id="f" * 32)}
        assert await ledger.settle(work, bulk, reports(chunk, [0], status=PENDING) | strangers) == ([], 10)
        assert await counts(ledger) == (0, 10, 0, 0, 0)

    async def test_a_later_report_does_not_take_back_an_earlier_one(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        await ledger.settle(work, bulk, reports(chunk, [0]))
        assert await ledger.settle(work, bulk, reports(chunk, [0], status=EXPIRED)) == ([], 9)
        assert (await ledger.summary(CAMPAIGN.id)).by_group == {DELIVERED.group_name: 1}

    async def test_what_was_refused_or_is_not_answered_has_no_report(self, ledger):
        work, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 0, 1), rejected(2, 3)], 3.0)
        (bulk,) = await ledger.bulks(work.key)
        settled, left = await ledger.settle(work, bulk, reports(chunk, range(10)))
        assert ([one.to for one in settled], left) == (NUMBERS[:2], 0)
        assert await counts(ledger) == (6, 0, 2, 2, 0)

    async def test_after_a_division_it_finds_those_that_moved(self, ledger):
        work, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 4, 4)], 3.0)
        head, tail = await ledger.split(await ledger.chunk(work, chunk.key))
        await ledger.answered(head, [accepted(head, 0, 3)], 4.0)
        bulks = [*await ledger.bulks(work.key), await ledger.answered(tail, [accepted(tail)], 4.0)]
        settled = [await ledger.settle(work, bulk, reports(chunk, range(10))) for bulk in bulks]
        assert [[one.to for one in outcomes] for outcomes, _ in settled] == [NUMBERS[:5], NUMBERS[5:]]
        assert await counts(ledger) == (0, 0, 0, 10, 0)


class TestPushed:
    async def test_one_by_one_each_is_counted_and_the_last_one_ends_the_bulk(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        for place in range(10):
            assert await ledger.bulks(work.key) == [bulk]
            pushed = await ledger.pushed([report(chunk, place)])
            (one,) = pushed.bulks
            assert (one.campaign_key, one.chunk_key, one.left) == (work.key, chunk.key, 9 - place)
            assert [outcome.to for outcome in one.outcomes] == [NUMBERS[place]]
            assert await counts(ledger) == (0, 9 - place, 0, place + 1, 0)
        assert await ledger.bulks(work.key) == []

    async def test_all_that_a_report_says_is_kept(self, ledger):
        _, chunk, _ = await tracked(ledger)
        ((pushed,), _) = await _pushed(ledger, report(chunk, 4, **FULL))
        (outcome,) = pushed.outcomes
        check_full(outcome)
        assert (await told(ledger))[4] == outcome
        assert (outcome.row, outcome.message_id) == (5, chunk.messages.ids[4])

    async def test_one_that_comes_twice_counts_once(self, ledger):
        _, chunk, _ = await tracked(ledger)
        ((pushed,), not_taken) = await _pushed(
            ledger, report(chunk, 1), report(chunk, 1, status=EXPIRED), report(chunk, 2)
        )
        assert ([one.to for one in pushed.outcomes], pushed.left, not_taken) == (NUMBERS[1:3], 8, set())
        assert await _pushed(ledger, report(chunk, 2), report(chunk, 1)) == ([], set())
        assert (await ledger.summary(CAMPAIGN.id)).by_group == {DELIVERED.group_name: 2}

    async def test_one_that_is_not_final_is_known_and_changes_nothing(self, ledger):
        _, chunk, _ = await tracked(ledger)
        assert await _pushed(ledger, report(chunk, 1, status=PENDING)) == ([], set())
        assert await counts(ledger) == (0, 10, 0, 0, 0)

    @pytest.mark.parametrize(
        "bulk_id", [None, "", "theirs", "0123456789abcdef-1", "0123456789abcdef-99", "\ud800"]
    )
    async def test_of_a_bulk_that_is_not_known_it_is_not_taken(self, ledger, bulk_id):
        _, chunk, _ = await tracked(ledger)
        reports = [report(chunk, 0, bulk_id=bulk_id), report(chunk, 1), report(chunk, 2, bulk_id=bulk_id)]
        ((pushed,), not_taken) = await _pushed(ledger, *reports)
        assert ([one.to for one in pushed.outcomes], not_taken) == ([NUMBERS[1]], {0, 2})

    async def test_of_a_message_that_has_no_answer_yet_it_is_not_taken(self, ledger):
        _, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 0, 4), rejected(5, 5)], 3.0)
        ((pushed,), not_taken) = await _pushed(ledger, *(report(chunk, place) for place in (3, 5, 6)))
        assert ([one.to for one in pushed.outcomes], pushed.left, not_taken) == ([NUMBERS[3]], 8, {2})
        await ledger.answered(chunk, [accepted(chunk, 6, 9)], 4.0)
        ((pushed,), not_taken) = await _pushed(ledger, report(chunk, 6))
        assert ([one.to for one in pushed.outcomes], pushed.left, not_taken) == ([NUMBERS[6]], 7, set())

    @pytest.mark.parametrize("to", ["+66800000003", "66800000003", "066800000003", None])
    async def test_however_the_number_is_written(self, ledger, to):
        _, chunk, _ = await tracked(ledger)
        ((pushed,), _) = await _pushed(ledger, report(chunk, 3, to=to))
        assert [one.to for one in pushed.outcomes] == [NUMBERS[3]]

    @pytest.mark.parametrize(
        "fields", [{"to": NUMBERS[4]}, {"to": "nobody"}, {"to": ""}, {"message_id": "f" * 32}]
    )
    async def test_where_number_and_id_do_not_belong_together_it_changes_nothing(self, ledger, fields):
        _, chunk, _ = await tracked(ledger)
        assert await _pushed(ledger, report(chunk, 3, **fields)) == ([], set())
        assert await counts(ledger) == (0, 10, 0, 0, 0)

    async def test_by_an_id_of_the_servers_own(self, ledger):
        _, chunk = await begun(ledger)
        await ledger.answered(
            chunk, [accepted(chunk, 0, 0, message_id="its own"), accepted(chunk, 1, 9)], 3.0
        )
        assert await _pushed(ledger, report(chunk, 0)) == ([], set())
        ((pushed,), _) = await _pushed(ledger, report(chunk, 0, message_id="its own"))
        assert [(one.to, one.message_id) for one in pushed.outcomes] == [(NUMBERS[0], "its own")]

    async def test_of_several_bulks_and_campaigns_at_once(self, ledger):
        work, chunk, _ = await tracked(ledger)
        second = await ledger.begin(work, messages(numbers=["66800000099"], first_row=11), 5.0)
        await ledger.answered(second, [accepted(second)], 6.0)
        other, third, _ = await tracked(ledger, OTHER)
        found = [report(third, 0), report(chunk, 1), report(second, 0), report(third, 2), report(chunk, 0)]
        bulks, not_taken = await _pushed(ledger, *found, report(chunk, 1))
        assert not_taken == set()
        assert {
            (one.campaign_key, one.chunk_key): ([outcome.to for outcome in one.outcomes], one.left)
            for one in bulks
        } == {
            (other.key, third.key): ([NUMBERS[0], NUMBERS[2]], 8),
            (work.key, second.key): (["66800000099"], 0),
            (work.key, chunk.key): ([NUMBERS[1], NUMBERS[0]], 8),
        }
        assert await counts(ledger) == (0, 8, 0, 3, 0)
        assert await counts(ledger, OTHER) == (0, 8, 0, 2, 0)

    async def test_after_a_division_it_finds_those_that_moved_up(self, ledger):
        work, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 8, 9)], 3.0)
        await ledger.split(await ledger.chunk(work, chunk.key))
        ((pushed,), _) = await _pushed(ledger, report(chunk, 9))
        assert [one.to for one in pushed.outcomes] == [NUMBERS[9]]
        assert (await told(ledger))[-1].kind is OutcomeKind.FINAL


async def _pushed(ledger, *found):
    """What came of it; `PushedBulk`s, and places of those not taken."""
    pushed = await ledger.pushed(found)
    return list(pushed.bulks), set(pushed.not_taken)


class TestGivenUp:
    async def test_parked_what_has_no_answer_is_unresolved_and_the_rest_is_followed(self, ledger):
        work, chunk = await begun(ledger)
        await ledger.answered(chunk, [accepted(chunk, 2, 4), rejected(5, 5)], 3.0)
        outcomes, bulk = await ledger.park(work, chunk.key, "too old", 8.0)
        assert {(one.kind, one.error) for one in outcomes} == {(OutcomeKind.UNRESOLVED, "too old")}
        assert [one.to for one in outcomes] == [NUMBERS[n] for n in (0, 1, 6, 7, 8, 9)]
        assert (bulk.key, bulk.answered_at) == (chunk.key, 8.0)
        assert await ledger.bulks(work.key) == [bulk]
        assert await ledger.unanswered(work.key) == []
        assert await counts(ledger) == (0, 3, 1, 0, 6)

    async def test_parked_as_a_whole_there_is_nothing_to_follow(self, ledger):
        work, chunk = await begun(ledger)
        outcomes, bulk = await ledger.park(work, chunk.key, "too old", 8.0)
        assert ([one.to for one in outcomes], bulk) == (NUMBERS, None)
        assert (await ledger.bulks(work.key), await ledger.unanswered(work.key)) == ([], [])

    async def test_an_answer_that_comes_after_is_too_late(self, ledger):
        work, chunk = await begun(ledger)
        await ledger.park(work, chunk.key, "too old", 8.0)
        await ledger.answered(chunk, [accepted(chunk)], 9.0)
        assert await counts(ledger) == (0, 0, 0, 0, 10)

    async def test_given_up_what_is_not_final_is_unresolved_and_keeps_what_is_known_of_it(self, ledger):
        work, chunk, bulk = await tracked(ledger, sms_count=2)
        await ledger.settle(work, bulk, reports(chunk, range(9)))
        (outcome,) = await ledger.give_up(work, bulk.key, "overdue", 9.0)
        assert (outcome.kind, outcome.to, outcome.error) == (OutcomeKind.UNRESOLVED, NUMBERS[9], "overdue")
        assert (outcome.status, outcome.sms_count, outcome.bulk_id) == (PENDING, 2, chunk.bulk_id)
        assert (await told(ledger))[9] == outcome
        assert await ledger.bulks(work.key) == []
        assert await ledger.give_up(work, bulk.key, "overdue", 9.0) == []

    async def test_a_report_that_comes_after_is_too_late(self, ledger):
        work, chunk, bulk = await tracked(ledger)
        await ledger.give_up(work, bulk.key, "overdue", 9.0)
        assert await ledger.settle(work, bulk, reports(chunk, range(10))) == ([], 0)
        assert await _pushed(ledger, report(chunk, 3)) == ([], set())
        assert await counts(ledger) == (0, 0, 0, 0, 10)
