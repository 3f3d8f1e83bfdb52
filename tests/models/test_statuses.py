"""Statuses as data: the manual's table, what is final, what to do."""

import csv
import pickle
from pathlib import Path

import pytest

from ants_async.models.codes import Advice
from ants_async.models.statuses import ACCOUNT_REFUSALS, DUPLICATE_MESSAGE_ID, STATUSES, Status, StatusGroup

MANUAL = Path(__file__).parents[1] / "manual" / "statuses.tsv"


def manual_rows():
    with MANUAL.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def new_status(group_name, group_id=99):
    return Status(group_id, group_name, 999, "NEW_ONE", "Something new.")


def test_the_manual_has_26_statuses_and_so_have_we_in_its_order():
    assert list(STATUSES) == [int(row["id"]) for row in manual_rows()]
    assert len(STATUSES) == 26


@pytest.mark.parametrize("row", manual_rows(), ids=lambda row: row["name"])
def test_each_row_is_the_manuals(row):
    status = STATUSES[int(row["id"])]
    assert row == {
        "group_id": str(status.group_id),
        "group_name": status.group_name,
        "id": str(status.id),
        "name": status.name,
        "description": status.description,
    }
    assert status.group is StatusGroup(int(row["group_id"])) is StatusGroup[row["group_name"]]
    assert status.extra == {}


@pytest.mark.parametrize(
    ("group", "final"),
    [
        (StatusGroup.ACCEPTED, False),
        (StatusGroup.PENDING, False),
        (StatusGroup.UNDELIVERABLE, True),
        (StatusGroup.DELIVERED, True),
        (StatusGroup.EXPIRED, True),
        (StatusGroup.REJECTED, True),
    ],
)
def test_groups_2_to_5_are_final_and_so_is_each_of_their_statuses(group, final):
    members = [status for status in STATUSES.values() if status.group is group]
    assert members
    assert group.is_final is final
    assert {status.is_final for status in members} == {final}


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        STATUSES[5] = STATUSES[2]


@pytest.mark.parametrize(
    ("advice", "ids"),
    [
        (Advice.NOTHING, {2, 5}),
        (Advice.WAIT, {0, 3, 7, 26}),
        (Advice.RETRY_LATER, {9, 15, 20, 21}),
        (Advice.MAY_HAVE_ARRIVED, {29}),
        (Advice.FIX_NUMBER, {8, 51}),
        (Advice.DO_NOT_RETRY, {10, 14}),
        (Advice.FIX_SENDER, {11, 13}),
        (Advice.FIX_MESSAGE, {24, 25}),
        (Advice.NEW_ID, {23}),
        (Advice.TOP_UP, {12, 17}),
        (Advice.ASK_SUPPORT, {4, 6, 18, 19}),
    ],
)
def test_each_status_comes_with_advice(advice, ids):
    assert {status.id for status in STATUSES.values() if status.advice is advice} == ids


def test_advice_is_a_sentence_for_a_person_and_a_word_for_a_program():
    for advice in Advice:
        assert advice.text[0].isupper()
        assert advice.text.endswith(".")
        assert advice == advice.name.lower()
        assert pickle.loads(pickle.dumps(advice)) is advice
    assert Advice("top_up").text == "Top up the account: its credits are used up or have expired."


def test_a_failure_is_permanent_when_the_same_message_would_fail_again():
    permanent = {status.id for status in STATUSES.values() if status.is_permanent}
    assert permanent == {8, 10, 11, 13, 14, 23, 24, 25, 51}


def test_what_concerns_the_account_is_not_permanent():
    for status_id in ACCOUNT_REFUSALS:
        assert STATUSES[status_id].advice in (Advice.TOP_UP, Advice.ASK_SUPPORT)
        assert not STATUSES[status_id].is_permanent


def test_a_taken_id_is_told_apart_from_other_rejections():
    assert STATUSES[DUPLICATE_MESSAGE_ID].name == "REJECTED_DUPLICATE_MESSAGE_ID"
    assert STATUSES[DUPLICATE_MESSAGE_ID].advice is Advice.NEW_ID


def test_a_status_keeps_the_apis_words_and_explains_itself_in_the_manuals():
    status = Status(3, "DELIVERED", 5, "DELIVERED_TO_HANDSET", "Message delivered to handset")
    assert status.description == "Message delivered to handset"
    assert status.explanation == "Message has been successfully processed and delivered to recipient."


@pytest.mark.parametrize(
    ("group_name", "advice"),
    [
        ("ACCEPTED", Advice.WAIT),
        ("PENDING", Advice.WAIT),
        ("UNDELIVERABLE", Advice.RETRY_LATER),
        ("DELIVERED", Advice.NOTHING),
        ("EXPIRED", Advice.RETRY_LATER),
        ("REJECTED", Advice.ASK_SUPPORT),
    ],
)
def test_an_unknown_id_is_kept_and_judged_by_its_group(group_name, advice):
    status = new_status(group_name)
    assert (status.id, status.name, status.explanation) == (999, "NEW_ONE", "Something new.")
    assert status.is_final is StatusGroup[group_name].is_final
    assert status.advice is advice
    assert not status.is_permanent


def test_an_unknown_group_is_kept_is_not_final_and_is_for_support_to_explain():
    status = new_status("SOMETHING_NEW")
    assert (status.group_id, status.group_name, status.group) == (99, "SOMETHING_NEW", None)
    assert not status.is_final
    assert not status.is_permanent
    assert status.advice is Advice.ASK_SUPPORT


@pytest.mark.parametrize("group", StatusGroup)
def test_the_groups_name_decides_as_the_manual_prints_7_beside_pending(group):
    assert new_status(group.name, group_id=7).group is group
    assert new_status(group.name, group_id=5 - group).group is group


@pytest.mark.parametrize("group", StatusGroup)
def test_the_number_decides_where_the_name_is_new(group):
    assert new_status("RENAMED", group_id=int(group)).group is group
