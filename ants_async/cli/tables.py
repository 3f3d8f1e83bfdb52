"""Rows to look at: a drawn table on a terminal, tabs between the cells anywhere else."""

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows under their names; without names, facts a line each."""
    console = Console()
    if not console.is_terminal:
        for row in [names, *rows] if names else rows:
            click.echo("\t".join(row))
        return
    drawn = Table(*names, show_header=bool(names))
    for row in rows:
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested data as `status.name` and the like, everything as text."""
    found: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return "" if value is None else str(value)
