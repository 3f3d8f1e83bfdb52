"""Reports → final statuses, pulled and pushed alike: the ledger's work on them."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.ledger import queries
from ants_async.dispatch.ledger.chunks import chunk_row, column
from ants_async.dispatch.ledger.fates import Fate, fate_of, note, record, state_of
from ants_async.dispatch.ledger.foreign import StatusKeys, storable, whole
from ants_async.dispatch.ledger.protocol import Bulk, Pushed, PushedBulk
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import Work, read_of, row
from ants_async.dispatch.messages import message_ids
from ants_async.models.reports import DeliveryReport, Price

_OUR_BULK: Final = re.compile(r"[0-9a-f]{16}-([0-9]{1,18})", re.ASCII)
_NUMBER: Final = re.compile(r"\+?([0-9]{8,15})", re.ASCII)
_YEARS: Final = range(1970, 9999)


@read_of("a message")
def settle(
    campaign_id: str, bulk: Bulk, reports: Mapping[str, DeliveryReport]
) -> Work[tuple[Sequence[Outcome], int]]:
    """Record a bulk's final statuses by message id; the outcomes, and how many still wait."""
    settled, left = yield from record_final(campaign_id, bulk, reports)
    return (yield from queries.outcomes_of(campaign_id, bulk.key, settled)), left


@read_of("a message")
def record_final(
    campaign_id: str, bulk: Bulk, reports: Mapping[str, DeliveryReport]
) -> Work[tuple[Mapping[int, Fate], int]]:
    """Record a bulk's final statuses by message id; them by place, and how many messages still wait."""
    newest = yield from queries.newest(bulk.key)
    ids = message_ids(campaign_id, (yield from column(bulk.key, "numbers")))
    statuses = StatusKeys()
    settled: dict[int, Fate] = {}
    left = 0
    for place, (fate, own_id) in enumerate(zip(newest, ids, strict=True)):
        if fate.state == MessageState.ACCEPTED:
            report = reports.get(fate.message_id or own_id)
            if report is not None and report.status.is_final:
                status = yield from statuses.of(report.status)
                settled[place] = _final(fate, report, bulk.bulk_id, status)
            else:
                left += 1
    changes = [(place, place, fate) for place, fate in settled.items()]
    yield from record(bulk.key, newest, changes, was=MessageState.ACCEPTED)
    if state_of(newest) is ChunkState.CLOSED:
        yield from queries.close_chunk(bulk.key)
    return settled, left


class _Chunk(NamedTuple):
    key: int
    campaign_key: int
    campaign_id: str


def settle_pushed(reports: Sequence[DeliveryReport]) -> Work[Pushed]:
    """Record pushed reports, each looked up by itself: they come one by one, and a chunk holds hundreds."""
    chunks = yield from _locked({report.bulk_id or "" for report in reports})
    settled: dict[_Chunk, dict[int, Fate]] = {}
    not_taken = set()
    statuses = StatusKeys()
    for number, report in enumerate(reports):
        bulk_id = report.bulk_id or ""
        chunk = chunks.get(bulk_id)
        found = None if chunk is None else (yield from _message(chunk, report))
        if chunk is None or (found is not None and found[1].state == MessageState.PLANNED):
            not_taken.add(number)
        elif found is not None and found[1].state == MessageState.ACCEPTED and report.status.is_final:
            place, fate = found
            final = _final(fate, report, bulk_id, (yield from statuses.of(report.status)))
            yield from note(chunk.key, place, final, was=MessageState.ACCEPTED)
            settled.setdefault(chunk, {})[place] = final
    bulks = []
    for chunk, newest in settled.items():
        bulks.append((yield from _sum_up(chunk, newest)))
    return Pushed(bulks, frozenset(not_taken))


_BULK: Final = (
    "SELECT chunk.key, campaign.key, campaign.id FROM chunk JOIN campaign ON campaign.key = chunk.campaign"
    " WHERE chunk.key = ? AND bulk_id = ?"
)


def _locked(bulk_ids: Collection[str]) -> Work[dict[str, _Chunk]]:
    """The chunks of bulk ids of ours, which end in their keys; nobody else changes them meanwhile.

    Always upwards: two who took the same ones in different orders would wait for each other.
    """
    matches = [match for bulk_id in bulk_ids if (match := _OUR_BULK.fullmatch(bulk_id))]
    chunks = {}
    for key, bulk_id in sorted((int(match[1]), match[0]) for match in matches):
        found = yield from row(_BULK, key, bulk_id)
        if found is not None:
            yield from chunk_row(key)
            chunks[bulk_id] = _Chunk(*found)
    return chunks


@read_of("a message")
def _message(chunk: _Chunk, report: DeliveryReport) -> Work[tuple[int, Fate] | None]:
    """Place and fate of the message that a report is about."""
    match = _NUMBER.fullmatch(report.to or "")
    if match is None and report.to is not None:
        return None
    numbers = yield from column(chunk.key, "numbers")
    sought = numbers if match is None else {str(int(match[1]))}
    places = [place for place, number in enumerate(numbers) if number in sought]
    for place in places:
        fate = yield from fate_of(chunk.key, place)
        (own_id,) = message_ids(chunk.campaign_id, [numbers[place]])
        if report.message_id == (fate.message_id or own_id):
            return place, fate
    return None


def _sum_up(chunk: _Chunk, newest: Mapping[int, Fate]) -> Work[PushedBulk]:
    left = yield from queries.open_messages(chunk.key)
    if not left:
        yield from queries.close_chunk(chunk.key)
    return PushedBulk(
        campaign_key=chunk.campaign_key,
        chunk_key=chunk.key,
        outcomes=(yield from queries.outcomes_of(chunk.campaign_id, chunk.key, newest)),
        left=left,
    )


def _final(accepted: Fate, report: DeliveryReport, bulk_id: str, status: int | None) -> Fate:
    """What was accepted in this bulk, at its end."""
    sms_count = whole(report.sms_count)
    price, currency = _price(report.price)
    return Fate(
        int(MessageState.FINAL),
        accepted.message_id,
        None if report.bulk_id == bulk_id else storable(report.bulk_id),
        status,
        storable(report.error.name) if report.error and report.error.id else None,
        accepted.sms_count if sms_count is None else sms_count,
        price,
        currency,
        _seconds(report.sent_at),
        _seconds(report.done_at),
        accepted.deduplicated,
        storable(report.mcc_mnc),
    )


def _price(price: Price | None) -> tuple[str | None, str | None]:
    if price is None or price.price_per_message is None:
        return None, None
    return str(price.price_per_message), storable(price.currency)


def _seconds(moment: datetime | None) -> float | None:
    """None for what no clock can have shown."""
    return moment.timestamp() if moment is not None and moment.year in _YEARS else None
