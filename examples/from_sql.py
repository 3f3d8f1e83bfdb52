"""Recipients straight out of a database: a query's rows are sent as they come, none of them kept in memory.

With sqlite3, which has a table made for it: `python examples/from_sql.py crm.db`
With PostgreSQL, by a cursor on its server:  `python examples/from_sql.py postgresql://crm@db/crm`

Where it sends to is said as for `campaign.py`; without ANTS_BASE_URL it starts a simulator. It needs the
extras `simulator` and `scaleout` (psycopg).
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, Recipient, SqliteLedger, ValidationError
from ants_async.simulator import SimulatorConfig, running

QUERY = "SELECT id, phone, name FROM customer WHERE wants_news ORDER BY id"


def person(row: int, to: str | int | None, name: str | None) -> Recipient:
    """Raises `ValidationError` where the number is none, or the text would lack its name."""
    if not name:
        raise ValidationError("name", name, "the text needs one")
    return Recipient(str(to), fields={"name": name}, row=row)


def people(rows: Iterable[tuple[int, str | int | None, str | None]]) -> Iterator[Recipient]:
    """Who cannot be texted is said, and never keeps the others from their texts."""
    for one in rows:
        try:
            yield person(*one)
        except ValidationError as error:
            print(f"customer {one[0]} is left out: {error.field}: {error.rule}", file=sys.stderr)


def from_sqlite(path: str) -> Iterator[Recipient]:
    """An ordinary iterable: SQLite hands over a row as soon as it has found one."""
    connection = sqlite3.connect(path)
    try:
        yield from people(connection.execute(QUERY))
    finally:
        connection.close()


async def from_postgres(url: str) -> AsyncIterator[Recipient]:
    """An async one. A cursor with a name is the server's: it hands over some thousand rows at a time."""
    async with (
        await psycopg.AsyncConnection.connect(url) as connection,
        connection.cursor("people") as cursor,
    ):
        cursor.itersize = 5000
        await cursor.execute(QUERY)
        async for row in cursor:
            for recipient in people([row]):
                yield recipient


async def main(database: str) -> None:
    is_postgres = database.startswith(("postgresql://", "postgres://"))
    recipients = from_postgres(database) if is_postgres else from_sqlite(database)
    # The id is what it is about, not when it runs: the same query again tomorrow texts only who is new.
    campaign = Campaign("news-may", text="Hello {name}, our shop opens again in May.", sender="ANTS")
    async with AsyncExitStack() as stack:
        if "ANTS_BASE_URL" in os.environ:
            client = AntsClient.from_env()
        else:
            address = await stack.enter_async_context(running(SimulatorConfig(delivery_time=0.5)))
            client = AntsClient(address, BasicAuth("demo", "demo"))
        await stack.enter_async_context(client)
        ledger = await stack.enter_async_context(SqliteLedger("from_sql.db"))
        async for outcome in Dispatcher(client, ledger).run(campaign, recipients):
            if outcome.is_last:
                print(outcome.row, outcome.to, outcome.kind, outcome.status and outcome.status.name)


def make_demo(path: str) -> None:
    """A table to try it with."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, phone TEXT, name TEXT, wants_news INT)"
        )
        people = [(f"6681{n:07}", f"#{n}", n % 10 != 0) for n in range(1000)]
        connection.executemany("INSERT INTO customer (phone, name, wants_news) VALUES (?, ?, ?)", people)
    connection.close()


if __name__ == "__main__":
    place = sys.argv[1] if len(sys.argv) > 1 else "crm.db"
    if "://" not in place and not Path(place).exists():
        make_demo(place)
    asyncio.run(main(place))
