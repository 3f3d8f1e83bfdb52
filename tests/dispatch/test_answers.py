"""What an answer says, matched with the messages it is about."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.dispatch import OutcomeKind
from ants_async.dispatch.answers import answers_of, outcomes, refused
from ants_async.dispatch.messages import Messages
from ants_async.models.sms import MessageReceipt, Receipts, SendReceipt
from ants_async.models.statuses import STATUSES

PENDING, REJECTED, TAKEN = STATUSES[7], STATUSES[6], STATUSES[23]
NUMBERS = [f"6680000000{n}" for n in range(6)]
MESSAGES = Messages.planned("c", list(range(1, 7)), NUMBERS, ["Hi"] * 6)


def answer(entries, messages=MESSAGES):
    """Receipts for messages by their index, as (index, status, parts)."""
    some = [
        MessageReceipt(messages.to[index], status, parts, messages.ids[index])
        for index, status, parts in entries
    ]
    return Receipts.of(SendReceipt(tuple(some), "bulk"))


def told(answers, messages=MESSAGES):
    return [(one.to, one.kind, one.status) for one in outcomes(messages, answers)]


def test_the_same_for_all_is_one_answer():
    (one,) = answers_of(MESSAGES, answer([(index, PENDING, 1) for index in range(6)]), "bulk")
    assert (one.first, one.last, one.kind, one.message_id) == (0, 5, OutcomeKind.ACCEPTED, None)
    assert [outcome.message_id for outcome in outcomes(MESSAGES, [one])] == MESSAGES.ids


def test_who_differs_stands_alone():
    entries = [(index, REJECTED if index == 2 else PENDING, 1) for index in range(6)]
    answers = answers_of(MESSAGES, answer(entries), "bulk")
    assert [(one.first, one.last, one.kind.value, one.error) for one in answers] == [
        (0, 1, "accepted", None),
        (2, 2, "rejected", REJECTED.name),
        (3, 5, "accepted", None),
    ]


@given(st.permutations(range(6)), st.integers(0, 6))
def test_any_order_and_any_gap_say_the_same_of_each(order, count):
    entries = [(index, PENDING if index % 2 else TAKEN, index) for index in order[:count]]
    found = answers_of(MESSAGES, answer(entries), "bulk")
    assert told(found) == [
        (MESSAGES.to[index], OutcomeKind.ACCEPTED, status) for index, status, _ in sorted(entries)
    ]


def test_what_is_left_of_a_chunk_keeps_its_places():
    left = MESSAGES.where(lambda one: one.row in {2, 3, 6})
    answers = answers_of(left, answer([(index, PENDING, 1) for index in range(3)], left), "bulk")
    assert [(one.first, one.last) for one in answers] == [(1, 2), (5, 5)]
    assert [to for to, _, _ in told(answers, left)] == [NUMBERS[1], NUMBERS[2], NUMBERS[5]]


def test_the_last_word_on_a_message_counts():
    answers = answers_of(MESSAGES, answer([(0, PENDING, 1), (0, REJECTED, 1)]), "bulk")
    assert [one.kind for one in answers] == [OutcomeKind.REJECTED]


def test_without_an_id_of_ours_the_number_tells_whose_it_is():
    receipts = Receipts.of(SendReceipt((MessageReceipt(f"+{NUMBERS[3]}", PENDING, 1, "theirs"),)))
    (one,) = answers_of(MESSAGES, receipts, None)
    assert (one.first, one.message_id) == (3, "theirs")


def test_a_stranger_is_passed_over(caplog):
    receipts = Receipts.of(SendReceipt((MessageReceipt("66899999999", PENDING, 1, "x"),)))
    with caplog.at_level(logging.WARNING):
        assert not answers_of(MESSAGES, receipts, None)
    assert "was not in its request" in caplog.text


def test_a_message_refused_without_an_answer_says_why():
    (one,) = outcomes(MESSAGES, [refused(MESSAGES[4], "text: too long")])
    assert (one.to, one.row, one.kind, one.error) == (NUMBERS[4], 5, OutcomeKind.REJECTED, "text: too long")


@pytest.mark.parametrize("columns", ["rows", "to", "texts", "ids", "places"])
def test_one_message_is_made_of_all_columns(columns):
    field = {"rows": "row", "texts": "text", "ids": "message_id", "places": "place"}.get(columns, columns)
    assert [getattr(one, field) for one in MESSAGES] == list(getattr(MESSAGES, columns))
    assert getattr(MESSAGES[3], field) == getattr(MESSAGES[2:5][1], field) == getattr(MESSAGES, columns)[3]
