"""Recipients from a CSV file: checked as a whole first, then read row by row, memory flat."""

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import attrs

from ants_async.dispatch.campaign import Recipient
from ants_async.dispatch.template import Template
from ants_async.errors import AntsError, ValidationError
from ants_async.text import check_text

TEXT_COLUMN: Final = "text"
_LONGEST_LINE: Final = 1024 * 1024
"""Bytes: a file without line ends must not be read as one line into memory, however large it is."""


class UnusableFile(AntsError):
    """A file that cannot be used as a whole; nothing was sent."""


@attrs.frozen(slots=True)
class BadRow:
    """A row that cannot be sent. `row` is its line in the file, `reason` what is wrong with it."""

    row: int
    to: str
    reason: str


@attrs.frozen(slots=True)
class Check:
    """What a pass over the whole file found; `rejects` is where the bad rows were written."""

    good: int = 0
    bad: int = 0
    rejects: Path | None = None


@attrs.frozen(slots=True)
class RecipientFile:
    """A CSV file with a header. Numbers stand in `to_column`.

    With a `template` the columns are its fields; without, the column `text` holds each recipient's own
    message. Rows are numbered by their line in the file; the header is line 1.
    """

    path: Path
    to_column: str = "to"
    template: Template | None = None

    def recipients(self) -> Iterator[Recipient]:
        """The rows that can be sent. Raises `UnusableFile`."""
        return (row for row in self.rows() if isinstance(row, Recipient))

    def rows(self) -> Iterator[Recipient | BadRow]:
        """All rows but blank lines, in order. Raises `UnusableFile`."""
        line = 1
        try:
            with self.path.open("rb") as file:
                reader = csv.reader(_decoded(file, self.path), strict=True)
                header = [name.strip() for name in next(reader, [])]
                columns = self._columns(header)
                line = reader.line_num + 1
                for cells in reader:
                    if cells:
                        yield self._row(line, cells, header, columns)
                    line = reader.line_num + 1
        except csv.Error as error:
            raise UnusableFile(f"{self.path}, line {line}: not valid CSV: {error}") from None
        except OSError as error:
            raise UnusableFile(f"{self.path}: {error.strerror or error}") from None

    def check(self, rejects: Path, *, strict: bool = False) -> Check:
        """Read the whole file before anything is sent; write its bad rows, if any, to `rejects`.

        Raises `UnusableFile` for a file without a single good row and, if `strict`, for any bad one.
        """
        if self.path.exists() and not self.path.is_file():
            raise UnusableFile(f"{self.path}: not a regular file; it is read twice, so save it to one first")
        good, bad = self._count()
        if not good and not bad:
            raise UnusableFile(f"{self.path}: there are no rows below the header")
        if not bad:
            return Check(good)
        self._write_rejects(rejects)
        if not good:
            raise UnusableFile(f"{self.path}: none of its {bad:,} rows can be sent; {rejects} says why")
        if strict:
            raise UnusableFile(
                f"{self.path}: {bad:,} bad rows, listed in {rejects}; nothing was sent (--strict)"
            )
        return Check(good, bad, rejects)

    def _count(self) -> tuple[int, int]:
        good = bad = 0
        for row in self.rows():
            if isinstance(row, Recipient):
                good += 1
            else:
                bad += 1
        return good, bad

    def _write_rejects(self, target: Path) -> None:
        with replacing(target) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["row", "to", "reason"])
            writer.writerows([row.row, row.to, row.reason] for row in self.rows() if isinstance(row, BadRow))

    def _columns(self, header: Sequence[str]) -> Mapping[str, int]:
        """Where the columns stand that are needed."""
        if not any(header):
            raise UnusableFile(f"{self.path}: line 1 is empty; it must name the columns")
        fields = {TEXT_COLUMN} if self.template is None else self.template.fields
        for name in [self.to_column, *sorted(fields)]:
            if header.count(name) != 1:
                raise UnusableFile(f"{self.path}: {self._misfit(name, header)}")
        return {name: header.index(name) for name in {self.to_column, *fields}}

    def _misfit(self, name: str, header: Sequence[str]) -> str:
        if name in header:
            return f"the column {name!r} stands there more than once"
        advice = ""
        if name == self.to_column:
            advice = "; --to-column names the one with the numbers"
        elif self.template is None:
            advice = "; --text gives one text for all"
        return f"no column {name!r}; there are: {', '.join(map(repr, header))}{advice}"

    def _row(
        self, line: int, cells: Sequence[str], header: Sequence[str], columns: Mapping[str, int]
    ) -> Recipient | BadRow:
        place = columns[self.to_column]
        to = cells[place] if place < len(cells) else ""
        if len(cells) < len(header):
            return BadRow(line, to, f"{len(cells)} cells, the header has {len(header)}")
        if any(cells[len(header) :]):
            reason = f"{len(cells)} cells, the header has {len(header)}; a text with a comma needs quotes"
            return BadRow(line, to, reason)
        try:
            return self._recipient(line, to, {name: cells[index] for name, index in columns.items()})
        except ValidationError as error:
            return BadRow(line, to, f"{error.field}: {error.rule}")

    def _recipient(self, line: int, to: str, values: dict[str, str]) -> Recipient:
        text = values[TEXT_COLUMN] if self.template is None else self.template.render(values)
        if not text.strip():
            raise ValidationError("text", text, "must not be empty")
        check_text(text)
        if self.template is None:
            return Recipient(to, text=text, row=line)
        return Recipient(to, fields=values, row=line)


def _decoded(file: BinaryIO, path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, with or without a byte order mark. Raises `UnusableFile`."""
    number = 0
    for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
        if len(line) > _LONGEST_LINE:
            raise UnusableFile(f"{path}, line {number}: longer than {_LONGEST_LINE:,} bytes; is it CSV?")
        if b"\0" in line:
            raise UnusableFile(f"{path}, line {number}: holds a NUL byte; save the file as CSV in UTF-8")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise UnusableFile(f"{path}, line {number}: not UTF-8; save the file as CSV in UTF-8") from None
    if number == 0:
        raise UnusableFile(f"{path}: the file is empty")


@contextmanager
def replacing(target: Path) -> Iterator[TextIO]:
    """A text file that takes `target`'s place when it is complete; on an error nothing changes."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
