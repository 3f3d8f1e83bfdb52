"""Whether bytes are Thai in CP874 (TIS-620), the encoding in which Excel in Thailand saves CSV."""

import re
from typing import Final

import attrs

CP874: Final = "cp874"
_CONSONANTS: Final = rb"\xa1-\xce"
_MARKS: Final = rb"\xd1\xd4-\xda\xe7-\xee"  # above and below: they stand on a consonant
_LEADING: Final = rb"\xe0-\xe4"  # vowels before their consonant
_BREACH: Final = re.compile(
    rb"(?<![%b%b])[%b]|[%b](?![%b])" % (_CONSONANTS, _MARKS, _MARKS, _LEADING, _CONSONANTS)
)
_NO_CONSONANT: Final = re.compile(rb"[^%b]+" % _CONSONANTS)
_NO_VOWEL: Final = re.compile(rb"[^%b%b]+" % (_MARKS, _LEADING))
_THAI: Final = re.compile("[\u0e00-\u0e7f][\u0e00-\u0e7f ]*")
# Of texts and of names. Each holds a byte below 0xC0, where other alphabets of one byte have no letters.
_WORDS: Final = re.compile(
    (
        "คุณ|ครับ|ค่ะ|ที่|ได้|การ|วัน|นี้|กับ|เป็น|ต้อง|จาก|ขอบ|บาท|จำนวน|บริการ|ลูกค้า|พิเศษ|สิทธิ์|บัญชี|กรุณา|เพื่อ|สาขา|ยืนยัน"
        "|สวัสดี|นาย|นาง|ชัย|รัตน|จันท|บุญ|กุล|พงษ|พงศ|ทอง|นันท|ณัฐ|ประ|กิตต|ศักด|ธิดา|วรรณ|แก้ว|ปิย|เพ็ญ|สุข|มณี|สมชาย|ใจดี"
    ).encode(CP874)
)
_ENOUGH: Final = 50  # consonants
_ENOUGH_WORDS: Final = 3  # different ones: a text that goes to all is one and the same in every row
_SHOWN: Final = 20  # characters
_FEWEST: Final = 4  # characters: fewer are rather an accent


@attrs.define(slots=True)
class ThaiGuess:
    """Looks for common Thai words, and counts how well the rules of Thai spelling are kept.

    Other languages in their own encodings break those every few bytes, but a short text may not happen to.
    """

    consonants: int = 0
    vowels: int = 0
    breaches: int = 0
    words: set[bytes] = attrs.field(factory=set)
    is_possible: bool = True

    def read(self, line: bytes) -> bool:
        """Take a line in; False as soon as it cannot be."""
        try:
            line.decode(CP874)
            line.decode()
        except UnicodeDecodeError as error:
            self.is_possible = error.encoding == "utf-8"
        else:  # UTF-8 and something else in one file: that is for a person to look at
            self.is_possible = line.isascii()
        self.consonants += len(_NO_CONSONANT.sub(b"", line))
        self.vowels += len(_NO_VOWEL.sub(b"", line))
        self.breaches += len(_BREACH.findall(line))
        if len(self.words) < _ENOUGH_WORDS:
            self.words.update(_WORDS.findall(line))
        return self.is_possible

    @property
    def is_sure(self) -> bool:
        """Whether there was enough to say that it is Thai."""
        return (
            self.is_possible
            and self.consonants >= _ENOUGH
            and len(self.words) >= _ENOUGH_WORDS
            and self.vowels * 10 >= self.consonants
            and self.breaches * 50 <= self.vowels
        )


def shown(line: bytes) -> str:
    """The beginning of its longest Thai words, for a person to judge by; empty where there are none."""
    found = max(_THAI.findall(line.decode(CP874, "ignore")), key=len, default="").strip()
    return found[:_SHOWN] if len(found) >= _FEWEST else ""
