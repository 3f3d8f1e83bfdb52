"""Phone numbers as people write them → the API's form, by the plans of `phonenumbers` (extra `phone`)."""

import re
import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import attrs

from ants_async.errors import ValidationError
from ants_async.extras import needing_extra
from ants_async.models.numbers import parse_number

if TYPE_CHECKING:
    import phonenumbers

_Match = Callable[[str], re.Match[str] | None]
_LONGEST: Final = 64  # characters: no number is longer, however it is written
_DROPPED: Final = frozenset(" \t-().\u2212")  # and spaces, dashes and invisible marks of all scripts
_DROPPED_KINDS: Final = frozenset({"Zs", "Pd", "Cf"})
_PLUS: Final = "+\uff0b"
_DIGITS: Final = re.compile(r"\+?[0-9]+")
_AS_FLOAT: Final = re.compile(r"(\+?[0-9]{8,15})\.0")  # a column of numbers, one of which was missing
_SHORTENED: Final = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")
_NEVER: Final = re.compile(r"(?!)").fullmatch


@attrs.frozen(slots=True)
class Number:
    """A number in the API's form. `is_mobile`: also where a country's plan tells fixed lines not apart."""

    to: str
    is_mobile: bool


def normalise(text: str, region: str, *, mobile_only: bool = False) -> str:
    """A number in the API's form: `081-234-5678`, `+66 81 234 5678`, `๐๘๑-๒๓๔-๕๖๗๘` → `66812345678`.

    `region`: the country of numbers that name none, by its two letters: `TH`. Digits of all scripts are
    read, and what people put between them. Raises `ValidationError` for what is no number, could be one of
    two, or is a service that takes no texts, with `mobile_only` also for fixed lines; `ConfigurationError`
    without the extra `phone`.
    """
    return number_reader(region, mobile_only=mobile_only).read(text).to


@lru_cache(maxsize=32)
def number_reader(region: str, *, mobile_only: bool = False) -> "NumberReader":
    """What `normalise` reads with; it says more of a number. Raises as that one does."""
    with needing_extra("phone"):
        import phonenumbers  # noqa: PLC0415
    name = region.upper()
    if name not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError("region", region, "a country by its two letters, like TH")
    return NumberReader(phonenumbers, name, mobile_only=mobile_only)


