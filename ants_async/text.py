"""How a text divides into parts: GSM 03.38 where every character is in it, UCS-2 otherwise."""

from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")  # an escape and a character: two places
_GSM: Final = _BASIC | _EXTENDED
_GSM_SINGLE, _GSM_PART = 160, 153
_UCS2_SINGLE, _UCS2_PART = 70, 67


def count_parts(text: str) -> int:
    """SMS segments the text takes: 160 or 153 places a part in GSM 03.38, 70 or 67 in UCS-2."""
    if _GSM.issuperset(text):
        places = len(text) + sum(map(text.count, _EXTENDED))
        single, part = _GSM_SINGLE, _GSM_PART
    else:
        places = len(text.encode("utf-16-le", "surrogatepass")) // 2
        single, part = _UCS2_SINGLE, _UCS2_PART
    return 1 if places <= single else -(-places // part)
