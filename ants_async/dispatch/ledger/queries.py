"""The ledger's SQL: functions over an open transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode, Outcome, OutcomeKind
from ants_async.dispatch.ledger import integrity
from ants_async.dispatch.ledger.protocol import Bulk, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.planning import message_id
from ants_async.errors import CampaignMismatch, LedgerInUse
from ants_async.models.statuses import Status

Row = dict[str, Any]

_KINDS = {
    MessageState.ACCEPTED: OutcomeKind.ACCEPTED,
    MessageState.REJECTED: OutcomeKind.REJECTED,
    MessageState.FINAL: OutcomeKind.FINAL,
    MessageState.UNRESOLVED: OutcomeKind.UNRESOLVED,
}


def _rows(connection: sqlite3.Connection, sql: str, *args: object) -> list[Row]:
    cursor = connection.execute(sql, args)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def mark_interrupted(connection: sqlite3.Connection) -> None:
    """Whoever opens the ledger has it alone: what says it is running was killed."""
    connection.execute(
        "UPDATE campaign SET state = ? WHERE state = ?", (CampaignState.INTERRUPTED, CampaignState.RUNNING)
    )


def campaign_key(connection: sqlite3.Connection, campaign_id: str) -> int | None:
    """A campaign's place, or None."""
    found = connection.execute("SELECT key FROM campaign WHERE id = ?", (campaign_id,)).fetchone()
    return None if found is None else int(found[0])


def open_campaign(
    connection: sqlite3.Connection,
    campaign: Campaign,
    source: str | None,
    now: float,
    *,
    reads_source: bool,
    store_texts: bool,
) -> OpenCampaign:
    """Create or continue. Raises `CampaignMismatch`, `LedgerInUse`, `LedgerError`."""
    validity = None if campaign.validity is None else campaign.validity.total_seconds()
    wanted = {
        "text": campaign.text,
        "sender": campaign.sender,
        "mode": str(campaign.mode),
        "validity": validity,
    }
    found = _rows(connection, "SELECT * FROM campaign WHERE id = ?", campaign.id)
    if not found:
        cursor = connection.execute(
            "INSERT INTO campaign (id, text, sender, mode, validity, created_at, state, source, store_texts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (campaign.id, *wanted.values(), now, CampaignState.RUNNING, source, store_texts),
        )
        return OpenCampaign(int(cursor.lastrowid or 0), campaign, stores_texts=store_texts)
    if found[0]["state"] == CampaignState.RUNNING:
        raise LedgerInUse(f"campaign {campaign.id!r} is at work already; wait for it, or stop it first")
    key = int(found[0]["key"])
    integrity.check_campaign(connection, key)
    for field, value in wanted.items():
        if found[0][field] != value:
            raise CampaignMismatch(
                f"campaign {campaign.id!r} was started with {field} {found[0][field]!r}, not {value!r}; "
                "to continue it use the same, to send anew take another id"
            )
    store_texts = bool(store_texts and found[0]["store_texts"])
    connection.execute(
        "UPDATE campaign SET state = ?, reason = NULL, source = coalesce(?, source),"
        " source_read = source_read AND ?, store_texts = ? WHERE key = ?",
        (CampaignState.RUNNING, source, not reads_source, store_texts, key),
    )
    (started_at,) = connection.execute(
        "SELECT min(coalesce(attempted_at, answered_at)) FROM chunk WHERE campaign = ?", (key,)
    ).fetchone()
    return OpenCampaign(
        key, campaign, found[0]["created_at"] if started_at is None else started_at, stores_texts=store_texts
    )


def close_campaign(
    connection: sqlite3.Connection, key: int, state: CampaignState, reason: str | None
) -> None:
    """Say how a run ended."""
    connection.execute("UPDATE campaign SET state = ?, reason = ? WHERE key = ?", (state, reason, key))


def source_read(connection: sqlite3.Connection, key: int) -> None:
    """The whole source is in the ledger now."""
    connection.execute("UPDATE campaign SET source_read = 1 WHERE key = ?", (key,))


