"""What the API says is kept, quirks and news included."""

import pytest

from ants_async.errors import ValidationError
from ants_async.models.api_keys import ApiKey, Permission
from ants_async.models.two_factor import (
    Application,
    NcStatus,
    PinReceipt,
    PinType,
    PinVerification,
    Template,
)
from ants_async.wire.converter import to_model


def test_the_manuals_other_spellings_mean_the_same():
    assert to_model({"messageId": "m", "pinType": "HEXA"}, Template).pin_type is PinType.HEX
    receipt = to_model({"pinId": "p", "ncStatus": "NC_NOT_REACHABLE"}, PinReceipt)
    assert receipt.nc_status is NcStatus.DESTINATION_NOT_REACHABLE
    assert not receipt.is_sent


def test_a_sender_with_a_space_is_kept_when_the_api_says_so():
    assert to_model({"messageId": "m", "senderId": "ANTS OTP"}, Template).sender_id == "ANTS OTP"


@pytest.mark.parametrize(
    ("data", "cls", "field", "value"),
    [
        ({"messageId": "m", "pinType": "RUNES"}, Template, "pin_type", "RUNES"),
        ({"messageId": "m", "language": "th"}, Template, "language", "th"),
        ({"pinId": "p", "ncStatus": "NC_NEW"}, PinReceipt, "nc_status", "NC_NEW"),
        ({"pinId": "p", "smsStatus": "FLOWN"}, PinReceipt, "sms_status", "FLOWN"),
        ({"pinId": "p", "callStatus": "SUNG"}, PinReceipt, "call_status", "SUNG"),
        ({"pinId": "p", "verified": False, "pinError": "NEW"}, PinVerification, "pin_error", "NEW"),
        ({"key": "k", "permissions": ["TFA", "VOICE"]}, ApiKey, "permissions", (Permission.TFA, "VOICE")),
        ({"key": "k", "permissions": "TFA", "allowedIPs": "::1"}, ApiKey, "permissions", (Permission.TFA,)),
    ],
)
def test_values_the_manual_does_not_know_are_kept(data, cls, field, value):
    assert getattr(to_model(data, cls), field) == value


@pytest.mark.parametrize(
    ("data", "cls"),
    [
        ({"applicationId": "A", "name": None, "configuration": {"pinAttempts": 0}}, Application),
        ({"messageId": "m", "messageText": "no placeholder", "pinPlaceholder": "<p>"}, Template),
        ({"messageId": "m", "speechRate": 9, "pinLength": 0, "senderId": "far too long a sender"}, Template),
        (
            {"key": "k", "name": "", "validFrom": "2026-01-01T00:00:00Z", "validTo": "2025-01-01T00:00:00Z"},
            ApiKey,
        ),
    ],
)
def test_what_could_not_be_sent_is_taken_from_the_api(data, cls):
    model = to_model(data, cls)
    assert model.extra == {}
    with pytest.raises(ValidationError):
        model.check()


def test_a_template_that_was_made_may_be_answered_with_an_applications_fields():
    made = to_model({"messageId": "m", "name": "Shop", "enabled": True, "processId": "p"}, Template)
    assert (made.message_id, made.message_text) == ("m", None)
    assert made.extra == {"name": "Shop", "enabled": True, "processId": "p"}


def test_a_limit_of_a_form_the_manual_does_not_know_does_not_cost_the_application():
    data = {"applicationId": "A", "name": "x", "configuration": {"verifyPinLimit": "often", "pinAttempts": 3}}
    application = to_model(data, Application)
    assert application.configuration.pin_attempts == 3
    assert application.configuration.verify_pin_limit is None
    assert application.configuration.extra == {"verifyPinLimit": "often"}
