"""What a request may not say is refused before anything is sent: field, value, rule."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from ants_async.errors import ValidationError
from ants_async.models.api_keys import ApiKeyRequest, Permission
from ants_async.models.sms import (
    AdvancedMessage,
    AdvancedRequest,
    Binary,
    BinaryMessage,
    Destination,
    Language,
    MultiRequest,
    TextMessage,
)
from ants_async.models.two_factor import (
    ApplicationRequest,
    PinConfiguration,
    PinRequest,
    TemplateRequest,
    VerifyRequest,
)

NUMBER = "66847781470"
NAIVE = datetime(2026, 5, 1)  # noqa: DTZ001 - what is refused
TEMPLATE = {"message_text": "Your PIN: <pin>", "pin_placeholder": "<pin>", "pin_type": "NUMERIC"}


def text(**fields):
    return TextMessage(**{"to": NUMBER, "text": "x"} | fields)


def advanced(**fields):
    return AdvancedMessage(**{"destinations": [Destination(NUMBER)], "text": "x"} | fields)


def key(**fields):
    return ApiKeyRequest(**{"name": "x"} | fields)


def template(**fields):
    return TemplateRequest(**TEMPLATE | fields)


@pytest.mark.parametrize(
    ("make", "fields", "field"),
    [
        (text, {"sender": "TwelveLetter"}, "sender"),
        (text, {"sender": "MY SHOP"}, "sender"),
        (text, {"sender": "ร้าน"}, "sender"),
        (text, {"sender": ""}, "sender"),
        (text, {"sender": "12345678901234567"}, "sender"),
        (text, {"sender": "ANTS\n"}, "sender"),
        (text, {"sender": 66847781470}, "sender"),
        (text, {"to": None}, "to"),
        (text, {"to": 66847781470}, "to"),
        (text, {"to": ""}, "to"),
        (text, {"to": f"{NUMBER}\n1"}, "to"),
        (text, {"to": f"++{NUMBER}"}, "to"),
        (text, {"to": "6684778147012345"}, "to"),
        (text, {"to": "0812345678"}, "to"),
        (text, {"to": "12"}, "to"),
        (text, {"to": "66 84 778 1470"}, "to"),
        (text, {"to": "6684778147٠"}, "to"),
        (text, {"to": [NUMBER, "x"]}, "to"),
        (text, {"to": []}, "to"),
        (text, {"to": [None]}, "to"),
        (text, {"text": "half \ud83d"}, "text"),
        (text, {"text": "x" * 4001}, "text"),
        (text, {"text": "x" * 3900}, "text"),
        (text, {"text": None}, "text"),
        (advanced, {"text": "ก" * 1400}, "text"),
        (
            advanced,
            {
                "text": "x" * 3700,
                "language": Language(language_code="TR", single_shift=True, locking_shift=True),
            },
            "text",
        ),
        (advanced, {"language": Language(language_code="XX", single_shift=True)}, "language_code"),
        (Destination, {"to": "1"}, "to"),
        (Binary, {"hex": "0"}, "hex"),
        (Binary, {"hex": "0f c"}, "hex"),
        (Binary, {"hex": "zz"}, "hex"),
        (Binary, {"hex": "0f  c2"}, "hex"),
        (Binary, {"hex": 15}, "hex"),
        (Binary, {"hex": "0f c2 "}, "hex"),
        (Binary, {"hex": "0f\nc2"}, "hex"),
        (Binary, {"hex": b"x", "data_coding": 256}, "data_coding"),
        (Binary, {"hex": b"x", "data_coding": 8.5}, "data_coding"),
        (Binary, {"hex": b"\x03\x00\x03\x0a", "esm_class": 67, "data_coding": True}, "data_coding"),
        (Binary, {"hex": b"x", "esm_class": -1}, "esm_class"),
        (Binary, {"hex": b"", "esm_class": 64}, "hex"),
        (Binary, {"hex": b"\x05\x00", "esm_class": 64}, "hex"),
        (Binary, {"hex": b"\x02\x00", "esm_class": 67}, "hex"),
        (BinaryMessage, {"to": "1", "binary": Binary(b"x")}, "to"),
        (MultiRequest, {"messages": []}, "messages"),
        (advanced, {"validity_period": 2881}, "validity_period"),
        (advanced, {"validity_period": 0}, "validity_period"),
        (advanced, {"validity_period": 1.5}, "validity_period"),
        (advanced, {"validity_period": True}, "validity_period"),
        (advanced, {"validity_period": "60"}, "validity_period"),
        (advanced, {"send_at": "2026-05-01T09:00:00+07:00"}, "send_at"),
        (advanced, {"send_at": NAIVE}, "send_at"),
        (advanced, {"notify_content_type": "text/html"}, "notify_content_type"),
        (advanced, {"destinations": []}, "destinations"),
        (advanced, {"text": None}, "text"),
        (advanced, {"text": 5}, "text"),
        (advanced, {"text": "half \ud83d"}, "text"),
        (advanced, {"text": "x" * 4001}, "text"),
        (advanced, {"binary": Binary(b"x")}, "text"),
        (AdvancedRequest, {"messages": [advanced(), advanced(text=None, binary=Binary(b"x"))]}, "messages"),
        (PinConfiguration, {"pin_time_to_live": "15 minutes"}, "pin_time_to_live"),
        (PinConfiguration, {"pin_time_to_live": 15}, "pin_time_to_live"),
        (PinConfiguration, {"verify_pin_limit": "0/1d"}, "verify_pin_limit"),
        (PinConfiguration, {"verify_pin_limit": 3}, "verify_pin_limit"),
        (PinConfiguration, {"send_pin_per_application_limit": "1/0s"}, "send_pin_per_application_limit"),
        (PinConfiguration, {"send_pin_per_application_limit": "many"}, "send_pin_per_application_limit"),
        (PinConfiguration, {"send_pin_per_phone_number_limit": "3"}, "send_pin_per_phone_number_limit"),
        (ApplicationRequest, {"name": " "}, "name"),
        (
            ApplicationRequest,
            {"name": "x", "configuration": PinConfiguration(pin_attempts=0)},
            "pin_attempts",
        ),
        (template, {"message_text": "no placeholder"}, "message_text"),
        (template, {"pin_placeholder": ""}, "pin_placeholder"),
        (template, {"pin_type": None}, "pin_type"),
        (template, {"pin_length": 0}, "pin_length"),
        (template, {"speech_rate": 0.4}, "speech_rate"),
        (template, {"speech_rate": 2.1}, "speech_rate"),
        (template, {"speech_rate": math.nan}, "speech_rate"),
        (template, {"speech_rate": "1"}, "speech_rate"),
        (template, {"pin_length": 4.5}, "pin_length"),
        (template, {"message_text": None}, "message_text"),
        (template, {"message_text": "Your PIN: <PIN>"}, "message_text"),
        (template, {"sender_id": "ANTS OTP"}, "sender_id"),
        (PinRequest, {"application_id": "a", "message_id": "m", "to": "1"}, "to"),
        (PinRequest, {"application_id": "a", "message_id": "m", "to": NUMBER, "sender": "A B"}, "sender"),
        (VerifyRequest, {"pin": ""}, "pin"),
        (key, {"name": ""}, "name"),
        (key, {"valid_from": NAIVE}, "valid_from"),
        (
            key,
            {"valid_from": datetime.now(UTC), "valid_to": datetime.now(UTC) - timedelta(days=1)},
            "valid_to",
        ),
    ],
)
def test_it_is_refused_by_field(make, fields, field):
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    error = caught.value
    assert error.field == field
    assert error.rule
    shown = error.value if isinstance(error.value, datetime) else repr(error.value)
    assert str(error) == f"{field}: {shown} is not valid: {error.rule}"


@pytest.mark.parametrize(
    ("make", "fields", "said"),
    [
        (
            text,
            {"sender": "MY SHOP"},
            "sender: 'MY SHOP' is not valid: at most 11 letters and digits without spaces, or a number",
        ),
        (
            text,
            {"to": [NUMBER, "0812345678"]},
            "to: '0812345678' is not valid: an international number of 8 to 15 digits, like 66847781470",
        ),
        (
            Binary,
            {"hex": "0f c"},
            "hex: '0f c' is not valid: bytes, or two hex digits a byte as in '0f c2 4a'",
        ),
        (
            advanced,
            {"validity_period": 2881},
            "validity_period: 2881 is not valid: a whole number, 1 to 2880 minutes",
        ),
        (template, {"speech_rate": 0.4}, "speech_rate: 0.4 is not valid: 0.5 to 2"),
        (
            template,
            {"message_text": "no"},
            "message_text: 'no' is not valid: must hold the placeholder '<pin>'",
        ),
        (
            PinConfiguration,
            {"verify_pin_limit": "0/1d"},
            (
                "verify_pin_limit: '0/1d' is not valid: "
                "a positive whole number per time span, as in 100/1s or 3/1d"
            ),
        ),
        (VerifyRequest, {"pin": ""}, "pin: '***' is not valid: must be a text that is not empty"),
    ],
)
def test_field_value_and_rule_are_said(make, fields, said):
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (text, {"sender": "ElevenChars"}),
        (text, {"sender": "1234567890123456"}),
        (text, {"sender": "ANTS-OTP"}),  # an example of the manual's
        (text, {"to": "12345678"}),
        (text, {"to": "123456789012345"}),
        (text, {"text": ""}),
        (Binary, {"hex": b""}),
        (Binary, {"hex": b"\x00x", "esm_class": 64}),
        (advanced, {"validity_period": 1}),
        (advanced, {"validity_period": 2880}),
        (template, {"speech_rate": 0.5}),
        (template, {"speech_rate": 2}),
        (template, {"pin_type": "SOMETHING_NEW"}),
        (advanced, {"text": "ş" * 1900, "language": Language(language_code="TR", locking_shift=True)}),
    ],
)
def test_what_the_rules_just_allow_is_taken(make, fields):
    made = make(**fields)
    assert all(getattr(made, name) for name, value in fields.items() if value)


def test_one_permission_and_one_address_need_no_list():
    made = key(permissions=Permission.TFA, allowed_ips="192.0.2.1")
    assert (made.permissions, made.allowed_ips) == ((Permission.TFA,), ("192.0.2.1",))
    assert key(permissions="ALL").permissions == (Permission.ALL,)
    assert key(permissions=["ALL", "VOICE"]).permissions == (Permission.ALL, "VOICE")


def test_numbers_are_brought_into_the_apis_form():
    assert text(to=[f"+{NUMBER}", f" {NUMBER} "]).to == (NUMBER, NUMBER)


@pytest.mark.parametrize("given", [b"\x0f\xc2\x4a", "0fc24a", "0f c2 4a"])
def test_binary_content_is_bytes_or_hex_and_goes_out_spaced(given):
    assert (Binary(given).hex, Binary(given).content) == ("0f c2 4a", b"\x0f\xc2\x4a")


def test_whatever_the_form_a_pin_stays_out_of_repr():
    assert "1598" not in repr(VerifyRequest(pin="1598"))