@integrity.readable("a chunk")
def ranges(connection: sqlite3.Connection, key: int) -> list[tuple[int, int]]:
    """Runs of message keys that belong to a campaign, neighbours joined."""
    joined: list[tuple[int, int]] = []
    end = connection.execute("SELECT max(key) FROM message").fetchone()[0] or 0
    for first, last in connection.execute(
        "SELECT first, last FROM chunk WHERE campaign = ? ORDER BY first", (key,)
    ):
        if not 1 <= first <= last <= end:
            raise ValueError(f"messages {first} to {last} of {end}")
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def numbers(connection: sqlite3.Connection, first: int, last: int) -> list[int]:
    """Numbers of a run of messages."""
    found = connection.execute("SELECT number FROM message WHERE key BETWEEN ? AND ?", (first, last))
    return [number for (number,) in found]


def replace_duplicates(
    connection: sqlite3.Connection,
    key: int,
    doubled: Sequence[Outcome],
    first: bool,
) -> None:
    """Note doubled rows, and forget those of an earlier reading."""
    if first:
        connection.execute("DELETE FROM duplicate WHERE campaign = ?", (key,))
    connection.executemany(
        "INSERT INTO duplicate (campaign, row, number) VALUES (?, ?, ?)",
        [(key, outcome.row, int(outcome.to)) for outcome in doubled],
    )


def duplicates(connection: sqlite3.Connection, key: int) -> list[tuple[int, int]]:
    """Row and number of every doubled row."""
    return connection.execute(
        "SELECT row, number FROM duplicate WHERE campaign = ? ORDER BY row", (key,)
    ).fetchall()


def chunk_keys(connection: sqlite3.Connection, key: int, state: ChunkState) -> list[int]:
    """A campaign's chunks in a state."""
    found = connection.execute(
        "SELECT key FROM chunk WHERE campaign = ? AND state = ? ORDER BY key", (key, state)
    )
    return [chunk for (chunk,) in found]


@integrity.readable("a chunk")
def chunk_row(connection: sqlite3.Connection, key: int) -> Row:
    """A chunk as it stands."""
    return _rows(connection, "SELECT * FROM chunk WHERE key = ?", key)[0]


def messages(connection: sqlite3.Connection, first: int, last: int, state: MessageState) -> list[Row]:
    """A chunk's messages in a state."""
    return _rows(
        connection,
        "SELECT key, row, number, text, message_id FROM message WHERE key BETWEEN ? AND ? AND state = ?",
        first,
        last,
        state,
    )


def set_bulk_id(connection: sqlite3.Connection, key: int, bulk_id: str) -> None:
    """The id the API gave, where we could not give our own."""
    connection.execute("UPDATE chunk SET bulk_id = ? WHERE key = ?", (bulk_id, key))


def set_attempted(connection: sqlite3.Connection, key: int, at: float | None) -> None:
    """Since when a request may have arrived."""
    connection.execute("UPDATE chunk SET attempted_at = ? WHERE key = ?", (at, key))


def advance_chunk(connection: sqlite3.Connection, key: int, now: float) -> Bulk | None:
    """Unanswered while any message is, then tracked while any is not final."""
    chunk = chunk_row(connection, key)
    found = connection.execute(
        "SELECT DISTINCT state FROM message WHERE key BETWEEN ? AND ?", (chunk["first"], chunk["last"])
    )
    state = ChunkState.of({state for (state,) in found})
    if state is ChunkState.UNANSWERED:
        return None
    connection.execute("UPDATE chunk SET state = ?, answered_at = ? WHERE key = ?", (state, now, key))
    return _bulks(connection, "chunk.key = ?", key)[0] if state is ChunkState.TRACKED else None


def close_chunk(connection: sqlite3.Connection, key: int) -> None:
    """Nothing more is awaited."""
    connection.execute("UPDATE chunk SET state = ? WHERE key = ?", (ChunkState.CLOSED, key))


