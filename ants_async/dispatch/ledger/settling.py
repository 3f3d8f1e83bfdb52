"""Reports → final statuses, pulled and pushed alike: functions over an open transaction.

What the API says is foreign: a number that no column holds or half a character must not cost the status it
came with, nor the reports beside it.
"""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.ledger import integrity, queries
from ants_async.dispatch.ledger.protocol import Bulk, Pushed, PushedBulk
from ants_async.dispatch.ledger.schema import MessageState
from ants_async.dispatch.planning import message_id
from ants_async.models.reports import DeliveryReport, Price
from ants_async.models.statuses import Status

_OUR_BULK: Final = re.compile(r"[0-9a-f]{16}-([0-9]{1,18})", re.ASCII)
_NUMBER: Final = re.compile(r"\+?([0-9]{8,15})", re.ASCII)
_LARGEST: Final = 2**63 - 1
_YEARS: Final = range(1970, 9999)


def settle(
    connection: sqlite3.Connection, campaign_id: str, bulk: Bulk, reports: Mapping[str, DeliveryReport]
) -> tuple[Sequence[Outcome], int]:
    """Record a bulk's final statuses by message id; the outcomes, and how many still wait."""
    waiting = queries.waiting(connection, bulk.key)
    settled = []
    for row in waiting:
        report = reports.get(row["message_id"] or message_id(campaign_id, str(row["number"])))
        if report is not None and report.status.is_final:
            settled.append((row["key"], report))
    _finish(connection, settled, bulk.bulk_id)
    left = len(waiting) - len(settled)
    if not left and not queries.open_messages(connection, bulk.key):
        queries.close_chunk(connection, bulk.key)
    return queries.outcomes_of(connection, campaign_id, bulk.key, [key for key, _ in settled]), left


class _Chunk(NamedTuple):
    key: int
    first: int
    last: int
    campaign_key: int
    campaign_id: str


def settle_pushed(connection: sqlite3.Connection, reports: Sequence[DeliveryReport]) -> Pushed:
    """Record pushed reports, each looked up by itself: they come one by one, and a chunk holds hundreds."""
    chunks: dict[str, _Chunk | None] = {}
    settled: dict[_Chunk, list[int]] = {}
    not_taken = set()
    for place, report in enumerate(reports):
        bulk_id = report.bulk_id or ""
        if bulk_id not in chunks:
            chunks[bulk_id] = _find(connection, bulk_id)
        chunk = chunks[bulk_id]
        row = None if chunk is None else _message(connection, chunk, report)
        if chunk is None or (row is not None and row[1] == MessageState.PLANNED):
            not_taken.add(place)
        elif row is not None and row[1] == MessageState.ACCEPTED and report.status.is_final:
            _finish(connection, [(row[0], report)], bulk_id)
            settled.setdefault(chunk, []).append(row[0])
    return Pushed([_sum_up(connection, chunk, keys) for chunk, keys in settled.items()], frozenset(not_taken))


def _find(connection: sqlite3.Connection, bulk_id: str) -> _Chunk | None:
    """The chunk of a bulk id of ours, which ends in the chunk's key."""
    match = _OUR_BULK.fullmatch(bulk_id)
    if match is None:
        return None
    found = connection.execute(
        "SELECT chunk.key, first, last, campaign.key, campaign.id"
        " FROM chunk JOIN campaign ON campaign.key = chunk.campaign WHERE chunk.key = ? AND bulk_id = ?",
        (int(match[1]), bulk_id),
    ).fetchone()
    return None if found is None else _Chunk(*found)


@integrity.readable("a message")
def _message(
    connection: sqlite3.Connection, chunk: _Chunk, report: DeliveryReport
) -> tuple[int, MessageState] | None:
    """Key and state of the message that a report is about."""
    match = _NUMBER.fullmatch(report.to or "")
    if match is None and report.to is not None:
        return None
    for key, number, own_id, state in connection.execute(
        "SELECT key, number, message_id, state FROM message"
        " WHERE key BETWEEN ?1 AND ?2 AND (?3 IS NULL OR number = ?3)",
        (chunk.first, chunk.last, None if match is None else int(match[1])),
    ):
        if report.message_id == (own_id or message_id(chunk.campaign_id, str(number))):
            return key, MessageState(state)
    return None


def _sum_up(connection: sqlite3.Connection, chunk: _Chunk, keys: Sequence[int]) -> PushedBulk:
    left = queries.open_messages(connection, chunk.key)
    if not left:
        queries.close_chunk(connection, chunk.key)
    return PushedBulk(
        campaign_key=chunk.campaign_key,
        chunk_key=chunk.key,
        outcomes=queries.outcomes_of(connection, chunk.campaign_id, chunk.key, keys),
        left=left,
    )


def _finish(
    connection: sqlite3.Connection, reports: Iterable[tuple[int, DeliveryReport]], bulk_id: str
) -> None:
    """Final statuses of a bulk's messages, by key."""
    statuses: dict[int, int | None] = {}  # by identity: few stand in thousands of reports
    rows = []
    for key, report in reports:
        if id(report.status) not in statuses:
            statuses[id(report.status)] = status_key(connection, report.status)
        rows.append(
            (
                MessageState.FINAL,
                statuses[id(report.status)],
                text(report.error.name) if report.error and report.error.id else None,
                whole(report.sms_count),
                *_price(report.price),
                _seconds(report.sent_at),
                _seconds(report.done_at),
                None if report.bulk_id == bulk_id else text(report.bulk_id),
                key,
                MessageState.ACCEPTED,
            )
        )
    connection.executemany(
        "UPDATE message SET state = ?, status = ?, error = ?, sms_count = coalesce(?, sms_count),"
        " price = ?, currency = ?, sent_at = ?, done_at = ?, bulk_id = ? WHERE key = ? AND state = ?",
        rows,
    )


def status_key(connection: sqlite3.Connection, status: Status | None) -> int | None:
    """Statuses are few: each stands once in the ledger. What a rollback undid is looked up again."""
    if status is None:
        return None
    row = (
        whole(status.group_id) or 0,
        text(status.group_name),
        whole(status.id) or 0,
        text(status.name),
        text(status.description),
    )
    found = connection.execute(
        "SELECT key FROM status WHERE (group_id, group_name, id, name, description) = (?, ?, ?, ?, ?)", row
    ).fetchone()
    if found is not None:
        return int(found[0])
    return connection.execute(
        "INSERT INTO status (group_id, group_name, id, name, description) VALUES (?, ?, ?, ?, ?)", row
    ).lastrowid


def whole(value: int | None) -> int | None:
    """None for what is larger than a column."""
    return value if value is not None and abs(value) <= _LARGEST else None


def text(value: str | None) -> str | None:
    """Half a character, which JSON can spell and no column holds, becomes a question mark."""
    return None if value is None else value.encode(errors="replace").decode()


def _price(price: Price | None) -> tuple[str | None, str | None]:
    if price is None or price.price_per_message is None:
        return None, None
    return str(price.price_per_message), text(price.currency)


def _seconds(moment: datetime | None) -> float | None:
    """None for what no clock can have shown."""
    return moment.timestamp() if moment is not None and moment.year in _YEARS else None
