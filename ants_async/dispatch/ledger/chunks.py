"""Chunks on disk: begun, loaded, divided. Functions over an open transaction."""

import sqlite3
from collections.abc import Sequence

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger import queries
from ants_async.dispatch.ledger.database import new_bulk_id
from ants_async.dispatch.ledger.integrity import checksum_of_messages
from ants_async.dispatch.ledger.protocol import Chunk, Message, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.planning import message_id

_ROWS_A_STATEMENT = 500
_NOT_STORED = ""  # where NULL stands for the campaign's text


def begin(
    connection: sqlite3.Connection,
    campaign: OpenCampaign,
    messages: Sequence[Message],
    attempted_at: float,
) -> Chunk:
    """A new chunk and its messages."""
    first = (connection.execute("SELECT max(key) FROM message").fetchone()[0] or 0) + 1
    common, keeps = _common_text(campaign.campaign), campaign.stores_texts
    stored = [
        (one.row, int(one.to), None if one.text == common else one.text if keeps else _NOT_STORED)
        for one in messages
    ]
    _insert(connection, first, stored)
    for message_key, one in enumerate(messages, first):
        one.key = message_key
    key, bulk_id = _add(
        connection,
        campaign.key,
        (first, first + len(messages) - 1),
        attempted_at,
        checksum=checksum_of_messages(stored),
    )
    return Chunk(key, bulk_id, tuple(messages), attempted_at)


def _insert(
    connection: sqlite3.Connection, first: int, stored: Sequence[tuple[int, int, str | None]]
) -> None:
    """Many rows a statement: for SQLite that is half the work of one each."""
    for start in range(0, len(stored), _ROWS_A_STATEMENT):
        rows = stored[start : start + _ROWS_A_STATEMENT]
        values = ", ".join(["(?, ?, ?, ?)"] * len(rows))
        connection.execute(
            f"INSERT INTO message (key, row, number, text) VALUES {values}",  # noqa: S608 - placeholders
            [value for key, row in enumerate(rows, first + start) for value in (key, *row)],
        )


def load(connection: sqlite3.Connection, campaign: OpenCampaign, key: int) -> Chunk:
    """A chunk with its messages that have no answer."""
    chunk = queries.chunk_row(connection, key)
    common = _common_text(campaign.campaign) or ""
    messages = tuple(
        Message(
            row["row"],
            str(row["number"]),
            common if row["text"] is None else row["text"],
            message_id(campaign.campaign.id, str(row["number"])),
            row["key"],
        )
        for row in queries.messages(connection, chunk["first"], chunk["last"], MessageState.PLANNED)
    )
    return Chunk(key, chunk["bulk_id"], messages, chunk["attempted_at"])


def split(connection: sqlite3.Connection, chunk: Chunk) -> tuple[Chunk, Chunk]:
    """Two for one; each has half of the messages given."""
    row = queries.chunk_row(connection, chunk.key)
    middle = len(chunk.messages) // 2
    head, tail = chunk.messages[:middle], chunk.messages[middle:]
    at, first, edge, last = chunk.attempted_at, row["first"], tail[0].key, row["last"]
    connection.execute(
        "UPDATE chunk SET last = ?, attempted_at = ?, messages = ? WHERE key = ?",
        (edge - 1, at, _checksum(connection, first, edge - 1), chunk.key),
    )
    connection.execute(  # what is answered already stays where it was sent
        "UPDATE message SET bulk_id = ? WHERE key BETWEEN ? AND ? AND state <> ? AND bulk_id IS NULL",
        (chunk.bulk_id, edge, last, MessageState.PLANNED),
    )
    key, bulk_id = _add(
        connection, row["campaign"], (edge, last), at, checksum=_checksum(connection, edge, last)
    )
    return Chunk(chunk.key, chunk.bulk_id, head, at), Chunk(key, bulk_id, tail, at)


def _common_text(campaign: Campaign) -> str | None:
    """The text of a campaign that says the same to everybody."""
    template = campaign.template
    return None if template is None or template.fields else template.render({})


def _add(
    connection: sqlite3.Connection,
    campaign: int,
    keys: tuple[int, int],
    attempted_at: float | None,
    *,
    checksum: int,
) -> tuple[int, str]:
    key = (connection.execute("SELECT max(key) FROM chunk").fetchone()[0] or 0) + 1
    bulk_id = new_bulk_id(key)
    connection.execute(
        "INSERT INTO chunk (key, campaign, first, last, bulk_id, state, attempted_at, messages)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (key, campaign, *keys, bulk_id, ChunkState.UNANSWERED, attempted_at, checksum),
    )
    return key, bulk_id


def _checksum(connection: sqlite3.Connection, first: int, last: int) -> int:
    return checksum_of_messages(
        connection.execute(
            "SELECT row, number, text FROM message WHERE key BETWEEN ? AND ? ORDER BY key", (first, last)
        )
    )
