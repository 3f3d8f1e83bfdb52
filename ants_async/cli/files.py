"""Recipients from a file of any kind: checked as a whole first, then read row by row, memory flat."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

import attrs

from ants_async.cli.inputs.delimited import CsvReader
from ants_async.cli.inputs.json_lines import JsonLinesReader
from ants_async.cli.inputs.layout import Kind, Layout, unpacked
from ants_async.cli.inputs.lines import Lines
from ants_async.cli.inputs.parquet import ParquetReader
from ants_async.cli.inputs.rows import TEXT_COLUMN, BadRow, Columns, Reader, UnusableFile
from ants_async.cli.reading import moment
from ants_async.cli.writing import check_place, replacing
from ants_async.dispatch.campaign import AT_ONCE, Recipient
from ants_async.dispatch.quiet import QuietHours
from ants_async.dispatch.template import Template
from ants_async.errors import ValidationError
from ants_async.numbers import NumberReader, number_reader
from ants_async.text import check_text
from ants_async.text.parts import count_parts

__all__ = ["BadRow", "Change", "Check", "Layout", "Notes", "RecipientFile", "UnusableFile"]
_EXAMPLES: Final = 5
_REJECTS: Final = ("a list of bad rows", ("row", "to", "reason"))
_CHANGES: Final = ("a list of changed numbers", ("row", "given", "to"))
_A_DAY: Final = timedelta(days=1)
_LONG: Final = 4  # parts: what takes more is said
_SURELY_SHORT: Final = _LONG * 33  # characters, whatever they are


@attrs.frozen(slots=True)
class Change:
    """A number that `--region` has brought into the API's form."""

    row: int
    given: str
    to: str


@attrs.define(slots=True)
class Notes:
    """What a pass over a file finds beside its rows.

    `changed`: numbers brought into the API's form, the first of them in `examples`. `fixed`: numbers that are
    no mobile phone's, which may take no texts. `long`: texts of more than 4 parts, the longest of
    `most_parts`. `scheduled`: rows with a time of their own, the latest of which is `last`. `encoding`: what
    the file is in, where that was found out.
    """

    changed: int = 0
    examples: list[Change] = attrs.field(factory=list)
    fixed: int = 0
    long: int = 0
    most_parts: int = 0
    scheduled: int = 0
    last: datetime | None = None
    encoding: str | None = None

    def change(self, change: Change) -> None:
        """Take one in."""
        self.changed += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(change)

    def schedule(self, due: datetime) -> None:
        """Take one in that has a time of its own."""
        self.scheduled += 1
        self.last = due if self.last is None else max(self.last, due)

    def weigh(self, text: str) -> None:
        """Take one in that may be long."""
        parts = count_parts(text)
        if parts > _LONG:
            self.long += 1
            self.most_parts = max(self.most_parts, parts)


@attrs.frozen(slots=True)
class Check:
    """What a pass over the whole file found.

    `rejects` is where the bad rows were written, `changes` the numbers that were changed.
    """

    good: int = 0
    bad: int = 0
    rejects: Path | None = None
    changes: Path | None = None
    notes: Notes = attrs.field(factory=Notes, eq=False)


