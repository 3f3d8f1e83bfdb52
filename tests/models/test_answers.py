"""What the API says is kept, quirks and news included."""

import pytest

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
    ],
)
def test_values_the_manual_does_not_know_are_kept(data, cls, field, value):
    assert getattr(to_model(data, cls), field) == value


def test_a_limit_of_a_form_the_manual_does_not_know_does_not_cost_the_application():
    data = {"applicationId": "A", "name": "x", "configuration": {"verifyPinLimit": "often", "pinAttempts": 3}}
    application = to_model(data, Application)
    assert application.configuration.pin_attempts == 3
    assert application.configuration.verify_pin_limit is None
    assert application.configuration.extra == {"verifyPinLimit": "often"}
