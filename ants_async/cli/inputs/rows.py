"""What every kind of file is read into, and the words in which a file is refused."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol

import attrs

from ants_async.errors import AntsError

TEXT_COLUMN = "text"
_NAMES: Final = 20  # of columns that are not the one that is looked for: enough to see what file it is
_LONGEST_NAME: Final = 60  # characters


class UnusableFile(AntsError):
    """A file that cannot be used as a whole; nothing was sent."""


@attrs.frozen(slots=True)
class BadRow:
    """A row that cannot be sent. `row` is its place in the file, `reason` what is wrong with it."""

    row: int
    to: str
    reason: str


Row = tuple[int, Mapping[str, str]]
"""A place in the file, and the columns that were asked for."""


@attrs.frozen(slots=True)
class Columns:
    """The columns a campaign needs: the numbers, and its template's fields or each recipient's own text."""

    to: str
    others: frozenset[str]
    own_texts: bool

    @property
    def all(self) -> Sequence[str]:
        """All of them, the numbers first."""
        return [self.to, *sorted(self.others - {self.to})]

    def check(self, called: str, header: Sequence[str]) -> None:
        """That each is there once. Raises `UnusableFile`."""
        for name in self.all:
            if header.count(name) != 1:
                raise UnusableFile(f"{called}: {self._misfit(name, header)}")

    def _misfit(self, name: str, header: Sequence[str]) -> str:
        if name in header:
            return f"the column {name!r} stands there more than once"
        return f"{missing(name, header)}{self.advice(name)}"

    def advice(self, name: str) -> str:
        """What to do about a column that is not there."""
        if name == self.to:
            return "; --to-column names the one with the numbers"
        return "; --text gives one text for all" if self.own_texts else ""


def missing(name: str, there: Collection[str]) -> str:
    """That a column is not there, and which ones are."""
    shown = [repr(_cut(one)) for one in islice(there, _NAMES)]
    more = f" and {len(there) - _NAMES:,} more" if len(there) > _NAMES else ""
    return f"no column {_cut(name)!r}; there are: {', '.join(shown) or 'none'}{more}"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


class Reader(Protocol):
    """Reads one kind of file."""

    def rows(self, columns: Columns) -> Iterator[Row | BadRow]:
        """All rows but blank ones, in order. Raises `UnusableFile`, `OSError`."""
        ...