@attrs.frozen(slots=True)
class RecipientFile:
    """A file of recipients. Its numbers stand in the column that `layout` names.

    With a `template` the columns are its fields; without, the column `text` holds each recipient's own
    message. Rows are numbered by their line in the file, in Parquet from 1. `copied_for`: the campaign for
    which standard input was copied into it. `quiet_hours`: what a row's own time must not be in.
    Raises `ConfigurationError`, `ValidationError` for a layout that cannot be.
    """

    path: Path
    layout: Layout = attrs.field(factory=Layout)
    template: Template | None = None
    copied_for: str | None = None
    quiet_hours: QuietHours | None = None
    _numbers: NumberReader | None = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        layout = self.layout.checked(self.path)
        numbers = None
        if layout.region is not None:
            numbers = number_reader(layout.region, mobile_only=layout.mobile_only)
        object.__setattr__(self, "layout", layout)
        object.__setattr__(self, "_numbers", numbers)

    @property
    def kind(self) -> Kind:
        """What it is read as."""
        return self.layout.kind or Kind.of(self.path)

    @property
    def called(self) -> str:
        """Its name in messages."""
        return str(self.path) if self.copied_for is None else "standard input"

    @property
    def stem(self) -> str:
        """Its name without the endings, to name other files by."""
        return unpacked(self.path).stem if self.copied_for is None else self.copied_for

    @property
    def place(self) -> str:
        """What its rows are numbered by."""
        return "row" if self.kind is Kind.PARQUET else "line"

    def listing(self, folder: Path, what: str) -> Path:
        """Where to list rows of it."""
        return folder / f"{self.stem}.{what}.csv"

    def recipients(self) -> Iterator[Recipient]:
        """The rows that can be sent. Raises `UnusableFile`."""
        return (row for row in self.rows() if isinstance(row, Recipient))

    def rows(self, notes: Notes | None = None) -> Iterator[Recipient | BadRow]:
        """All rows but blank ones, in order; `notes` takes what else there is. Raises `UnusableFile`."""
        notes = _Unread() if notes is None else notes
        fields = frozenset({TEXT_COLUMN}) if self.template is None else self.template.fields
        columns = Columns(
            self.layout.to_column, fields | self.layout.own_columns, own_texts=self.template is None
        )
        lines, reader = self._reader()
        try:
            for row in reader.rows(columns):
                yield row if isinstance(row, BadRow) else self._row(*row, notes)
        except OSError as error:
            raise UnusableFile(f"{self.called}: {error.strerror or error}") from None
        finally:
            notes.encoding = lines.found

    def _reader(self) -> tuple[Lines, Reader]:
        kind, path, called = self.kind, self.path, self.called
        form = "JSON lines" if kind is Kind.JSONL else "CSV"
        lines = Lines(path, called, self.layout.encoding, form)
        if kind is Kind.PARQUET:
            return lines, ParquetReader(path, called)
        if kind is Kind.JSONL:
            return lines, JsonLinesReader(lines, called)
        return lines, CsvReader(lines, called, self.layout.separator(path))

    def check(self, rejects: Path, *, strict: bool = False) -> Check:
        """Read the whole file before anything is sent; write its bad rows, if any, to `rejects`.

        The numbers that were changed are listed beside them. Raises `UnusableFile` for a file without a
        single good row and, if `strict`, for any bad one.
        """
        if self.path.exists() and not self.path.is_file():
            raise UnusableFile(
                f"{self.called}: not a regular file; it is read twice, so save it to one, or pipe it into '-'"
            )
        notes = _Listed(listing=_Listing(self.listing(rejects.parent, "changed"), *_CHANGES))
        bad_rows = _Listing(rejects, *_REJECTS)
        good = 0
        with notes.listing, bad_rows:
            for row in self.rows(notes):
                if isinstance(row, BadRow):
                    bad_rows.add([row.row, row.to, row.reason])
                else:
                    good += 1
        bad = bad_rows.count
        if not good and not bad:
            below = "" if self.kind is not Kind.CSV else " below the header"
            raise UnusableFile(f"{self.called}: there are no rows{below}")
        if not good:
            raise UnusableFile(f"{self.called}: none of its {bad:,} rows can be sent; {rejects} says why")
        if bad and strict:
            raise UnusableFile(
                f"{self.called}: {bad:,} bad rows, listed in {rejects}; nothing was sent (--strict)"
            )
        changes = notes.listing.target if notes.changed else None
        return Check(good, bad, rejects if bad else None, changes, notes)

    def _row(self, place: int, values: Mapping[str, str], notes: Notes) -> Recipient | BadRow:
        given = values[self.layout.to_column]
        try:
            if self._numbers is None:
                return self._recipient(place, given, values, notes)
            number = self._numbers.read(given)
            recipient = self._recipient(place, number.to, values, notes)
        except ValidationError as error:
            return BadRow(place, given, f"{error.field}: {error.rule}")
        notes.fixed += not number.is_mobile
        if given != number.to and given.strip().removeprefix("+") != number.to:
            notes.change(Change(place, given, number.to))
        return recipient

    def _recipient(self, place: int, to: str, values: Mapping[str, str], notes: Notes) -> Recipient:
        text = values[TEXT_COLUMN] if self.template is None else self.template.render(values)
        if not text.strip():
            raise ValidationError("text", text, "must not be empty")
        check_text(text)
        if len(text) > _SURELY_SHORT:
            notes.weigh(text)
        own = self._own(values) if self.layout.own_columns else {}
        own |= {"text": text} if self.template is None else {"fields": values}
        recipient = Recipient(to, row=place, **own)
        if recipient.send_at is not None and recipient.send_at > datetime.now(UTC):
            notes.schedule(recipient.send_at)
        return recipient

    def _own(self, values: Mapping[str, str]) -> dict[str, Any]:
        """What a row has in place of the campaign's; empty cells are none."""
        layout = self.layout
        sender = values[layout.sender_column].strip() if layout.sender_column else ""
        send_at = values[layout.send_at_column].strip() if layout.send_at_column else ""
        due = moment("send_at", send_at, layout.time_zone) if send_at else None
        if due is not None and self.quiet_hours is not None:
            self.quiet_hours.check(due)
        if due is not None and due < datetime.now(UTC) - _A_DAY:
            raise ValidationError("send_at", due, AT_ONCE)
        return {"sender": sender or None, "send_at": due}


@attrs.frozen(slots=True)
class _UnixLines:
    """Ends lines with LF for a writer that ends them with CR LF: no other one quotes a CR within a cell."""

    file: TextIO

    def write(self, line: str) -> int:
        return self.file.write(f"{line[:-2]}\n")


class _Listing:
    """A CSV file of rows, made when the first one comes, and in its place when the block ends well."""

    def __init__(self, target: Path, what: str, header: Sequence[str]) -> None:
        self.target = target
        self.count = 0
        self._what = what
        self._header = header
        self._stack = ExitStack()
        self._write: Callable[[Sequence[object]], object] | None = None

    def add(self, row: Sequence[object]) -> None:
        """Write one more."""
        if self._write is None:
            check_place("", self.target, self._what, f"{','.join(self._header)}\n".encode())
            file = self._stack.enter_context(replacing(self.target))
            writer = csv.writer(_UnixLines(file), lineterminator="\r\n")
            writer.writerow(self._header)
            self._write = writer.writerow
        self._write(row)
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)


@attrs.define(slots=True)
class _Unread(Notes):
    """Of a pass that only wants the rows, to send to them: no text is weighed a second time."""

    def weigh(self, text: str) -> None:
        pass


@attrs.define(slots=True)
class _Listed(Notes):
    """Writes down every change."""

    listing: _Listing = attrs.field(kw_only=True)

    def change(self, change: Change) -> None:
        super().change(change)
        self.listing.add([change.row, change.given, change.to])
