"""An answer that says the same of thousands, read once.

To parse it, and to make objects of what is parsed, costs more than everything else that is done with an
answer. It is compared with what it has to be instead: as many times its first entry, each with the number and
the id that were asked about. Whatever is not that to the letter goes the ordinary way.
"""

import re
from collections.abc import Sequence
from typing import Final

from ants_async.wire import json

_BEGIN: Final = re.compile(r'"messages"\s*:\s*\[\s*(?=\{)')
_COMMA: Final = re.compile(r"\s*,\s*")


def first_alone(content: bytes, to: Sequence[str], ids: Sequence[str]) -> bytes | None:
    """The same answer with its first entry alone; None unless all others only repeat it, in this order."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    begin = _BEGIN.search(text)
    if begin is None:
        return None
    start, rows = begin.end(), zip(to, ids, strict=True)
    first, second = f'"{to[0]}"', f'"{ids[0]}"'
    if text.find(first, start) > text.find(second, start):
        first, second, rows = second, first, zip(ids, to, strict=True)
    before = text[start : text.find(first, start)]
    next_one = text.find(before, start + 1)  # which begins like the first
    entry, brace, comma = text[start:next_one].rpartition("}")
    between, _, after = (entry + brace).removeprefix(before + first).partition(second)
    entries = f"{after}{comma}{before}".join([f'"{one}"{between}"{other}"' for one, other in rows])
    entries = f"{before}{entries}{after}"
    end = start + len(entries)
    is_alike = text.startswith(entries, start) and _COMMA.fullmatch(comma) and '"messages"' not in text[end:]
    if not is_alike or not _is_whole(entry + brace):
        return None
    return f"{text[:start]}{entry}{brace}{text[end:]}".encode()


def _is_whole(entry: str) -> bool:
    """Whether it ends where it seems to."""
    try:
        json.loads(entry.encode())
    except ValueError:
        return False
    return True
