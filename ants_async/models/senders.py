"""The rule for sender names (manual section 1)."""

import re
from typing import Final

from ants_async.errors import ValidationError

_ALPHANUMERIC: Final = re.compile(r"[A-Za-z0-9_.&-]{1,11}")
_NUMERIC: Final = re.compile(r"[0-9]{1,16}")


def check_sender(sender: str | None, *, field: str = "sender") -> None:
    """Refuse a sender the API would refuse: over 11 characters, spaces, other alphabets."""
    if sender is None:
        return
    if not isinstance(sender, str) or not (_ALPHANUMERIC.fullmatch(sender) or _NUMERIC.fullmatch(sender)):
        raise ValidationError(field, sender, "at most 11 letters and digits without spaces, or a number")
