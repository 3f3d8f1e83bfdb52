"""Numbers that are not to be read."""

import re
from typing import Final

_KEPT: Final = (4, 2)
"""Of a masked number the first digits, which tell the network, and the last."""
_NUMBER: Final = re.compile(r"\+?\d(?:[\s().\u2010-\u2015-]{0,2}\d){7,}")
"""With what people write between digits: `+66 81 234 5678`, `(081) 234-5678`."""


def mask(number: str) -> str:
    """`6681•••••78`: who it is stays unsaid."""
    first, last = _KEPT
    hidden = len(number) - first - last
    return f"{number[:first]}{'•' * hidden}{number[-last:]}" if hidden > 0 else "•" * len(number)


def mask_within(text: str) -> str:
    """Words of others, which may name numbers."""
    return _NUMBER.sub(lambda found: mask(found[0]), text)
