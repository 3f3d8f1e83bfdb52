"""CSV: a header, and a row for each recipient, told apart by commas or whatever the header has."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import attrs

from ants_async.cli.inputs.lines import Lines
from ants_async.cli.inputs.rows import BadRow, Columns, Row, UnusableFile

_SEPARATORS: Final = (",", ";", "\t", "|")
_NAMED: Final = {"\t": "tab"}


@attrs.frozen(slots=True)
class CsvReader:
    """Rows are numbered by the line they start on; the header is line 1, and tells a `separator` of None."""

    lines: Lines
    called: str
    separator: str | None = None

    def rows(self, columns: Columns) -> Iterator[Row | BadRow]:
        """All rows but blank lines."""
        line = 1
        try:
            lines = iter(self.lines)
            first = next(lines, "")
            separator = self.separator or _separator(first, columns)
            reader = csv.reader(chain((first,), lines), delimiter=separator, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if not any(header):
                raise UnusableFile(f"{self.called}: line 1 is empty; it must name the columns")
            columns.check(self.called, header)
            places = [(name, header.index(name)) for name in columns.all]
            width = len(header)
            to = places[0][1]
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) == width or (len(cells) > width and not any(cells[width:])):
                    yield line, {name: cells[place] for name, place in places}
                elif cells:
                    yield _misfit(line, cells, width, to, separator)
                line = reader.line_num + 1
        except csv.Error as error:
            raise UnusableFile(f"{self.called}, line {line}: not valid CSV: {error}") from None


def _misfit(line: int, cells: Sequence[str], width: int, place: int, separator: str) -> BadRow:
    to = cells[place] if place < len(cells) else ""
    reason = f"{len(cells)} cells, the header has {width}"
    if len(cells) > width:
        reason += f"; a text with a {_name(separator)} needs quotes"
    return BadRow(line, to, reason)


def _name(separator: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab"}.get(separator, repr(separator))


def _separator(header: str, columns: Columns) -> str:
    """The one by which the header has most of the columns; a comma where that says nothing."""
    wanted = set(columns.all)

    def found(separator: str) -> int:
        names = next(csv.reader([header], delimiter=separator), [])
        return len(wanted.intersection(name.strip() for name in names))

    try:
        return max(_SEPARATORS, key=found)
    except csv.Error:
        return ","
