"""How a text divides into parts: a 7-bit alphabet where it has every character, UCS-2 otherwise."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import attrs

from ants_async.text.alphabets import CONCATENATION, OCTETS, Alphabet, find_alphabet
from ants_async.text.plain import to_plain

_ESCAPE: Final = "\x1b"  # no character of any alphabet, so it marks nothing else
_LOW_SURROGATE: Final = 0xDC00 >> 10  # the upper six bits of the second unit of a pair
_UCS2_SINGLE: Final = OCTETS // 2
_UCS2_PART: Final = (OCTETS - 1 - CONCATENATION) // 2

# No character takes more than two places, and one of ASCII only where a part has 146 and more of them.
_ALWAYS_ONE_PART: Final = _UCS2_SINGLE // 2
_ASCII_ONE_PART: Final = _UCS2_SINGLE


class Encoding(StrEnum):
    """How the characters of a message are coded."""

    GSM7 = "GSM7"
    UCS2 = "UCS2"


@attrs.frozen(slots=True, kw_only=True)
class TextAnalysis:
    """What a text costs, and why.

    `places`: septets in GSM7, UTF-16 units in UCS2, that its characters take. `parts`: SMS segments, at
    least 1. `remaining`: places free in the last part. `forcing`: the characters that force UCS2, each once,
    in the text's order.
    """

    text: str = attrs.field(repr=False)
    encoding: Encoding
    places: int
    parts: int
    remaining: int
    forcing: tuple[str, ...]
    _alphabet: Alphabet = attrs.field(alias="alphabet", repr=False)

    @property
    def suggestion(self) -> str | None:
        """The text with its forcing characters replaced so that GSM7 does: quotes, dashes, accents.

        None when nothing forces UCS2, and when some of what does has no stand-in. Letters without their
        accents can read differently: it is for a person to accept.
        """
        return to_plain(self.text, self._alphabet) if self.forcing else None


def analyze(
    text: str,
    *,
    language_code: str | None = None,
    single_shift: bool | None = None,
    locking_shift: bool | None = None,
) -> TextAnalysis:
    """Divide a text into parts.

    `language_code` names the national tables (`TR`) that `single_shift` and `locking_shift` ask for. A table
    asked for takes its places in every part, also in a text that could do without it.
    Raises `ValidationError` for a table that does not exist.
    """
    alphabet = find_alphabet(
        language_code, single_shift=bool(single_shift), locking_shift=bool(locking_shift)
    )
    encoding, places, parts, remaining = _divide(text, alphabet)
    return TextAnalysis(
        text=text,
        encoding=encoding,
        places=places,
        parts=parts,
        remaining=remaining,
        forcing=tuple(c for c in dict.fromkeys(text) if not alphabet.whole.fullmatch(c)),
        alphabet=alphabet,
    )


def count_parts(
    text: str,
    *,
    language_code: str | None = None,
    single_shift: bool | None = None,
    locking_shift: bool | None = None,
) -> int:
    """SMS segments the text takes: `analyze(...).parts`, made for the hot path."""
    alphabet = find_alphabet(
        language_code, single_shift=bool(single_shift), locking_shift=bool(locking_shift)
    )
    length = len(text)
    if length <= _ALWAYS_ONE_PART or (length <= _ASCII_ONE_PART and text.isascii()):
        return 1
    return _divide(text, alphabet)[2]


def _divide(text: str, alphabet: Alphabet) -> tuple[Encoding, int, int, int]:
    """Encoding, places, parts, and places remaining in the last."""
    if alphabet.basic.fullmatch(text):
        septets = text
    elif alphabet.whole.fullmatch(text):
        septets = _with_escapes(text, alphabet.shifted)
    else:
        units = text.encode("utf-16-be", "surrogatepass")
        places = len(units) // 2
        parts, remaining = _fill(
            places, _UCS2_SINGLE, _UCS2_PART, lambda place: units[2 * place] >> 2 == _LOW_SURROGATE
        )
        return Encoding.UCS2, places, parts, remaining
    places = len(septets)
    parts, remaining = _fill(
        places, alphabet.single, alphabet.part, lambda place: septets[place - 1] == _ESCAPE
    )
    return Encoding.GSM7, places, parts, remaining


def _with_escapes(text: str, shifted: str) -> str:
    for character in shifted:
        text = text.replace(character, _ESCAPE + character)
    return text


def _fill(places: int, single: int, part: int, splits_pair: Callable[[int], bool]) -> tuple[int, int]:
    """Parts, and places remaining in the last. A cut that `splits_pair` is made one place earlier."""
    if places <= single:
        return 1, single - places
    parts, start = 1, 0
    while places - start > part:
        start += part
        start -= splits_pair(start)
        parts += 1
    return parts, part - (places - start)
