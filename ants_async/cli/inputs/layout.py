"""How a file of recipients is written: what its name says, and what an operator adds to that."""

import codecs
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ants_async.cli.account import with_options
from ants_async.cli.reading import zone_of
from ants_async.dispatch.quiet import BANGKOK
from ants_async.errors import ConfigurationError, ValidationError

STDIN: Final = Path("-")


class Kind(StrEnum):
    """The kinds of files there are."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"

    @classmethod
    def of(cls, path: Path) -> "Kind":
        """What a name says; CSV when it says nothing."""
        return _KINDS.get(unpacked(path).suffix.lower(), cls.CSV)


_KINDS: Final = {
    ".json": Kind.JSONL,  # an array says so itself
    ".jsonl": Kind.JSONL,
    ".ndjson": Kind.JSONL,
    ".parquet": Kind.PARQUET,
}
_PACKED: Final = ".gz"
_TAB: Final = "\t"
_TABS: Final = frozenset({"tab", "\\t"})
_NOT_BETWEEN: Final = frozenset('"\r\n\0 ')
_NAMES: Final = {"windows-874": "cp874", "windows874": "cp874"}  # as others call what Python calls so


def unpacked(path: Path) -> Path:
    """`list.csv` of `list.csv.gz`, and of itself."""
    return path.with_suffix("") if path.suffix.lower() == _PACKED else path


@attrs.frozen(slots=True)
class Layout:
    """What an operator says of a file. None is for what the file itself tells.

    `to_column`: the column with the numbers; `sender_column` and `send_at_column`, those with what a row has
    of its own. `time_zone`: of times that name none. `region`: the country of numbers that name none.
    """

    to_column: str = "to"
    kind: Kind | None = None
    encoding: str | None = None
    delimiter: str | None = None
    region: str | None = None
    mobile_only: bool = False
    sender_column: str | None = None
    send_at_column: str | None = None
    time_zone: str = BANGKOK

    @property
    def own_columns(self) -> frozenset[str]:
        """Those with what a row has of its own."""
        return frozenset(filter(None, (self.sender_column, self.send_at_column)))

    def checked(self, path: Path) -> "Layout":
        """The same for this file, each option in one form. Raises `ConfigurationError`, `ValidationError`."""
        zone_of(self.time_zone)  # an odd one is refused, wanted or not
        kind = self.kind or Kind.of(path)
        if self.delimiter is not None and kind is not Kind.CSV:
            raise ConfigurationError(
                f"--delimiter {self.delimiter}: {path} is read as {kind}, which has none"
            )
        if self.encoding is not None and kind is Kind.PARQUET:
            raise ConfigurationError(
                f"--encoding {self.encoding}: {path} is read as {kind}, which has its own"
            )
        if self.mobile_only and self.region is None:
            raise ConfigurationError(
                "--mobile-only: needs --region, or nobody knows which numbers are mobile"
            )
        return attrs.evolve(
            self,
            encoding=None if self.encoding is None else _encoding(self.encoding),
            delimiter=None if self.delimiter is None else _delimiter(self.delimiter),
        )

    def separator(self, path: Path) -> str | None:
        """What stands between two cells, where that is known before the file is read."""
        is_tabbed = unpacked(path).suffix.lower() == ".tsv"
        return self.delimiter or (_TAB if is_tabbed else None)

    def as_source(self) -> dict[str, Any]:
        """For the ledger: what is not as always."""
        return {"to_column": self.to_column} | attrs.asdict(
            self, filter=lambda field, value: value != field.default
        )

    @classmethod
    def of_source(cls, source: Mapping[str, Any]) -> "Layout":
        """As a ledger has it. Raises `KeyError` when no file was read, `ConfigurationError` if it is odd."""
        known = {field.name: source[field.name] for field in attrs.fields(cls) if field.name in source}
        odd = next((name for name, value in known.items() if not isinstance(value, str | bool)), None)
        if odd is not None:
            raise ConfigurationError(f"the ledger's source has an odd {odd}: {known[odd]!r}")
        try:
            kind = Kind(known["kind"]) if "kind" in known else None
            return cls(**{**known, "to_column": source["to_column"], "kind": kind})
        except ValueError:
            raise ConfigurationError(f"kind {known['kind']!r}: this version reads no such files") from None


_OPTIONS: Final = with_options(
    click.option("--to-column", default="to", show_default=True, help="The column with the numbers."),
    click.option(
        "--format",
        "kind",
        type=click.Choice([kind.value for kind in Kind]),
        help="What FILE is. [default: by its name, or CSV]",
    ),
    click.option("--encoding", help="Of FILE, e.g. cp874. [default: UTF-8, or what it surely is]"),
    click.option("--delimiter", help="Between cells: a character, or 'tab'. [default: as in the header]"),
    click.option(
        "--region",
        metavar="TH",
        help="The country of numbers without one: 081-234-5678 becomes 66812345678.",
    ),
    click.option("--mobile-only", is_flag=True, help="With --region: fixed lines are bad rows, too."),
    click.option("--sender-column", help="The column with a row's own sender."),
    click.option("--send-at-column", help="The column with a row's own time, as --send-at has it."),
    click.option("--time-zone", default=BANGKOK, show_default=True, help="Of times and quiet hours."),
)


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about FILE, handed over as one `layout`."""
    names = [field.name for field in attrs.fields(Layout)]

    @wraps(command)
    def with_layout(**given: Any) -> Any:
        chosen = {name: given.pop(name) for name in names}
        if chosen["kind"] is not None:
            chosen["kind"] = Kind(chosen["kind"])
        return command(layout=Layout(**chosen), **given)

    return _OPTIONS(with_layout)


def _delimiter(text: str) -> str:
    if text.lower() in _TABS:
        return _TAB
    if len(text) != 1 or text in _NOT_BETWEEN:
        raise ValidationError("--delimiter", text, "one character, like ';', or 'tab'")
    return text


def _encoding(text: str) -> str:
    rule = "a name Python knows, like utf-8, utf-16, cp874 or tis-620"
    name = _NAMES.get(text.lower().replace("_", "-"), text)
    try:
        if "to\n".encode(name).decode(name) == "to\n":
            return codecs.lookup(name).name
    except (LookupError, ValueError):
        pass
    raise ValidationError("--encoding", text, rule)
