"""Rows to look at: a drawn table on a terminal, tabs between the cells anywhere else."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from unicodedata import category

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

_JOINERS: Final = "\u200b\u200c\u200d"
_BLANKS: Final = str.maketrans("\t\n\r", "   ")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*[+-]\d\d:?\d\d")
_NUMBER: Final = re.compile(r"-?[\d,]+(\.\d+)?")
_LONG: Final = 10  # digits: what has as many is a telephone number, and no amount
_COLOURS: Final = {
    "DELIVERED": "green",
    "ACCEPTED": "yellow",
    "PENDING": "yellow",
    "UNDELIVERABLE": "red",
    "EXPIRED": "red",
    "REJECTED": "red",
}


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under their names; without names, facts a line each."""
    console = Console()
    if not console.is_terminal:
        for row in [names, *rows] if names else rows:
            click.echo("\t".join(map(clean, row)))
        return
    drawn = Table(show_header=bool(names))
    columns = []
    for name, *cells in zip(names or [""] * len(rows[0]), *rows, strict=True):
        column = [_picture(name, cell) for cell in cells]
        if names and cells and not any(column):
            continue  # nobody misses it, and the others need the width
        is_number = bool(names) and all(len(cell) < _LONG and _NUMBER.fullmatch(cell) for cell in cells)
        drawn.add_column(name, justify="right" if is_number else "left", overflow="fold")
        columns.append(column)
    for row in zip(*columns, strict=True):
        drawn.add_row(*row)
    console.print(drawn)


def is_terminal() -> bool:
    """Whether somebody looks at the output, so that it is drawn."""
    return Console().is_terminal


def counted(number: int, one: str) -> str:
    """`1 recipient`, `2,000 recipients`."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested data as `status.name` and the like, everything as text."""
    found: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = _text(value)
    return found


def clean(text: str) -> str:
    """On one line, and nothing in it that a terminal obeys: texts come from other people."""
    return "".join(one if one.isprintable() else _escaped(one) for one in text.translate(_BLANKS))


def _escaped(character: str) -> str:
    """Other spaces and joiners belong to a text; control characters, and halves of others, do not."""
    return character if category(character) == "Zs" or character in _JOINERS else ascii(character)[1:-1]


def _picture(name: str, cell: str) -> Text:
    """A cell on a terminal: times are those of the clock on the wall, and statuses have a colour."""
    if _MOMENT.fullmatch(cell):
        cell = _on_the_wall(cell)
    if name == "error" and cell == "NO_ERROR":
        cell = ""
    style = _COLOURS.get(cell.partition("_")[0], "") if name == "status" else ""
    return Text(clean(cell), style)


def _on_the_wall(moment: str) -> str:
    try:
        return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):  # the end of the year 9999, "never", has passed by here
        return moment


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)
