"""The 7-bit alphabets of 3GPP TS 23.038: the default one, and those of the national language tables.

A locking shift table stands in for the default alphabet (a character takes one septet), a single shift table
for its extension (an escape and a character: two septets). Only what a table holds matters for counting, so
a table here is the set of its characters; where each stands in it is left out.
"""

import re
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Final

import attrs

from ants_async.errors import ValidationError

OCTETS: Final = 140
"""Octets of user data in one short message."""
CONCATENATION: Final = 5
"""Octets of the header element that ties parts together (with an 8-bit reference)."""

_HEADER_LENGTH: Final = 1  # the octet before the elements of a header
_SHIFT: Final = 3  # octets of the element that names a shift table

_DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà"
    + digits
    + ascii_lowercase
    + ascii_uppercase
)
_EXTENSION: Final = "^{}\\[~]|€\f"


def _ranges(text: str) -> str:
    """The characters of `"981-983 9b2"`: code points and ranges of them, in hex."""
    ends = ([int(end, 16) for end in span.split("-")] for span in text.split())
    return "".join(chr(code) for first, *last in ends for code in range(first, (last or [first])[0] + 1))


# The tables for the languages of India, Urdu's too, share what is not of their own script.
_INDIC_LOCKING: Final = "\n\r !)(,.:;?" + digits + ascii_lowercase
_INDIC_SINGLE: Final = _EXTENSION + "@£$¥¿\"¤%&'*+-/<=>¡_#" + ascii_uppercase

_LOCKING_SCRIPTS: Final = {
    "BN": "981-983 985-98c 98f-990 993-9a8 9aa-9b0 9b2 9b6-9b9 9bc-9c4 9c7-9c8 9cb-9ce 9d7 9dc-9dd 9f0-9f1",
    "GU": "a81-a83 a85-a8d a8f-a91 a93-aa8 aaa-ab0 ab2-ab3 ab5-ab9 abc-ac5 ac7-ac9 acb-acd ad0 ae0-ae3 af1",
    "HI": "901-903 905-939 93c-94d 950 972 97b-97c 97e-97f",
    "KN": "c82-c83 c85-c8c c8e-c90 c92-ca8 caa-cb3 cb5-cb9 cbc-cc4 cc6-cc8 cca-ccd cd5-cd6 ce0-ce3",
    "ML": "d02-d03 d05-d0c d0e-d10 d12-d28 d2a-d39 d3d-d44 d46-d48 d4a-d4d d57 d60-d63 d79",
    "OR": "b01-b03 b05-b0c b0f-b10 b13-b28 b2a-b30 b32-b33 b35-b39 b3c-b44 b47-b48 b4b-b4d b56-b57 b60-b63",
    "PA": "a01-a03 a05-a0a a0f-a10 a13-a28 a2a-a30 a32-a33 a35-a36 a38-a39 a3c a3e-a42 a47-a48 a4b-a4d a51 "
    "a70-a74",
    "TA": "b82-b83 b85-b8a b8e-b90 b92-b95 b99-b9a b9c b9e-b9f ba3-ba4 ba8-baa bae-bb9 bbe-bc2 bc6-bc8 "
    "bca-bcd bd0 bd7 bf0-bf2 bf9",
    "TE": "c01-c03 c05-c0c c0e-c10 c12-c28 c2a-c33 c35-c39 c3d-c44 c46-c48 c4a-c4d c55-c56 c60-c63",
    "UR": "621-622 627-628 62a-639 641-642 644-646 648 64d 64f-651 653-657 670 679-681 683-68a 68c-68d 68f "
    "691 693 696 698-69a 6a6 6a9-6ab 6af 6b1 6b3 6ba-6bc 6be 6c1-6c2 6c4 6cc 6d0 6d2 6d5",
}
_SINGLE_SCRIPTS: Final = {
    "BN": "9df-9e3 9e6-9ef 9f2-9fa",
    "GU": "964-965 ae6-aef",
    "HI": "951-954 958-971",
    "KN": "964-965 cde ce6-cef cf1-cf2",
    "ML": "964-965 d66-d75 d7a-d7f",
    "OR": "964-965 b5c-b5d b5f b66-b71",
    "PA": "964-965 a59-a5c a5e a66-a6f a75",
    "TA": "964-965 be6-bef bf3-bf8 bfa",
    "TE": "c58-c59 c66-c6f c78-c7f",
    "UR": "600-601 60c-614 61b 61f 640 652 658 66b-66c 672-673 6cd 6d4 6f0-6f9",
}

_LOCKING: Final = {
    "PT": (
        "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ !\"#º%&'()*+,-./:;<=>?ÍÃÕÚÜ§~ãõ`üà"
        + digits
        + ascii_lowercase
        + ascii_uppercase
    ),
    "TR": _DEFAULT.translate(str.maketrans("èìØøÆæ¡¿", "€ıĞğŞşİç")),
} | {code: _INDIC_LOCKING + _ranges(script) for code, script in _LOCKING_SCRIPTS.items()}

_SINGLE: Final = {
    "ES": _EXTENSION + "çÁÍÓÚáíóú",
    "PT": _EXTENSION + "êçÔôÁáΦΓΩΠΨΣΘÊÀÍÓÚÃÕÂíóúãõâ",
    "TR": _EXTENSION + "ĞİŞçğış",
} | {code: _INDIC_SINGLE + _ranges(script) for code, script in _SINGLE_SCRIPTS.items()}


@attrs.frozen(slots=True)
class Alphabet:
    """One 7-bit alphabet with its extension.

    `basic` matches in full a text of characters that take one septet each, `whole` any text of the alphabet;
    `shifted` are the characters of the extension only, which take an escape.
    `single` and `part` are the septets in a message of one part and in each part of a longer one.
    """

    basic: re.Pattern[str]
    whole: re.Pattern[str]
    shifted: str
    single: int
    part: int


def _alphabet(basic: str, extension: str, tables: int) -> Alphabet:
    header = _HEADER_LENGTH + _SHIFT * tables
    return Alphabet(
        basic=_texts_of(basic),
        whole=_texts_of(basic + extension),
        shifted="".join(c for c in extension if c not in basic),
        single=_septets(OCTETS - header if tables else OCTETS),
        part=_septets(OCTETS - header - CONCATENATION),
    )


def _texts_of(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]*")  # three times as fast as a set's issuperset


def _septets(octets: int) -> int:
    return octets * 8 // 7


DEFAULT: Final = _alphabet(_DEFAULT, _EXTENSION, tables=0)


def find_alphabet(language_code: str | None, *, single_shift: bool, locking_shift: bool) -> Alphabet:
    """The alphabet a message's `language` asks for; without a shift that is the default one.

    Raises `ValidationError` for a shift table that TS 23.038 does not have.
    """
    if not (single_shift or locking_shift):
        return DEFAULT
    return _national(language_code, single_shift, locking_shift)


@cache
def _national(language_code: str | None, single_shift: bool, locking_shift: bool) -> Alphabet:
    return _alphabet(
        _table(_LOCKING, language_code, "locking") if locking_shift else _DEFAULT,
        _table(_SINGLE, language_code, "single") if single_shift else _EXTENSION,
        tables=single_shift + locking_shift,
    )


def _table(tables: dict[str, str], language_code: str | None, kind: str) -> str:
    table = tables.get(language_code or "")
    if table is None:
        known = ", ".join(sorted(tables))
        raise ValidationError("language_code", language_code, f"for a {kind} shift one of {known}")
    return table
