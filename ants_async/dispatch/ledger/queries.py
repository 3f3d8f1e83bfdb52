"""The ledger's SQL: functions over an open transaction."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode, Outcome
from ants_async.dispatch.ledger.checks import check_campaign
from ants_async.dispatch.ledger.chunks import chunk_row, column
from ants_async.dispatch.ledger.fates import Fate, Reader, fates, record, state_of
from ants_async.dispatch.ledger.integrity import readable
from ants_async.dispatch.ledger.protocol import Bulk, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.messages import message_ids
from ants_async.errors import CampaignMismatch, LedgerInUse

Row = dict[str, Any]


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
    check_campaign(connection, key)
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


def chunks_in_order(connection: sqlite3.Connection, key: int) -> list[int]:
    """A campaign's chunks as they were planned."""
    found = connection.execute("SELECT key FROM chunk WHERE campaign = ? ORDER BY first", (key,))
    return [chunk for (chunk,) in found]


@readable("a chunk")
def numbers(connection: sqlite3.Connection, chunks: Iterable[int]) -> list[int]:
    """Numbers of some chunks."""
    return [int(number) for chunk in chunks for number in column(connection, chunk, "numbers")]


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


def set_bulk_id(connection: sqlite3.Connection, key: int, bulk_id: str) -> None:
    """The id the API gave, where we could not give our own."""
    connection.execute("UPDATE chunk SET bulk_id = ? WHERE key = ?", (bulk_id, key))


def set_attempted(connection: sqlite3.Connection, key: int, at: float | None) -> None:
    """Since when a request may have arrived."""
    connection.execute("UPDATE chunk SET attempted_at = ? WHERE key = ?", (at, key))


def advance_chunk(connection: sqlite3.Connection, key: int, known: Sequence[Fate], now: float) -> Bulk | None:
    """Unanswered while any message is, then tracked while any is not final."""
    state = state_of(known)
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
    SELECT 1 FROM fate WHERE fate.chunk = chunk.key AND fate.state = {_ACCEPTED}
    AND (deduplicated OR fate.bulk_id <> chunk.bulk_id)
) FROM chunk WHERE
"""  # noqa: S608 - numbers of ours, as below
_WAITING = f"""
(state = {ChunkState.TRACKED:d} OR state = {ChunkState.UNANSWERED:d} AND attempted_at NOTNULL AND EXISTS (
    SELECT 1 FROM fate WHERE fate.chunk = chunk.key AND fate.state = {_ACCEPTED}
))
"""  # noqa: S608
_ENDS = ", ".join(str(int(one)) for one in MessageState if one.is_end)


def bulks(connection: sqlite3.Connection, key: int) -> list[Bulk]:
    """Chunks that wait for final statuses, those included of which only some are answered."""
    return _bulks(connection, "campaign = ? AND " + _WAITING, key)


def _bulks(connection: sqlite3.Connection, where: str, key: int) -> list[Bulk]:
    found = connection.execute(f"{_BULKS} {where} ORDER BY chunk.key", (key,))
    return [Bulk(chunk, bulk_id, answered_at, bool(other)) for chunk, bulk_id, answered_at, other in found]


def open_messages(connection: sqlite3.Connection, key: int) -> int:
    """How many of a chunk's messages are not at their end: without an answer, or without a final status."""
    ended = connection.execute(
        f"SELECT sum(last - first + 1) FROM fate WHERE chunk = ? AND state IN ({_ENDS})",  # noqa: S608
        (key,),
    ).fetchone()[0]
    return chunk_row(connection, key).size - (ended or 0)


@readable("a message")
def newest(connection: sqlite3.Connection, key: int) -> list[Fate]:
    """The newest fate of each of a chunk's messages, by place."""
    return fates(connection, key, chunk_row(connection, key).size)


@readable("a message")
def waiting(connection: sqlite3.Connection, campaign_id: str, key: int) -> list[str]:
    """Ids of a chunk's accepted messages that are not final."""
    ids = message_ids(campaign_id, column(connection, key, "numbers"))
    return [
        fate.message_id or message_id
        for fate, message_id in zip(newest(connection, key), ids, strict=True)
        if fate.state == MessageState.ACCEPTED
    ]


def give_up(  # noqa: PLR0917 - as the ledger's worker hands them over
    connection: sqlite3.Connection, campaign_id: str, key: int, reason: str, state: MessageState, now: float
) -> tuple[list[Outcome], Bulk | None]:
    """What is in this state becomes unresolved; the bulk to follow, if anything is left of it."""
    known = newest(connection, key)
    places = [place for place, fate in enumerate(known) if fate.state == state]
    end = int(MessageState.UNRESOLVED)
    changes = [(place, place, known[place]._replace(state=end, error=reason)) for place in places]
    record(connection, key, known, changes, was=state)
    bulk = advance_chunk(connection, key, known, now)
    return outcomes_of(connection, campaign_id, key, {place: known[place] for place in places}), bulk


@readable("a message")
def outcomes(connection: sqlite3.Connection, campaign_id: str, chunks: Iterable[int]) -> list[Outcome]:
    """Newest outcomes of some chunks."""
    found = []
    for key in chunks:
        known = enumerate(newest(connection, key))
        told = {place: fate for place, fate in known if fate.state != MessageState.PLANNED}
        found += outcomes_of(connection, campaign_id, key, told)
    return found


@readable("a message")
def outcomes_of(
    connection: sqlite3.Connection, campaign_id: str, key: int, told: Mapping[int, Fate]
) -> list[Outcome]:
    """Outcomes of some messages of a chunk, by their fates."""
    if not told:
        return []
    bulk_id = chunk_row(connection, key).bulk_id
    rows, numbers = column(connection, key, "rows"), column(connection, key, "numbers")
    ids = message_ids(campaign_id, [numbers[place] for place in told])
    outcome = Reader(connection).outcome
    return [
        outcome(fate, rows[place], numbers[place], message_id, bulk_id)
        for (place, fate), message_id in zip(told.items(), ids, strict=True)
    ]


@readable("a campaign")
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
    planned = "SELECT coalesce(sum(last - first + 1), 0) FROM chunk WHERE campaign = ?"
    (states[MessageState.PLANNED],) = connection.execute(planned, (row["key"],)).fetchone()
    for count in _rows(
        connection,
        "SELECT fate.was, fate.state, group_name, sum(fate.last - fate.first + 1) AS messages,"
        " sum((fate.last - fate.first + 1) * deduplicated * (fate.was = 0)) AS deduplicated"
        " FROM chunk JOIN fate ON fate.chunk = chunk.key LEFT JOIN status ON status.key = fate.status"
        " WHERE chunk.campaign = ? GROUP BY 1, 2, 3",
        row["key"],
    ):
        states[count["was"]] -= count["messages"]
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
