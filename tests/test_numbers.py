"""Numbers as people write them, brought into the API's form."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ants_async.errors import ValidationError
from ants_async.numbers import NumberReader, normalise, number_reader


@pytest.mark.parametrize(
    "text",
    [
        "66812345678",
        "+66812345678",
        "+66 81 234 5678",
        "+66 (0)81 234 5678",
        "0066812345678",
        "0812345678",
        "081-234-5678",
        "081 234 5678",
        "(081) 234.5678",
        "๐๘๑-๒๓๔-๕๖๗๘",
        "０８１２３４５６７８",
        "081–234—5678",
        "\u202a081-234-5678\u202c",
        " 081\u00a0234\u200b5678 ",
        "'0812345678",
        "812345678",
        "812345678.0",
        "66812345678.0",
    ],
)
def test_a_thai_mobile_however_it_is_written(text):
    assert normalise(text, "TH") == "66812345678"
    assert normalise(text, "th", mobile_only=True) == "66812345678"


@pytest.mark.parametrize(
    ("text", "region", "to"),
    [
        ("+65 9123 4567", "TH", "6591234567"),
        ("6591234567", "TH", "6591234567"),
        ("9123 4567", "SG", "6591234567"),
        ("(415) 555-2671", "US", "14155552671"),
        ("07911 123456", "GB", "447911123456"),
        ("02-123-4567", "TH", "6621234567"),
        ("347 123 4567", "IT", "393471234567"),
        ("011 15 2345-6789", "AR", "5491123456789"),
    ],
)
def test_other_countries_and_fixed_lines(text, region, to):
    assert normalise(text, region) == to


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "there is no number"),
        (" - ", "there is no number"),
        ("+", "holds '+', which no number does"),
        ("081-234-5678, 089-123-4567", "holds ',', which no number does"),
        ("081-234-5678/9", "holds '/', which no number does"),
        ("0812345678\n0891234567", "holds '\\n', which no number does"),
        ("1-800-FLOWERS", "holds 'F', which no number does"),
        ("081+2345678", "holds '+', which no number does"),
        ("6.68E+10", "a spreadsheet has shortened it, so digits are lost"),
        ("081234567", "there is no such number, neither in TH nor with a country's code"),
        ("0812345678 0891234567", "there is no such number, neither in TH nor with a country's code"),
        ("+6681234567", "there is no such number"),
        ("0512345678", "there is no such number, neither in TH nor with a country's code"),
        ("958559703", "can be +66958559703 or +958559703; write it with + and the country's code"),
        ("1900123456", "a premium-rate number, which takes no texts"),
        ("1800123456", "a toll-free number, which takes no texts"),
        ("1" * 65, "longer than 64 characters, so not one number"),
    ],
)
def test_what_is_no_number_has_a_reason(text, rule):
    with pytest.raises(ValidationError) as caught:
        normalise(text, "TH")
    assert (caught.value.field, caught.value.value, caught.value.rule) == ("to", text, rule)


def test_a_fixed_line_is_told_and_refused_where_only_mobiles_are_wanted():
    assert number_reader("TH").read("021234567").is_mobile is False
    with pytest.raises(ValidationError, match="not a mobile phone's number"):
        normalise("021234567", "TH", mobile_only=True)


@pytest.mark.parametrize("region", ["", "Thailand", "XX", "66"])
def test_a_region_is_a_country(region):
    with pytest.raises(ValidationError, match=r"region: .* a country by its two letters, like TH"):
        normalise("0812345678", region)


def test_it_says_what_to_install():
    program = """
import sys
sys.modules["phonenumbers"] = None
from ants_async.numbers import normalise
try:
    normalise("0812345678", "TH")
except ValueError as error:
    print(error)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "this needs the extra 'phone': pip install 'ants-async[phone]'\n"


def outcome(reader, text):
    try:
        return reader.read(text)
    except ValidationError as error:
        return error.rule


class _NoShortcut(NumberReader):
    def _patterns(self):
        return (lambda _: None), (lambda _: None)


REGIONS = ["TH", "US", "CA", "GB", "SG", "VN", "LA", "MY", "IT", "AR", "BR", "MX", "KZ", "RU", "DE"]


@settings(deadline=None, max_examples=600)
@given(st.sampled_from(REGIONS), st.data())
def test_the_shortcut_says_what_the_library_says(region, data):
    """For numbers close to a real one, and for any digits."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    whole = str(example.national_number)
    kept = data.draw(st.integers(0, len(whole)))
    digits = whole[:kept] + data.draw(
        st.text("0123456789", min_size=max(0, len(whole) - kept - 1), max_size=10)
    )
    form = data.draw(st.sampled_from(["{d}", "0{d}", "+{c}{d}", "{c}{d}", "00{c}{d}", "+{c}0{d}"]))
    text = form.format(d=digits, c=example.country_code)
    slow = _NoShortcut(phonenumbers, region, mobile_only=False)
    assert outcome(number_reader(region), text) == outcome(slow, text)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80) | st.text("0123456789+-. ()eE'๐๑๒/\u200b", max_size=20), st.sampled_from(REGIONS))
def test_whatever_is_written_is_a_number_of_the_api_or_refused(text, region):
    found = outcome(number_reader(region), text)
    if not isinstance(found, str):
        assert found.to.isascii()
        assert found.to.isdigit()
        assert 8 <= len(found.to) <= 15
        assert outcome(number_reader(region), f"+{found.to}") == found, "and it stays what it is"
