"""The ledger's work without a database: what is to be done, one statement after the other.

A piece of work is a generator: it yields statements, and is sent their rows. Whoever has a connection runs
it, in one transaction: SQLite in its thread, PostgreSQL in the event loop. So what a ledger does is written
once, and does no I/O. Work that failed may be run again from its start, so it must have no other effect.

SQL is what both databases speak, with `?` for values, and `LOCKED` at the end of a SELECT where somebody
else must not change these rows before we do.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from functools import wraps
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar

import attrs

from ants_async.dispatch.ledger.integrity import readable

T = TypeVar("T")
P = ParamSpec("P")

LOCKED: Final = "/* FOR UPDATE */"  # a comment to SQLite, which has one writer at a time anyhow


@attrs.frozen(slots=True)
class Statement:
    """SQL and its values."""

    sql: str
    values: Sequence[Any] = ()


@attrs.frozen(slots=True)
class Insertion:
    """Rows for a table, perhaps many."""

    table: str
    columns: Sequence[str]
    rows: Collection[Sequence[Any]]


Rows: TypeAlias = list[Any]
Work: TypeAlias = Generator[Statement | Insertion, Rows, T]


def rows(sql: str, *values: Any) -> Work[Rows]:
    """All rows that a statement has."""
    return (yield Statement(sql, values))


def row(sql: str, *values: Any) -> Work[Any]:
    """The first row, or None."""
    found = yield Statement(sql, values)
    return found[0] if found else None


def run(sql: str, *values: Any) -> Work[None]:
    """A statement without rows."""
    yield Statement(sql, values)


def read_of(what: str) -> Callable[[Callable[P, Work[T]]], Callable[P, Work[T]]]:
    """Work that raises `LedgerDamaged` where what is stored cannot be taken for what it stands for."""

    def wrap(work: Callable[P, Work[T]]) -> Callable[P, Work[T]]:
        @wraps(work)
        def reading(*args: P.args, **kwargs: P.kwargs) -> Work[T]:
            with readable(what):
                return (yield from work(*args, **kwargs))

        return reading

    return wrap
