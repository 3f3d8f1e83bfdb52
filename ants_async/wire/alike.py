"""An answer that says the same of thousands, read once.

To parse it, and to make objects of what is parsed, costs more than everything else that is done with an
answer. It is compared with what it has to be instead: as many times its first entry, each with the number and
the id that were asked about. Whatever is not that to the letter goes the ordinary way.
"""

import re
from collections.abc import Sequence
from typing import Final

from ants_async.wire import json

_LONGEST: Final = 4096
"""Bytes of an entry: what an answer is compared with is as many times that, whatever a server sends."""

_BEGIN: Final = re.compile(rb'"messages"[ \t\r\n]*:[ \t\r\n]*\[[ \t\r\n]*(?=\{)')
_COMMA: Final = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_ANOTHER: Final = re.compile(rb'"messages"|\\')  # a backslash can spell it in other ways
_LATIN: Final = "latin-1"  # a character a byte, both ways


def first_alone(content: bytes, to: Sequence[str], ids: Sequence[str]) -> bytes | None:
    """The same answer with its first entry alone; None unless all others only repeat it, in this order."""
    begin = _BEGIN.search(content)
    if begin is None:
        return None
    start, rows = begin.end(), zip(to, ids, strict=True)
    beginning = content[start : start + _LONGEST].decode(_LATIN)
    first, second = f'"{to[0]}"', f'"{ids[0]}"'
    if beginning.find(first) > beginning.find(second):
        first, second, rows = second, first, zip(ids, to, strict=True)
    before, _, rest = beginning.partition(first)
    entry, brace, comma = rest[: rest.find(before)].rpartition("}")  # the next one begins like the first
    between, _, after = f"{entry}{brace}".partition(second)
    middle = f"{after}{comma}{before}".join([f'"{one}"{between}"{other}"' for one, other in rows])
    entries = f"{before}{middle}{after}".encode(_LATIN)
    alone = f"{before}{first}{entry}{brace}".encode(_LATIN)
    end = start + len(entries)
    is_alike = content.startswith(entries, start) and _COMMA.fullmatch(comma)
    if not is_alike or _ANOTHER.search(content, end) or b"\\" in content[:start] or not _is_whole(alone):
        return None
    return content[:start] + alone + content[end:]


def _is_whole(entry: bytes) -> bool:
    """Whether it ends where it seems to."""
    try:
        json.loads(entry)
    except ValueError:
        return False
    return True
