"""Stand-ins for the characters that force UCS-2: straight quotes, hyphens, letters without accents.

Only what reads the same is replaced. A superscript or a fraction is not: `10²` must not become `102`.
"""

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import combining, normalize

from ants_async.text.alphabets import Alphabet

# A character and its accents. More than a few are no writing, and would take long to put in order.
_CLUSTER: Final = re.compile("(?s:.)[\u0300-\u036f]{0,9}")

_ALIKE: Final = {
    "'": "‘’‚‛′ʹʻʼʽ`´‹›",
    '"': "“”„‟″«»",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212•‣",  # hyphens, dashes, minus, bullets
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "": "\u00ad\u200b\u200e\u200f\u2060\ufeff",  # soft hyphen and other invisible marks
    "\n": "\u2028\u2029",
    "/": "\u2044\u2215",
    "x": "×",
    "a": "ª",
    "d": "đð",
    "D": "ĐÐ",
    "h": "ħ",
    "H": "Ħ",
    "i": "ı",
    "l": "ł",
    "L": "Ł",
    "o": "øº",
    "O": "Ø",
    "t": "ŧ",
    "T": "Ŧ",
}
_LONGER: Final = {
    "…": "...",
    "©": "(c)",
    "®": "(R)",
    "™": "TM",
    "№": "No",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ß": "ss",
    "ẞ": "SS",
    "þ": "th",
    "Þ": "Th",
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
}
_STAND_INS: Final = {alike: plain for plain, group in _ALIKE.items() for alike in group} | _LONGER


def to_plain(text: str, alphabet: Alphabet) -> str | None:
    """The text with stand-ins for what is not in the alphabet; None when some of it has none."""
    plain = _CLUSTER.sub(lambda cluster: _replace(cluster[0], alphabet), text)
    return plain if alphabet.whole.fullmatch(plain) else None


def _replace(cluster: str, alphabet: Alphabet) -> str:
    return next((one for one in _candidates(cluster) if alphabet.whole.fullmatch(one)), cluster)


def _candidates(cluster: str) -> Iterator[str]:
    """What can stand for a character and its accents, the nearest first."""
    yield cluster
    composed = normalize("NFC", cluster)
    yield composed
    yield _STAND_INS.get(composed, composed)
    base = "".join(one for one in normalize("NFD", composed) if not combining(one))
    if base.isalpha():  # the stroke through a ≠ is no accent
        yield base
        yield _STAND_INS.get(base, base)
