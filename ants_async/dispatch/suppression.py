"""Whom not to text, whatever list they stand on."""

import re
from collections.abc import Callable, Container, Iterable
from pathlib import Path
from typing import Final, Self, TypeAlias

from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ValidationError
from ants_async.models.numbers import parse_number

_DATE: Final = 8
Suppress: TypeAlias = Container[str] | Callable[[str], bool]
"""Numbers as `Recipient.to` has them, or a function of one that says whether it is not to be texted."""


class SuppressionList:
    """Numbers that are not to be texted: a million take a few megabytes.

    Raises `ValidationError` for what is no number.
    """

    def __init__(self, numbers: Iterable[str] = ()) -> None:
        self._numbers = NumberSet()
        self._numbers.add_all(int(parse_number(number)) for number in numbers)

    @classmethod
    def read(cls, *paths: Path) -> Self:
        """From files: a number a line; what follows a `#`, a comma or a semicolon is not looked at,
        but must not be another number.

        A first line without any digit is taken for a header. Raises `ValidationError` that names file and
        line: a list that cannot be read whole must not let anybody through. Raises `OSError`.
        """
        found = cls()
        for path in paths:
            with path.open(encoding="utf-8-sig") as lines:
                for place, line in enumerate(lines, start=1):
                    row = line.partition("#")[0]
                    if not row.strip():
                        continue
                    number, *others = _cells(row)
                    if any(map(_could_be_meant, others)):
                        rule = "one number a line: which of these is it?"
                        raise ValidationError(f"{path}, line {place}", line.strip(), rule)
                    if place > 1 or not number or any(map(str.isdigit, number)):
                        found.add(number, field=f"{path}, line {place}")
        return found

    def add(self, number: str, *, field: str = "to") -> None:
        """One more."""
        try:
            self._numbers.add(int(parse_number(number)))
        except ValidationError as error:
            raise ValidationError(field, number, error.rule) from None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, str) and int(number) in self._numbers


def _cells(row: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in re.split("[,;\t]", row)]


def _could_be_meant(cell: str) -> bool:
    """Whether a later cell could be the number as well; what has eight digits is a date."""
    return len(cell) > _DATE and _is_number(cell)


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValidationError:
        return False
    return True


def is_suppressed(suppress: Suppress | None) -> Callable[[str], bool] | None:
    """The question itself; None where nobody is suppressed."""
    if isinstance(suppress, str):
        raise ValidationError("suppress", suppress, "a set of numbers, a SuppressionList, or a function")
    if suppress is None or callable(suppress):
        return suppress
    return suppress.__contains__
