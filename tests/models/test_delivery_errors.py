"""Delivery errors as data: the manual's table, what is permanent, what to do."""

import csv
from pathlib import Path

import pytest

from ants_async.models import reports
from ants_async.models.codes import Advice
from ants_async.models.delivery_errors import DELIVERY_ERRORS, DeliveryError, ErrorGroup, advise
from ants_async.models.statuses import STATUSES
from ants_async.wire.converter import to_model

MANUAL = Path(__file__).parents[1] / "manual" / "errors.tsv"

DELIVERED, NOT_DELIVERED, EXPIRED, ENROUTE, NO_CREDITS = (STATUSES[number] for number in (5, 9, 15, 7, 12))
NO_ERROR, UNKNOWN_SUBSCRIBER, ABSENT = (DELIVERY_ERRORS[number] for number in (0, 1, 27))


def manual_rows():
    with MANUAL.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def new_error(group_name, group_id=99, *, permanent=False):
    return DeliveryError(group_id, group_name, 9999, "EC_NEW_ONE", "Something new.", permanent)


def ids_of(errors):
    return {error.id for error in errors}


def test_the_manual_has_86_errors_and_so_have_we_in_its_order():
    assert list(DELIVERY_ERRORS) == [int(row["id"]) for row in manual_rows()]
    assert len(DELIVERY_ERRORS) == 86


@pytest.mark.parametrize("row", manual_rows(), ids=lambda row: row["name"])
def test_each_row_is_the_manuals(row):
    error = DELIVERY_ERRORS[int(row["id"])]
    assert row == {
        "group_id": str(error.group_id),
        "group_name": error.group_name,
        "id": str(error.id),
        "permanent": str(error.permanent).lower(),
        "name": error.name,
        "description": error.description,
    }
    assert error.group is ErrorGroup(int(row["group_id"])) is ErrorGroup[row["group_name"]]
    assert error.is_permanent is error.permanent
    assert error.extra == {}


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        DELIVERY_ERRORS[1] = DELIVERY_ERRORS[0]


@pytest.mark.parametrize(
    ("error_id", "advice"),
    [
        (0, Advice.NOTHING),
        (1, Advice.FIX_NUMBER),
        (13, Advice.DO_NOT_RETRY),
        (27, Advice.RETRY_LATER),
        (502, Advice.MAY_HAVE_ARRIVED),
        (1024, Advice.ASK_SUPPORT),
        (2050, Advice.DO_NOT_RETRY),
        (2053, Advice.FIX_SENDER),
        (4096, Advice.FIX_MESSAGE),
        (4101, Advice.RETRY_LATER),
    ],
)
def test_advice_goes_by_what_the_manual_says_of_the_error(error_id, advice):
    assert DELIVERY_ERRORS[error_id].advice is advice


def test_each_error_comes_with_advice_and_only_no_error_asks_for_nothing():
    assert ids_of(e for e in DELIVERY_ERRORS.values() if e.advice in (Advice.NOTHING, Advice.WAIT)) == {0}


def test_advice_against_a_repeat_follows_the_manuals_flag_but_for_these():
    errors = DELIVERY_ERRORS.values()
    lasting = ids_of(e for e in errors if e.advice.rules_out_repeat and not e.permanent)
    assert lasting == {
        13,  # the recipient opted out (DND)
        71,  # the text's alphabet is unknown
        2051,  # the text is blacklisted
    }
    passing = ids_of(e for e in errors if e.permanent and not e.advice.rules_out_repeat)
    assert passing == {
        51,  # the network is congested
        4100,  # expired: this message is over, a new one may arrive
        4101,
        4102,  # the platform did not reach the operator
    }


def test_an_error_keeps_the_apis_words_and_explains_itself_in_the_manuals():
    error = DeliveryError(1, "HANDSET_ERRORS", 11, "EC_TELESERVICE_NOT_PROVISIONED", "Not Provisioned", True)
    assert error.description == "Not Provisioned"
    assert error.explanation == "The subscriber's mobile service has been suspended by the operator."


def test_an_error_is_permanent_when_the_api_says_so_or_the_manual():
    said = {"groupId": 1, "groupName": "HANDSET_ERRORS", "id": 27, "name": "EC_ABSENT_SUBSCRIBER"}
    assert not to_model(said, DeliveryError).is_permanent
    assert to_model(said | {"permanent": True}, DeliveryError).is_permanent
    unsaid = to_model(said | {"id": 1, "name": "EC_UNKNOWN_SUBSCRIBER"}, DeliveryError)
    assert (unsaid.permanent, unsaid.is_permanent) == (False, True)


@pytest.mark.parametrize(
    ("group_name", "permanent", "advice"),
    [
        ("OK", False, Advice.NOTHING),
        ("HANDSET_ERRORS", False, Advice.RETRY_LATER),
        ("HANDSET_ERRORS", True, Advice.ASK_SUPPORT),
        ("USER_ERRORS", False, Advice.ASK_SUPPORT),
        ("OPERATOR_ERRORS", False, Advice.RETRY_LATER),
        ("OPERATOR_ERRORS", True, Advice.ASK_SUPPORT),
        ("SOMETHING_NEW", False, Advice.ASK_SUPPORT),
    ],
)
def test_an_unknown_id_is_kept_and_judged_by_its_group_and_flag(group_name, permanent, advice):
    error = new_error(group_name, permanent=permanent)
    assert (error.id, error.name, error.explanation) == (9999, "EC_NEW_ONE", "Something new.")
    assert error.is_permanent is permanent
    assert error.advice is advice


def test_an_unknown_group_is_kept():
    error = new_error("SOMETHING_NEW")
    assert (error.group_id, error.group_name, error.group) == (99, "SOMETHING_NEW", None)


@pytest.mark.parametrize("group", ErrorGroup)
def test_the_groups_name_decides_before_its_number(group):
    assert new_error(group.name, group_id=7).group is group
    assert new_error(group.name, group_id=3 - group).group is group
    assert new_error("RENAMED", group_id=int(group)).group is group


@pytest.mark.parametrize("status", [NOT_DELIVERED, EXPIRED], ids=lambda status: status.name)
def test_the_error_knows_better_than_the_status_of_a_message_that_failed_on_its_way(status):
    assert advise(status, UNKNOWN_SUBSCRIBER) is Advice.FIX_NUMBER
    assert advise(status, ABSENT) is Advice.RETRY_LATER


@pytest.mark.parametrize("error", [None, NO_ERROR, new_error("OK")])
def test_without_an_error_the_status_speaks(error):
    for status in STATUSES.values():
        assert advise(status, error) is status.advice


@pytest.mark.parametrize("status", [DELIVERED, ENROUTE, NO_CREDITS], ids=lambda status: status.name)
def test_an_error_beside_any_other_status_changes_nothing(status):
    assert advise(status, UNKNOWN_SUBSCRIBER) is status.advice


def test_reports_give_out_the_same_class():
    assert reports.DeliveryError is DeliveryError
