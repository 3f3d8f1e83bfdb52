"""Chunks on disk: begun, loaded, divided. Functions over an open transaction."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import attrs

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger.database import new_bulk_id
from ants_async.dispatch.ledger.fates import fates, renumber
from ants_async.dispatch.ledger.integrity import checksum, readable
from ants_async.dispatch.ledger.protocol import Chunk, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.messages import Messages
from ants_async.wire import json

_MOST_MESSAGES = 100_000  # far more than a request can have
_NOT_STORED = ""  # where null stands for the campaign's text


class ChunkRow(NamedTuple):
    """A chunk as it stands, without its messages."""

    key: int
    campaign: int
    first: int
    last: int
    bulk_id: str
    attempted_at: float | None

    @property
    def size(self) -> int:
        """Messages in it. Raises `ValueError` for damage."""
        size = self.last - self.first + 1
        if not 1 <= size <= _MOST_MESSAGES:
            raise ValueError(f"{size} messages")
        return size


@readable("a chunk")
def chunk_row(connection: sqlite3.Connection, key: int) -> ChunkRow:
    """A chunk by its key."""
    columns = ", ".join(ChunkRow._fields)
    found = connection.execute(f"SELECT {columns} FROM chunk WHERE key = ?", (key,)).fetchone()  # noqa: S608
    return ChunkRow._make(found)


@readable("a chunk")
def column(connection: sqlite3.Connection, key: int, name: str) -> list[Any]:
    """One of the columns of a chunk's messages: numbers, rows, texts."""
    (found,) = connection.execute(f"SELECT {name} FROM planned WHERE chunk = ?", (key,)).fetchone()  # noqa: S608
    values: list[Any] = json.loads(found.encode())
    return values


def begin(
    connection: sqlite3.Connection, campaign: OpenCampaign, messages: Messages, attempted_at: float
) -> Chunk:
    """A new chunk and its messages."""
    common, keeps = _common_text(campaign.campaign), campaign.stores_texts
    texts = [None if text == common else text if keeps else _NOT_STORED for text in messages.texts]
    last = connection.execute("SELECT max(last) FROM chunk").fetchone()[0] or 0
    return _add(connection, campaign.key, last + 1, messages, texts, attempted_at)


def load(connection: sqlite3.Connection, campaign: OpenCampaign, key: int) -> Chunk:
    """A chunk with its messages that have no answer."""
    row = chunk_row(connection, key)
    common = _common_text(campaign.campaign) or ""
    newest = fates(connection, key, row.size)
    messages = Messages.planned(
        campaign.campaign.id,
        column(connection, key, "rows"),
        column(connection, key, "numbers"),
        [common if text is None else text for text in column(connection, key, "texts")],
    )
    left = messages.where(lambda one: newest[one.place].state == MessageState.PLANNED)
    return Chunk(key, row.bulk_id, left, row.attempted_at)


def split(connection: sqlite3.Connection, chunk: Chunk) -> tuple[Chunk, Chunk]:
    """Two for one; each has half of the messages given, and what is answered stays where it was sent."""
    row = chunk_row(connection, chunk.key)
    middle = len(chunk.messages) // 2
    head, tail = chunk.messages[:middle], chunk.messages[middle:]
    moved = set(tail.places)
    kept = [place for place in range(row.size) if place not in moved]
    new_places = {place: index for index, place in enumerate(kept)}
    numbers, rows, texts = (column(connection, chunk.key, name) for name in ("numbers", "rows", "texts"))
    planned = _written(*([values[place] for place in kept] for values in (numbers, rows, texts)))
    connection.execute(
        "UPDATE planned SET numbers = ?, rows = ?, texts = ? WHERE chunk = ?", (*planned, chunk.key)
    )
    renumber(connection, chunk.key, new_places)
    edge, at = row.first + len(kept), chunk.attempted_at
    connection.execute(
        "UPDATE chunk SET last = ?, attempted_at = ?, messages = ? WHERE key = ?",
        (edge - 1, at, checksum(*planned), chunk.key),
    )
    head = attrs.evolve(head, places=[new_places[place] for place in head.places])
    stored = [texts[place] for place in tail.places]
    tail = attrs.evolve(tail, places=range(len(tail)))
    return attrs.evolve(chunk, messages=head), _add(connection, row.campaign, edge, tail, stored, at)


def _common_text(campaign: Campaign) -> str | None:
    """The text of a campaign that says the same to everybody."""
    template = campaign.template
    return None if template is None or template.fields else template.render({})


def _add(  # noqa: PLR0917 - all of a chunk
    connection: sqlite3.Connection,
    campaign: int,
    first: int,
    messages: Messages,
    texts: Sequence[str | None],
    attempted_at: float | None,
) -> Chunk:
    """A chunk at the end; `texts` as they are stored."""
    key = (connection.execute("SELECT max(key) FROM chunk").fetchone()[0] or 0) + 1
    bulk_id = new_bulk_id(key)
    planned = _written(messages.to, messages.rows, texts)
    connection.execute(
        "INSERT INTO planned (chunk, numbers, rows, texts) VALUES (?, ?, ?, ?)", (key, *planned)
    )
    connection.execute(
        "INSERT INTO chunk (key, campaign, first, last, bulk_id, state, attempted_at, messages)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            campaign,
            first,
            first + len(messages) - 1,
            bulk_id,
            ChunkState.UNANSWERED,
            attempted_at,
            checksum(*planned),
        ),
    )
    return Chunk(key, bulk_id, messages, attempted_at)


def _written(*columns: Collection[Any]) -> list[str]:
    return [json.dumps(column).decode() for column in columns]
