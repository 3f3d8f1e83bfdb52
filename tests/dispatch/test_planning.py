"""Recipients → chunks: nobody lost, nobody doubled, ids that follow from the recipient alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.dispatch import Campaign, OutcomeKind, Recipient
from ants_async.dispatch.messages import message_ids
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.errors import ValidationError

CAMPAIGN = Campaign("c", text="Hello")


def plan(recipients, *, campaign=CAMPAIGN, known=(), chunk_size=3, max_body=10**6):
    numbers = NumberSet()
    for number in known:
        numbers.add(number)
    planner = Planner(campaign, numbers, chunk_size=chunk_size, max_body=max_body)
    chunks = list(planner.cut(recipients))
    last = planner.flush()
    return [*chunks, *([last] if last else [])], planner.left_out


def people(numbers):
    return [Recipient(str(number)) for number in numbers]


@given(st.lists(st.integers(10_000_000, 10_000_050)), st.sets(st.integers(10_000_000, 10_000_050)))
def test_everybody_is_planned_once_known_before_or_a_duplicate(numbers, known):
    chunks, duplicates = plan(people(numbers), known=known)
    planned = [one.to for chunk in chunks for one in chunk]
    assert sorted(planned) == sorted(str(number) for number in set(numbers) - known)
    assert len(duplicates) == len(numbers) - len(set(numbers))
    assert all(len(chunk) <= 3 for chunk in chunks)


def test_what_is_no_recipient_is_refused():
    with pytest.raises(ValidationError, match=r"recipients: <class 'str'> is not valid: each a Recipient"):
        plan(["66847781470"])


def test_rows_are_counted_from_one_and_a_duplicate_names_its_row():
    chunks, duplicates = plan(people([66800000001, 66800000002, 66800000001]))
    assert [one.row for one in chunks[0]] == [1, 2]
    assert [(one.kind, one.row, one.to) for one in duplicates] == [(OutcomeKind.DUPLICATE, 3, "66800000001")]


def test_a_chunk_ends_before_its_body_is_too_large():
    chunks, _ = plan(
        [Recipient(f"6680000000{n}", text=f"{n}" * 1000) for n in range(6)], chunk_size=100, max_body=2500
    )
    assert [len(chunk) for chunk in chunks] == [2, 2, 2]


def test_a_text_that_many_share_is_counted_once_a_chunk():
    recipients = [Recipient(f"668000000{n:02d}", text="x" * 1000) for n in range(40)]
    chunks, _ = plan(recipients, chunk_size=100, max_body=2500)
    assert [len(chunk) for chunk in chunks] == [17, 17, 6]


def test_a_text_that_many_share_is_counted_once_a_chunk_also_when_they_come_one_by_one():
    planner = Planner(CAMPAIGN, NumberSet(), chunk_size=100, max_body=10_000)
    recipients = [Recipient(f"668000000{n:02d}", text="x" * 1000) for n in range(100)]
    assert [len(chunk) for one in recipients for chunk in planner.cut([one])] == [100]


def test_half_a_character_is_refused_naming_the_row():
    with pytest.raises(ValidationError, match="row 1: holds half a character"):
        plan([Recipient("66800000001", text="\ud83d")])


def test_a_message_larger_than_the_cap_still_goes_out_alone():
    chunks, _ = plan([Recipient("66800000001", text="x" * 5000)], max_body=10)
    assert [len(chunk) for chunk in chunks] == [1]


def test_the_message_id_follows_from_campaign_and_number_alone():
    assert message_ids("c", ["66800000001"]) == message_ids("c", ["66800000001"])
    ids = [one for c in ("c", "d") for one in message_ids(c, ["66800000001", "66800000002"])]
    assert len(set(ids)) == 4
    assert all(one.isalnum() and len(one) == 32 for one in ids)


def test_the_ids_never_change_between_versions():
    assert message_ids("songkran", ["66847781470"]) == ["7aff2394a5fe56a7655c4ea87f4f114c"]


def test_fields_fill_the_template():
    campaign = Campaign("c", text="สวัสดี {name} {{x}}")
    chunks, _ = plan([Recipient("66800000001", fields={"name": "มานี"})], campaign=campaign)
    assert chunks[0][0].text == "สวัสดี มานี {x}"


@pytest.mark.parametrize("value", [None, 3])
def test_a_field_that_is_no_text_is_named_with_its_row(value):
    campaign = Campaign("c", text="{greeting} {name}")
    with pytest.raises(ValidationError, match=f"^field name: {value} is not valid: row 1: a text"):
        plan([Recipient("66800000001", fields={"greeting": "Hi", "name": value})], campaign=campaign)


def test_a_missing_field_names_field_and_what_there_is():
    campaign = Campaign("c", text="Hi {name}")
    with pytest.raises(ValidationError, match="row 1: field 'name' is missing; there are: first"):
        plan([Recipient("66800000001", fields={"first": "x"})], campaign=campaign)


@pytest.mark.parametrize("text", [None, "", " ", float("nan"), 5])
def test_somebody_without_a_text_is_refused_with_the_row(text):
    with pytest.raises(ValidationError, match="row 1"):
        plan([Recipient("66800000001", text=text)], campaign=Campaign("c"))