_ACCEPTED = int(MessageState.ACCEPTED)
_BULKS = f"""
SELECT key, bulk_id, coalesce(answered_at, attempted_at), EXISTS (
    SELECT 1 FROM message WHERE message.key BETWEEN first AND last AND message.state = {_ACCEPTED}
    AND (deduplicated OR message.bulk_id <> chunk.bulk_id)
) FROM chunk WHERE
"""  # noqa: S608 - numbers of ours, as below
_WAITING = f"""
(state = {ChunkState.TRACKED:d} OR state = {ChunkState.UNANSWERED:d} AND attempted_at NOTNULL AND EXISTS (
    SELECT 1 FROM message WHERE message.key BETWEEN first AND last AND message.state = {_ACCEPTED}
))
"""  # noqa: S608


def bulks(connection: sqlite3.Connection, key: int) -> list[Bulk]:
    """Chunks that wait for final statuses, those included of which only some are answered."""
    return _bulks(connection, "campaign = ? AND " + _WAITING, key)


def _bulks(connection: sqlite3.Connection, where: str, key: int) -> list[Bulk]:
    found = connection.execute(f"{_BULKS} {where} ORDER BY chunk.key", (key,))
    return [Bulk(chunk, bulk_id, answered_at, bool(other)) for chunk, bulk_id, answered_at, other in found]


def open_messages(connection: sqlite3.Connection, key: int) -> int:
    """How many of a chunk's messages are not at their end: without an answer, or without a final status."""
    chunk = chunk_row(connection, key)
    found = connection.execute(
        "SELECT count(*) FROM message WHERE key BETWEEN ? AND ? AND state IN (?, ?)",
        (chunk["first"], chunk["last"], MessageState.PLANNED, MessageState.ACCEPTED),
    )
    return int(found.fetchone()[0])


def waiting(connection: sqlite3.Connection, key: int) -> list[Row]:
    """A chunk's accepted messages that are not final."""
    chunk = chunk_row(connection, key)
    return messages(connection, chunk["first"], chunk["last"], MessageState.ACCEPTED)


def give_up(  # noqa: PLR0917 - as the ledger's worker hands them over
    connection: sqlite3.Connection, campaign_id: str, key: int, reason: str, state: MessageState, now: float
) -> tuple[list[Outcome], Bulk | None]:
    """What is in this state becomes unresolved; the bulk to follow, if anything is left of it."""
    chunk = chunk_row(connection, key)
    found = connection.execute(
        "UPDATE message SET state = ?, error = ? WHERE key BETWEEN ? AND ? AND state = ? RETURNING key",
        (MessageState.UNRESOLVED, reason, chunk["first"], chunk["last"], state),
    ).fetchall()
    bulk = advance_chunk(connection, key, now)
    return outcomes_of(connection, campaign_id, key, [message for (message,) in found]), bulk


_OUTCOMES = """
SELECT message.key, message.state, message.row, number, message_id, chunk.bulk_id, message.bulk_id,
       message.status, error, sms_count, price, currency, sent_at, done_at, deduplicated
FROM chunk JOIN message ON message.key BETWEEN chunk.first AND chunk.last
"""


@integrity.readable("a message")
def outcomes(connection: sqlite3.Connection, campaign_id: str, first: int, last: int) -> list[Outcome]:
    """Newest outcomes of a run of messages that begins and ends within one campaign."""
    rows = connection.execute(
        _OUTCOMES + " WHERE chunk.last >= ? AND chunk.first <= ? AND message.key BETWEEN ? AND ?"
        " AND message.state <> 0 ORDER BY message.key",
        (first, last, first, last),
    )
    return _read_outcomes(connection, rows, campaign_id)


