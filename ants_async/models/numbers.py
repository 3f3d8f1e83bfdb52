"""Phone numbers in the API's form (manual section 1)."""

import re
from typing import Final

from ants_async.errors import ValidationError

_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{7,14})")
_LENGTHS: Final = range(8, 16)
_RULE: Final = "an international number of 8 to 15 digits, like 66847781470"


def parse_number(value: str) -> str:
    """International, 8 to 15 digits, without `+` or spaces around it. Raises `ValidationError`."""
    if type(value) is str and len(value) in _LENGTHS and value.isascii() and value.isdigit():  # as most come
        if value[0] == "0":
            raise ValidationError("to", value, _RULE)
        return value
    match = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValidationError("to", value, _RULE)
    return match[1]


def bare(value: str | None) -> str:
    """A number as an answer has it, in the form in which numbers are sent: without `+`."""
    return (value or "").removeprefix("+")