class NumberReader:
    """Reads numbers: mobile ones of the region by a pattern, all others by the library, much slower."""

    def __init__(self, library: Any, region: str, *, mobile_only: bool) -> None:
        self._library = library
        self._region = region
        self._mobile_only = mobile_only
        self._code = str(library.country_code_for_region(region))
        self._complete, self._national = self._patterns()
        kinds = library.PhoneNumberType
        self._mobile = {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}
        self._services = {
            kinds.PREMIUM_RATE: "a premium-rate number",
            kinds.TOLL_FREE: "a toll-free number",
            kinds.SHARED_COST: "a shared-cost number",
            kinds.UAN: "a company's service number",
            kinds.VOICEMAIL: "a voicemail number",
        }

    def read(self, text: str) -> Number:
        """Raises `ValidationError`."""
        if self._complete(text):  # as most come
            return Number(text, is_mobile=True)
        digits = _digits(text)
        if (mobile := self._mobile_here(digits)) is not None:
            return Number(mobile, is_mobile=True)
        return self._looked_up(text, digits)

    def all_meant(self, text: str) -> Collection[str]:
        """Every number that it can mean, also those that take no texts: for whoever must not be texted.

        Raises `ValidationError` for what is no number.
        """
        if self._complete(text):
            return (text,)
        digits = _digits(text)
        if (mobile := self._mobile_here(digits)) is not None:
            return (mobile,)
        try:
            return self._meanings(text, digits).keys()
        except ValidationError:
            if (unassigned := self._unassigned(digits if digits[0] == "+" else text.strip())) is not None:
                return (unassigned,)
            raise

    def _mobile_here(self, digits: str) -> str | None:
        """A mobile phone's number of the region, by its pattern; None for all else."""
        if found := self._national(digits):
            return self._code + found[1]
        bare = digits.removeprefix("+")
        return bare if self._complete(bare) else None

    def _unassigned(self, text: str) -> str | None:
        """A number in the API's form that a mobile phone could have, though none has it now.

        Old lists have such. With a digit more or less it is another one that was meant, nobody knows which:
        so its form is strict where it has no plus.
        """
        with suppress(ValidationError, self._library.NumberParseException):
            number = self._library.parse(f"+{parse_number(text)}", None)
            if self._library.is_possible_number_for_type(number, self._library.PhoneNumberType.MOBILE):
                return self._written(number)
        return None

    def _patterns(self) -> tuple[_Match, _Match]:
        """How mobile numbers of the region look with its code, and with its prefix, where it is so simple."""
        library = self._library
        if library.region_code_for_country_code(int(self._code)) != self._region:
            return _NEVER, _NEVER  # a small country that shares the code of a large one
        plan = library.PhoneMetadata.metadata_for_region(self._region)
        others = [plan.premium_rate, plan.toll_free, plan.shared_cost, plan.voip, plan.personal_number]
        others += [plan.pager, plan.uan, plan.voicemail]
        patterns = [one.national_number_pattern for one in others if one and one.national_number_pattern]
        except_for = "".join(f"(?!(?:{pattern})$)" for pattern in patterns)
        mobile = f"{except_for}(?:{plan.mobile.national_number_pattern})"
        lengths = {len(self._code) + length for length in plan.mobile.possible_length}
        complete = _NEVER
        if lengths.isdisjoint(plan.general_desc.possible_length):  # or it could be one without a code
            complete = re.compile(f"{self._code}{mobile}", re.ASCII).fullmatch
        national = _NEVER
        if plan.national_prefix == "0" and plan.national_prefix_for_parsing in {None, "0"}:
            national = re.compile(f"0({mobile})", re.ASCII).fullmatch
        return complete, national

    def _looked_up(self, text: str, digits: str) -> Number:
        """By the library, where it can be meant in one way alone."""
        found = self._meanings(text, digits)
        if len(found) > 1:
            either = " or ".join(f"+{to}" for to in found)
            raise ValidationError("to", text, f"can be {either}; write it with + and the country's code")
        ((to, number),) = found.items()
        kind = self._library.number_type(number)
        if kind in self._services:
            raise ValidationError("to", text, f"{self._services[kind]}, which takes no texts")
        if kind not in self._mobile and self._mobile_only:
            raise ValidationError("to", text, "not a mobile phone's number, and only those are wanted")
        return Number(parse_number(to), is_mobile=kind in self._mobile)

    def _meanings(self, text: str, digits: str) -> "dict[str, phonenumbers.PhoneNumber]":
        """In each way that it can be meant, by the number in the API's form. Raises `ValidationError`."""
        ways = [(digits, None if digits[0] == "+" else self._region)]
        if digits.startswith("00"):
            ways.append((f"+{digits[2:]}", None))
        elif digits[0] not in "+0":
            ways.append((f"+{digits}", None))
        found = {}
        for way in ways:
            number = self._parsed(*way)
            if number is not None:
                found[self._written(number)] = number
        if not found:
            there = "" if digits[0] == "+" else f", neither in {self._region} nor with a country's code"
            raise ValidationError("to", text, f"there is no such number{there}")
        return found

    def _parsed(self, digits: str, region: str | None) -> "phonenumbers.PhoneNumber | None":
        try:
            number = self._library.parse(digits, region)
        except self._library.NumberParseException:
            return None
        return number if self._library.is_valid_number(number) else None

    def _written(self, number: "phonenumbers.PhoneNumber") -> str:
        written: str = self._library.format_number(number, self._library.PhoneNumberFormat.E164)
        return written.removeprefix("+")


class _Plain(dict[int, "str | None"]):
    """For `str.translate`: digits of all scripts → 0 to 9, and what stands between them → nothing."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            plain: str | None = str(digit)
        elif character in _DROPPED or unicodedata.category(character) in _DROPPED_KINDS:
            plain = None
        else:
            plain = "+" if character in _PLUS else character
        self[code] = plain
        return plain


_PLAIN: Final = _Plain()


def _digits(text: str) -> str:
    """Digits with or without a plus. Raises `ValidationError`."""
    written = text.strip().removeprefix("'")  # which has a spreadsheet take it for text
    if len(written) <= _LONGEST:
        if as_float := _AS_FLOAT.fullmatch(written):
            return as_float[1]
        digits = written.translate(_PLAIN)
        if _DIGITS.fullmatch(digits):
            return digits
        if not digits:
            raise ValidationError("to", text, "there is no number")
        if _SHORTENED.fullmatch(written):
            raise ValidationError("to", text, "a spreadsheet has shortened it, so digits are lost")
        odd = next((one for one in digits.removeprefix("+") if not one.isdecimal()), digits)
        raise ValidationError("to", text, f"holds {odd!r}, which no number does")
    raise ValidationError("to", text, f"longer than {_LONGEST} characters, so not one number")