@integrity.readable("a message")
def outcomes_of(
    connection: sqlite3.Connection, campaign_id: str, chunk: int, keys: Sequence[int]
) -> list[Outcome]:
    """Newest outcomes of some messages of a chunk; a pushed report is about one of hundreds."""
    if not keys:
        return []
    chosen = set(keys)
    rows = connection.execute(
        _OUTCOMES + " WHERE chunk.key = ? AND message.key BETWEEN ? AND ? ORDER BY message.key",
        (chunk, min(keys), max(keys)),
    )
    return _read_outcomes(connection, (row for row in rows if row[0] in chosen), campaign_id)


def _read_outcomes(
    connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]], campaign_id: str
) -> list[Outcome]:
    statuses: dict[int | None, Status | None] = {None: None}  # few, as prices are
    prices: dict[str | None, Decimal | None] = {None: None}
    read = []
    for (
        _,
        state,
        row,
        number,
        own_id,
        chunk_bulk_id,
        bulk_id,
        status,
        error,
        sms_count,
        price,
        currency,
        sent_at,
        done_at,
        deduplicated,
    ) in rows:
        if status not in statuses:
            statuses[status] = _status(connection, status)
        if price not in prices:
            prices[price] = Decimal(price)
        to = str(number)
        read.append(
            Outcome(
                _KINDS[state],
                row,
                to,
                own_id or message_id(campaign_id, to),
                chunk_bulk_id if bulk_id is None else bulk_id or None,
                statuses[status],
                error,
                sms_count,
                prices[price],
                currency,
                None if sent_at is None else datetime.fromtimestamp(sent_at, UTC),
                None if done_at is None else datetime.fromtimestamp(done_at, UTC),
                bool(deduplicated),
            )
        )
    return read


def _status(connection: sqlite3.Connection, key: int) -> Status:
    found = connection.execute(
        "SELECT group_id, group_name, id, name, description FROM status WHERE key = ?", (key,)
    ).fetchone()
    if found is None:
        raise ValueError(f"status {key} is missing")
    return Status(*found)


@integrity.readable("a campaign")
def summaries(connection: sqlite3.Connection, campaign_id: str | None) -> list[CampaignSummary]:
    """One campaign, or all of them, newest first."""
    rows = _rows(
        connection,
        "SELECT * FROM campaign WHERE ?1 IS NULL OR id = ?1 ORDER BY created_at DESC, key DESC",
        campaign_id,
    )
    return [_summary(connection, row) for row in rows]


def _summary(connection: sqlite3.Connection, row: Row) -> CampaignSummary:
    states: dict[int, int] = dict.fromkeys(MessageState, 0)
    by_group: dict[str, int] = {}
    deduplicated = 0
    for count in _rows(
        connection,
        "SELECT message.state, status.group_name, count(*) AS messages, sum(deduplicated) AS deduplicated"
        " FROM chunk JOIN message ON message.key BETWEEN chunk.first AND chunk.last"
        " LEFT JOIN status ON status.key = message.status"
        " WHERE chunk.campaign = ? GROUP BY 1, 2",
        row["key"],
    ):
        states[count["state"]] += count["messages"]
        deduplicated += count["deduplicated"]
        if count["state"] == MessageState.FINAL:
            if count["group_name"] is None:
                raise ValueError("a final message without a status")
            by_group[count["group_name"]] = by_group.get(count["group_name"], 0) + count["messages"]
    doubled = connection.execute("SELECT count(*) FROM duplicate WHERE campaign = ?", (row["key"],))
    validity = row["validity"]
    return CampaignSummary(
        Campaign(
            row["id"],
            row["text"],
            row["sender"],
            Mode(row["mode"]),
            None if validity is None else timedelta(seconds=validity),
        ),
        CampaignState(row["state"]),
        datetime.fromtimestamp(row["created_at"], UTC),
        row["reason"],
        row["source"],
        bool(row["source_read"]),
        bool(row["store_texts"]),
        states[MessageState.PLANNED],
        states[MessageState.ACCEPTED],
        states[MessageState.REJECTED],
        states[MessageState.FINAL],
        states[MessageState.UNRESOLVED],
        doubled.fetchone()[0],
        deduplicated,
        by_group,
    )
