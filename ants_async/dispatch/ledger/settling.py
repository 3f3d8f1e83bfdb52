"""Reports → final statuses, pulled and pushed alike: functions over an open transaction.

What the API says is foreign: a number that no column holds or half a character must not cost the status it
came with, nor the reports beside it.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.ledger import queries
from ants_async.dispatch.ledger.chunks import column
from ants_async.dispatch.ledger.fates import Fate, fate_of, note, record, state_of
from ants_async.dispatch.ledger.integrity import readable
from ants_async.dispatch.ledger.protocol import Bulk, Pushed, PushedBulk
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.messages import message_ids
from ants_async.models.reports import DeliveryReport, Price
from ants_async.models.statuses import Status

_OUR_BULK: Final = re.compile(r"[0-9a-f]{16}-([0-9]{1,18})", re.ASCII)
_NUMBER: Final = re.compile(r"\+?([0-9]{8,15})", re.ASCII)
_LARGEST: Final = 2**63 - 1
_YEARS: Final = range(1970, 9999)


@readable("a message")
def settle(
    connection: sqlite3.Connection, campaign_id: str, bulk: Bulk, reports: Mapping[str, DeliveryReport]
) -> tuple[Sequence[Outcome], int]:
    """Record a bulk's final statuses by message id; the outcomes, and how many still wait."""
    newest = queries.newest(connection, bulk.key)
    ids = message_ids(campaign_id, column(connection, bulk.key, "numbers"))
    statuses = StatusKeys(connection)
    settled: dict[int, Fate] = {}
    left = 0
    for place, (fate, own_id) in enumerate(zip(newest, ids, strict=True)):
        if fate.state == MessageState.ACCEPTED:
            report = reports.get(fate.message_id or own_id)
            if report is not None and report.status.is_final:
                settled[place] = _final(fate, report, bulk.bulk_id, statuses.of(report.status))
            else:
                left += 1
    changes = [(place, place, fate) for place, fate in settled.items()]
    record(connection, bulk.key, newest, changes, was=MessageState.ACCEPTED)
    if state_of(newest) is ChunkState.CLOSED:
        queries.close_chunk(connection, bulk.key)
    return queries.outcomes_of(connection, campaign_id, bulk.key, settled), left


class _Chunk(NamedTuple):
    key: int
    campaign_key: int
    campaign_id: str


def settle_pushed(connection: sqlite3.Connection, reports: Sequence[DeliveryReport]) -> Pushed:
    """Record pushed reports, each looked up by itself: they come one by one, and a chunk holds hundreds."""
    chunks: dict[str, _Chunk | None] = {}
    settled: dict[_Chunk, dict[int, Fate]] = {}
    not_taken = set()
    statuses = StatusKeys(connection)
    for number, report in enumerate(reports):
        bulk_id = report.bulk_id or ""
        if bulk_id not in chunks:
            chunks[bulk_id] = _find(connection, bulk_id)
        chunk = chunks[bulk_id]
        found = None if chunk is None else _message(connection, chunk, report)
        if chunk is None or (found is not None and found[1].state == MessageState.PLANNED):
            not_taken.add(number)
        elif found is not None and found[1].state == MessageState.ACCEPTED and report.status.is_final:
            place, fate = found
            final = _final(fate, report, bulk_id, statuses.of(report.status))
            note(connection, chunk.key, place, final, was=MessageState.ACCEPTED)
            settled.setdefault(chunk, {})[place] = final
    bulks = [_sum_up(connection, chunk, newest) for chunk, newest in settled.items()]
    return Pushed(bulks, frozenset(not_taken))


def _find(connection: sqlite3.Connection, bulk_id: str) -> _Chunk | None:
    """The chunk of a bulk id of ours, which ends in the chunk's key."""
    match = _OUR_BULK.fullmatch(bulk_id)
    if match is None:
        return None
    found = connection.execute(
        "SELECT chunk.key, campaign.key, campaign.id"
        " FROM chunk JOIN campaign ON campaign.key = chunk.campaign WHERE chunk.key = ? AND bulk_id = ?",
        (int(match[1]), bulk_id),
    ).fetchone()
    return None if found is None else _Chunk(*found)


@readable("a message")
def _message(
    connection: sqlite3.Connection, chunk: _Chunk, report: DeliveryReport
) -> tuple[int, Fate] | None:
    """Place and fate of the message that a report is about."""
    match = _NUMBER.fullmatch(report.to or "")
    if match is None and report.to is not None:
        return None
    numbers = column(connection, chunk.key, "numbers")
    sought = numbers if match is None else {str(int(match[1]))}
    places = [place for place, number in enumerate(numbers) if number in sought]
    for place in places:
        fate = fate_of(connection, chunk.key, place)
        (own_id,) = message_ids(chunk.campaign_id, [numbers[place]])
        if report.message_id == (fate.message_id or own_id):
            return place, fate
    return None


def _sum_up(connection: sqlite3.Connection, chunk: _Chunk, newest: Mapping[int, Fate]) -> PushedBulk:
    left = queries.open_messages(connection, chunk.key)
    if not left:
        queries.close_chunk(connection, chunk.key)
    return PushedBulk(
        campaign_key=chunk.campaign_key,
        chunk_key=chunk.key,
        outcomes=queries.outcomes_of(connection, chunk.campaign_id, chunk.key, newest),
        left=left,
    )


def _final(accepted: Fate, report: DeliveryReport, bulk_id: str, status: int | None) -> Fate:
    """What was accepted in this bulk, at its end."""
    sms_count = whole(report.sms_count)
    price, currency = _price(report.price)
    return Fate(
        int(MessageState.FINAL),
        accepted.message_id,
        None if report.bulk_id == bulk_id else text(report.bulk_id),
        status,
        text(report.error.name) if report.error and report.error.id else None,
        accepted.sms_count if sms_count is None else sms_count,
        price,
        currency,
        _seconds(report.sent_at),
        _seconds(report.done_at),
        accepted.deduplicated,
    )


class StatusKeys:
    """Statuses are few: each stands once in the ledger, and is looked up once a transaction.

    What a rollback undid is looked up again.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._keys: dict[int, int | None] = {id(None): None}  # by identity: few stand in thousands of reports

    def of(self, status: Status | None) -> int | None:
        """A status's key; it is put in when it is new."""
        if id(status) not in self._keys and status is not None:
            self._keys[id(status)] = self._key(status)
        return self._keys[id(status)]

    def _key(self, status: Status) -> int | None:
        row = (
            whole(status.group_id) or 0,
            text(status.group_name),
            whole(status.id) or 0,
            text(status.name),
            text(status.description),
        )
        found = self._connection.execute(
            "SELECT key FROM status WHERE (group_id, group_name, id, name, description) = (?, ?, ?, ?, ?)",
            row,
        ).fetchone()
        if found is not None:
            return int(found[0])
        return self._connection.execute(
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
