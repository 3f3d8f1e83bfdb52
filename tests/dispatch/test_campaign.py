"""Bad input is refused at the door, with field, value and rule."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ants_async.dispatch import Campaign, QuietHours, Recipient
from ants_async.errors import ValidationError


@pytest.mark.parametrize(
    "to", ["12", "0812345678", "66-81", "abc", "", "1234567890123456", "６６８１２３４５６７"]
)
def test_what_is_no_international_number_is_refused(to):
    with pytest.raises(ValidationError, match="8 to 15 digits") as caught:
        Recipient(to)
    assert (caught.value.field, caught.value.value) == ("to", to)


def test_a_plus_and_blanks_around_are_dropped():
    assert Recipient(" +66847781470 ").to == "66847781470"


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"id": ""}, "campaign id"),
        ({"id": "a b"}, "campaign id"),
        ({"id": "a\n"}, "campaign id"),
        ({"sender": "TWELVELETTER"}, "sender"),
        ({"sender": "MY SHOP"}, "sender"),
        ({"sender": "ร้าน"}, "sender"),
        ({"text": "  "}, "text"),
        ({"text": "Hi {"}, "text"),
        ({"text": "Hi {name.__class__}"}, "text"),
        ({"text": "Hi {0}"}, "text"),
        ({"text": "Hi {name:>10}"}, "text"),
        ({"text": "Hi {name!r}"}, "text"),
        ({"validity": timedelta(hours=49)}, "validity"),
        ({"validity": timedelta(seconds=1)}, "validity"),
        ({"validity": timedelta(seconds=119)}, "validity"),
        ({"send_at": datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))}, "send_at"),
        ({"send_at": datetime(2207, 4, 13, tzinfo=UTC)}, "send_at"),
        ({"validity": timedelta(hours=1), "mode": "multi"}, "validity"),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(arguments, field):
    with pytest.raises(ValidationError) as caught:
        Campaign(**{"id": "c"} | arguments)
    assert caught.value.field == field


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="fax"):
        Campaign("c", mode="fax")


@pytest.mark.parametrize(
    ("campaign", "recipient", "field"),
    [
        ({}, {}, "text"),
        ({"text": "Hi {name}"}, {}, "text"),
        ({}, {"text": " "}, "text"),
        ({}, {"text": "x" * 4001}, "text"),
        ({"text": "Hi", "mode": "multi"}, {"sender": "ANTS"}, "sender"),
        ({"text": "Hi", "mode": "multi"}, {"send_at": datetime(2027, 4, 13, tzinfo=UTC)}, "send_at"),
        (
            {"text": "Hi", "quiet_hours": QuietHours.parse("21:00-08:00", "UTC")},
            {"send_at": datetime(2027, 4, 13, 22, tzinfo=UTC)},
            "send_at",
        ),
    ],
    ids=str,
)
def test_whom_a_run_would_stop_at_can_be_found_out_before(campaign, recipient, field):
    with pytest.raises(ValidationError) as caught:
        Campaign("c", **campaign).check(Recipient("66847781470", **recipient))
    assert caught.value.field == field


def test_nothing_is_said_of_one_who_can_be_sent_to():
    Campaign("c", text="Hi {name}").check(Recipient("66847781470", fields={"name": "Anna"}, sender="ANTS"))
