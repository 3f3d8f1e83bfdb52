"""Whom not to text, whatever list they stand on."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Collection, Container, Iterable, Iterator
from contextlib import suppress
from inspect import iscoroutinefunction
from io import TextIOWrapper
from pathlib import Path
from typing import Final, Self, TypeAlias

from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ValidationError
from ants_async.models.numbers import parse_number
from ants_async.numbers import number_reader

_DATE_DIGITS: Final = 8
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE: Final = re.compile(
    rf"(?:\d{{4}}[-./]{_MONTH}[-./]{_DAY}|{_DAY}[-./]{_MONTH}[-./]\d{{4}}|{_MONTH}[-./]{_DAY}[-./]\d{{4}})"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_NUMBER: Final = re.compile(r"\+?\d{9,15}")  # in digits of any script
_BETWEEN: Final = re.compile(r"[\s().\u2010-\u2015\u2212-]")  # what people put between digits
_MOBILE: Final = re.compile(r"[689][0-9]{8}")  # of Thailand, without its zero
_TIME: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_LONGEST_LINE: Final = 64 * 1024  # characters: what never ends must not be read into memory
_SHOWN: Final = 100  # characters of it
_SHOWN_BYTES: Final = 10
Suppress: TypeAlias = Container[str] | Callable[[str], bool]
"""Numbers as `Recipient.to` has them, or a function of one that says whether it is not to be texted."""


class SuppressionList:
    """Numbers that are not to be texted: a million take a few megabytes. `numbers`: as integers.

    Raises `ValidationError` for what is no number.
    """

    def __init__(self, numbers: Iterable[str] = ()) -> None:
        self._all_meant: Callable[[str], Collection[str]] = lambda number: (parse_number(number),)
        self.numbers = NumberSet()
        self.numbers.add_all(int(parse_number(number)) for number in numbers)

    @classmethod
    def of(cls, numbers: Iterable[str]) -> "SuppressionList":
        """A list of what may be one already. Raises `ValidationError`."""
        if isinstance(numbers, SuppressionList):
            return numbers
        if isinstance(numbers, str) or not isinstance(numbers, Iterable):
            rule = "a set of numbers or a SuppressionList, to be kept; a function is for all campaigns here"
            raise ValidationError("suppress", numbers, rule)
        return cls(numbers)

    @classmethod
    def read(cls, *paths: Path | str, region: str | None = None) -> Self:
        """From files: a number a line; what follows a `#`, a comma or a semicolon is not looked at,
        but must not be another number.

        A first line is taken for a header where its first cell has no digit, and no other one more of them
        than a date and a time have. Raises `ValidationError` that names file and line: a list that cannot be
        read whole must not let anybody through, nor one that holds nothing at all, as of an export that
        failed. Raises `OSError`.

        `region`: numbers are read as people write them there, like `081-234-5678` in `TH` (extra `phone`).
        What could be one of two is both, as a Thai number whose zero a spreadsheet took; what takes no texts,
        or is of no known plan, stands there as well.
        """
        found = cls()
        found._all_meant = _both if region is None else number_reader(region).all_meant
        for path in map(Path, paths):
            holds_nothing = True
            for place, line in enumerate(_lines(path), start=1):
                holds_nothing = holds_nothing and not line.strip()
                row, _, remark = line.partition("#")
                if not row.strip():
                    continue
                number, *others = [*_cells(row), remark.strip()]
                if any(found._could_be_meant(part) for other in others for part in (other, *other.split())):
                    rule = "one number a line: which of these is it?"
                    raise ValidationError(f"{path}, line {place}", _shown(line.strip()), rule)
                if place > 1 or not _is_header(number, others):
                    found.add(number, field=f"{path}, line {place}")
            if holds_nothing:
                raise ValidationError(
                    str(path), "", "not empty; where nobody is on it, a header or '# nobody'"
                )
        return found

    def add(self, number: str, *, field: str = "to") -> None:
        """One more."""
        try:
            self.numbers.add_all(map(int, self._all_meant(number)))
        except ValidationError as error:
            raise ValidationError(field, _shown(number), error.rule) from None

    def _could_be_meant(self, cell: str) -> bool:
        """Whether what stands behind the number could be it as well, in any form; a date is none."""
        if _NUMBER.fullmatch(_BETWEEN.sub("", cell)):
            return True
        if _DATE.fullmatch(cell):
            return False
        with suppress(ValidationError):  # what is shorter than that is one with the country's code before it
            return any(len(to) > _DATE_DIGITS for to in self._all_meant(cell))
        return False

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[str]:
        return map(str, self.numbers)

    def __contains__(self, number: object) -> bool:
        return isinstance(number, str) and number.isdecimal() and int(number) in self.numbers


def _both(number: str) -> Collection[str]:
    """In the API's form; and the Thai number that it may be, without its zero or with one too many."""
    to = parse_number(number)
    if to.startswith("660"):
        return to, f"66{to[3:]}"
    return (to, f"66{to}") if _MOBILE.fullmatch(to) else (to,)


def _lines(path: Path) -> Iterator[str]:
    """Without a mark at the start of the file, which Excel's UTF-16 has."""
    place = 0
    with path.open("rb") as raw:
        is_marked = raw.peek(2)[:2] in {BOM_UTF16_LE, BOM_UTF16_BE}
        file = TextIOWrapper(raw, "utf-16" if is_marked else "utf-8")
        try:
            for place, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), ""), start=1):
                if len(line) == _LONGEST_LINE:
                    raise ValidationError(f"{path}, line {place}", _shown(line), "a number a line")
                if "\0" in line:  # of an export that broke off
                    raise ValidationError(f"{path}, line {place}", _shown(line), "text, a number a line")
                yield line if place > 1 else line.removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            what = error.object[error.start :][:_SHOWN_BYTES]
            where = f"{path}, after line {place}" if place else str(path)
            raise ValidationError(where, what, "a list in UTF-8, or UTF-16 with a mark") from None


def _shown(text: str) -> str:
    """Enough to find it by."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_header(first: str, others: Iterable[str]) -> bool:
    """Names of columns; what has more digits than a date, its time aside, is a number in some form."""
    most = max((sum(map(str.isdigit, _TIME.sub("", cell))) for cell in others), default=0)
    return bool(first) and not any(map(str.isdigit, first)) and most <= _DATE_DIGITS


def _cells(row: str) -> list[str]:
    return [cell.strip().strip('"').strip() for cell in re.split("[,;\t]", row)]


def is_suppressed(*suppress: Suppress | None) -> Callable[[str], bool] | None:
    """The question itself, whether any of them has a number; None where nobody is suppressed."""
    questions = [_question(one) for one in suppress if one is not None]
    if len(questions) > 1:
        return lambda number: any(has(number) for has in questions)
    return questions[0] if questions else None


def _question(suppress: Suppress) -> Callable[[str], bool]:
    if isinstance(suppress, str) or iscoroutinefunction(suppress):
        raise ValidationError("suppress", suppress, "a set of numbers, a SuppressionList, or a function")
    return suppress if callable(suppress) else suppress.__contains__
