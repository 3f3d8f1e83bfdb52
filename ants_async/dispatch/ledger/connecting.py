"""Ways into PostgreSQL: one connection, or a pool of them. Errors are ours, and never hold a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from ants_async.dispatch.ledger.migrations import SCHEMA
from ants_async.errors import LedgerError

Connection: TypeAlias = psycopg.AsyncConnection[Any]
PATIENCE = 10.0  # seconds until a server that does not answer is taken for away
_SECRETS = ("password", "sslpassword", "oauth_client_secret")


def connections(url: str, *, most: int, patience: float = PATIENCE) -> AsyncConnectionPool:
    """A pool that is not open yet, for our schema, in autocommit: what is one statement needs no transaction.

    Each connection is tried before it is handed out.
    """
    return AsyncConnectionPool(
        min_size=1,
        max_size=most,
        open=False,
        timeout=patience,
        reconnect_timeout=patience,  # then whoever asks next makes it try anew, at once
        configure=_configure,
        check=AsyncConnectionPool.check_connection,
        kwargs=_address(url, patience),
    )


async def _configure(connection: Connection) -> None:
    """Not by the pool's arguments: Procrastinate connects with these and an `autocommit` of its own.

    Nor is the schema an option of the connection: poolers between us and the server refuse those.
    """
    await connection.set_autocommit(True)
    await connection.execute(f"SET search_path TO {SCHEMA}, public".encode())


async def connect(url: str, *, patience: float = PATIENCE) -> Connection:
    """One connection, in autocommit: an address that leads nowhere is told at once, by its own reason."""
    connection = await psycopg.AsyncConnection.connect(**_address(url, patience))
    try:
        await _configure(connection)
    except BaseException:
        await connection.close()
        raise
    return connection


def _address(url: str, patience: float) -> dict[str, Any]:
    """An address taken apart. Raises `LedgerError` that does not quote it."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise LedgerError(
            "PostgreSQL: the address cannot be read; it is postgresql://… or host=… dbname=…"
        ) from None
    return {"fallback_application_name": "ants_async", "connect_timeout": ceil(patience)} | given


def without_password(url: str) -> str:
    """An address to show."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "…"  # it may be in there anywhere
    return make_conninfo("", **{name: value for name, value in given.items() if name not in _SECRETS})


@contextmanager
def named_errors() -> Iterator[None]:
    """PostgreSQL's errors as ours: their first line alone, for the rest may quote what was stored."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, OSError, UnicodeError) as error:
        said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
        raise LedgerError(f"PostgreSQL: {said or str(error).strip().partition(chr(10))[0]}") from None
