"""How deep and how many: what parsed bytes may come to, far beyond any answer of the API.

Eight MiB of `[[[[…` or `{},{},…` are small for a reader of bytes; as Python objects they are a gigabyte.
"""

import re
from typing import Any, Final

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 200_000
"""A full page, 1000 entries of the logs, has about 30,000; a receipt for 10,000 messages 100,000."""

TOO_DEEP: Final = f"nested more than {MAX_DEPTH} deep"
TOO_MANY: Final = f"more than {MAX_VALUES} values"

_CONTAINERS: Final = frozenset((dict, list))
_SHORTEST: Final = 2  # bytes that a value takes in JSON, its comma included
# A string is passed over as a whole, closed or not: nothing in it is looked at twice.
_JSON_TOKENS: Final = re.compile(rb'[\[{,]|"(?s:[^"\\]|\\.)*+"?')
_QUOTE: Final = ord('"')
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SHALLOW: Final = 8  # the API's answers have 4 levels


def check_json_size(content: bytes) -> None:
    """Refuse JSON of too many values before it is parsed. Raises ValueError."""
    if len(content) <= _SHORTEST * MAX_VALUES:
        return
    if sum(map(content.count, (b"[", b"{", b","))) <= MAX_VALUES:  # those within texts included
        return
    count = 0
    for token in _JSON_TOKENS.finditer(content):
        count += content[token.start()] != _QUOTE
        if count > MAX_VALUES:
            raise ValueError(TOO_MANY)


def _is_shallow(content: bytes) -> bool:
    """Whether the brackets alone, with those in texts, are few enough in each other: mostly they are."""
    brackets = content.translate(None, _NO_BRACKETS)
    for _ in range(_SHALLOW):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def check_json_depth(data: Any, content: bytes) -> None:
    """Refuse what was parsed from `content` where it is nested too deeply. Raises ValueError."""
    if type(data) not in _CONTAINERS or content.count(b"[") + content.count(b"{") <= MAX_DEPTH:
        return
    if _is_shallow(content):
        return
    level = [data]
    for _ in range(MAX_DEPTH):
        # Exact types, for parsers make no others, and no calls: every answer of a campaign comes by here.
        level = [
            one
            for outer in level
            for one in (outer.values() if type(outer) is dict else outer)
            if type(one) in _CONTAINERS
        ]
        if not level:
            return
    raise ValueError(TOO_DEEP)
