"""Encode and decode is the identity: every model in JSON, and in XML where the manual has it."""

import types
import typing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ants_async.endpoints import OPERATIONS, Wire, build
from ants_async.endpoints.table import PREVIEW
from ants_async.errors import ValidationError
from ants_async.models.limits import RateLimit, TimeSpan
from ants_async.models.reports import Balance
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Binary, Destination, PreviewRequest
from ants_async.models.two_factor import TemplateRequest
from ants_async.wire import json, xml
from ants_async.wire.converter import to_model, to_plain

CONTROLS = "".join(chr(place) for place in range(0x20) if chr(place) not in "\t\n\r")
LEGAL = st.text(
    max_size=20,
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=CONTROLS + "\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>]'\" \x7f\x85\u2028"),
) | st.sampled_from(
    [
        "",
        " ",
        "\r",
        "\r\n",
        " a ",
        "]]>",
        "<![CDATA[x]]>",
        "&amp;",
        "&#13;",
        "<to>",
        "true",
        "007",
        "👍🏽",
        "สวัสดี",
    ]
)
MOMENTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-3, minutes=-30))]
    ),
).map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
NUMBERS = st.from_regex(r"668[0-9]{8}", fullmatch=True)
UNITS = st.sampled_from(["ms", "s", "m", "h", "d"])
SPANS = st.builds(lambda n, unit: TimeSpan(f"{n}{unit}"), st.integers(1, 10**6), UNITS)
LIMITS = st.builds(lambda n, span: RateLimit(f"{n}/{span}"), st.integers(1, 10**6), SPANS)
SCALARS = {
    str: LEGAL,
    int: st.integers(-(10**9), 10**9),
    float: st.integers(5, 20).map(lambda n: n / 10),
    bool: st.booleans(),
    Decimal: st.decimals(0, 10**6, places=3, allow_nan=False, allow_infinity=False),
    datetime: MOMENTS,
    TimeSpan: SPANS,
    RateLimit: LIMITS,
}
SPECIAL = {
    "to": NUMBERS,
    "sender": st.none() | st.sampled_from(["ANTS", "Verify"]),
    "sender_id": st.none() | st.just("ANTS"),
    "validity_period": st.none() | st.integers(1, 2880),
    "notify_content_type": st.none() | st.sampled_from(["application/json", "application/xml"]),
    "pin_attempts": st.none() | st.integers(1, 100),
    "language_code": st.sampled_from(["TR", "PT"]),
    "pin": st.text(min_size=1).map(lambda text: f"1{text}").filter(lambda text: text.isprintable()),
    "valid_from": st.none(),
    "name": LEGAL.map(lambda text: f"x{text}"),
}


def values(kind, name=""):
    """Values of a type, as a field of that name takes them."""
    if typing.get_origin(kind) is tuple:
        item = NUMBERS if name == "to" else values(typing.get_args(kind)[0])
        return st.lists(item, min_size=1, max_size=3).map(tuple)
    if name in SPECIAL:
        return SPECIAL[name]
    if isinstance(kind, types.UnionType):
        return one_of_kinds(typing.get_args(kind), name)
    return SCALARS[kind] if kind in SCALARS else models(kind)


def one_of_kinds(kinds, name):
    """Values of `A | None`, and of the manual's enumerations, which may grow."""
    absent = [st.none()] if types.NoneType in kinds else []
    classes = [one for one in kinds if typing.get_origin(one) is None]  # tuple[str, ...] is none
    enums = [one for one in classes if issubclass(one, StrEnum)]
    if enums:
        return st.one_of(*absent, st.sampled_from(list(enums[0])), st.just("SOMETHING_NEW"))
    return st.one_of(*absent, *(values(one, name) for one in kinds if one is not types.NoneType))


def models(cls):
    """Instances of a model."""
    if cls is Binary:
        return st.builds(Binary, st.binary(max_size=40), data_coding=st.integers(0, 255))
    if issubclass(cls, TemplateRequest):
        known = {
            "message_text": st.just("Your <p>"),
            "pin_placeholder": st.just("<p>"),
            "pin_type": st.just("HEX"),
        }
        known |= {"pin_length": st.none() | st.integers(1, 9), "speech_rate": st.none() | SCALARS[float]}
    elif cls is AdvancedMessage:
        known = {"binary": st.none(), "text": LEGAL}
    else:
        known = {}
    fields = attrs.fields(attrs.resolve_types(cls))
    return st.builds(
        cls,
        **{
            field.name: known.get(field.name) if field.name in known else values(field.type, field.name)
            for field in fields
            if field.name != "extra"
        },
    )


BODIES = {endpoint.body for endpoint in OPERATIONS.values() if endpoint.body}
ANSWERS = {endpoint.answer for endpoint in OPERATIONS.values() if attrs.has(endpoint.answer)}
IN_XML = {
    kind
    for endpoint in OPERATIONS.values()
    if endpoint.has_xml
    for kind in (endpoint.body, endpoint.answer)
    if kind
}


def named(kinds):
    return pytest.mark.parametrize("cls", sorted(kinds, key=lambda cls: cls.__name__))


@named(BODIES | ANSWERS)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_in_json(cls, data):
    model = data.draw(models(cls))
    assert to_model(json.loads(json.dumps(to_plain(model))), cls) == model


@named(IN_XML)
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_in_xml(cls, data):
    model = data.draw(models(cls))
    assert to_model(xml.loads(xml.dumps(to_plain(model), "root")), cls) == model


@settings(deadline=None)
@given(text=st.text(max_size=30) | LEGAL)
def test_any_text_at_all_arrives_in_xml_as_it_is_or_is_refused_before_it_is_sent(text):
    try:
        parts = build(PREVIEW, PreviewRequest(text=text), wire=Wire.XML)
    except ValidationError:
        assert set(text) & {*CONTROLS, "\ufffe", "\uffff"}
    else:
        assert to_model(xml.loads(parts.content), PreviewRequest).text == text


@pytest.mark.parametrize("character", [*CONTROLS, "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_hold_is_named(character):
    with pytest.raises(ValidationError, match="XML cannot hold the character") as caught:
        build(PREVIEW, PreviewRequest(text=f"a{character}b"), wire=Wire.XML)
    assert repr(character) in str(caught.value)


@settings(deadline=None)
@given(
    extra=st.dictionaries(
        LEGAL.filter(lambda name: name not in ("balance", "currency")),
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | LEGAL | st.lists(LEGAL),
        max_size=4,
    )
)
def test_what_the_manual_does_not_know_comes_back_too(extra):
    plain = {"balance": 1, "currency": "THB", **extra}
    model = to_model(plain, Balance)
    assert model.extra == extra
    assert json.loads(json.dumps(to_plain(model))) == plain


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=3))
def test_binary_content_survives(contents):
    messages = [
        AdvancedMessage(destinations=[Destination("66847781470")], binary=Binary(one)) for one in contents
    ]
    request = AdvancedRequest(messages=messages)
    for back in (
        to_model(json.loads(json.dumps(to_plain(request))), AdvancedRequest),
        to_model(xml.loads(xml.dumps(to_plain(request), "request")), AdvancedRequest),
    ):
        assert [message.binary.content for message in back.messages] == contents
