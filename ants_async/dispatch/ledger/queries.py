"""The ledger's work on chunks as a whole, and on what became of their messages."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import CampaignState, Outcome, OutcomeKind
from ants_async.dispatch.ledger.chunks import chunk_row, column, columns
from ants_async.dispatch.ledger.fates import Fate, fates, reader_of, record, state_of
from ants_async.dispatch.ledger.foreign import StatusKeys, storable, whole
from ants_async.dispatch.ledger.protocol import Bulk, Chunk
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import Insertion, Work, read_of, row, rows, run
from ants_async.dispatch.messages import message_ids


def chunks_in_order(key: int) -> Work[list[int]]:
    """A campaign's chunks as they were planned."""
    found = yield from rows("SELECT key FROM chunk WHERE campaign = ? ORDER BY first", key)
    return [chunk for (chunk,) in found]


@read_of("a chunk")
def numbers(chunks: Iterable[int]) -> Work[list[int]]:
    """Numbers of some chunks."""
    found: list[int] = []
    for chunk in chunks:
        found += map(int, (yield from column(chunk, "numbers")))
    return found


def replace_left_out(key: int, left_out: Sequence[Outcome], first: bool) -> Work[None]:
    """Note doubled and suppressed rows, and forget those of an earlier reading."""
    if first:
        yield from run("DELETE FROM left_out WHERE campaign = ?", key)
    if left_out:
        found = [(key, str(outcome.kind), outcome.row, int(outcome.to)) for outcome in left_out]
        yield Insertion("left_out", ("campaign", "why", "row", "number"), found)


@read_of("a row that was left out")
def left_out(key: int) -> Work[list[Outcome]]:
    """Every doubled and suppressed row."""
    found = yield from rows("SELECT why, row, number FROM left_out WHERE campaign = ? ORDER BY row", key)
    return [Outcome(OutcomeKind(why), line, str(number)) for why, line, number in found]


def chunk_keys(key: int, state: ChunkState) -> Work[list[int]]:
    """A campaign's chunks in a state."""
    found = yield from rows(
        "SELECT key FROM chunk WHERE campaign = ? AND state = ? ORDER BY key", key, int(state)
    )
    return [chunk for (chunk,) in found]


def set_attempted(key: int, at: float | None) -> Work[None]:
    """Since when a request may have arrived."""
    yield from run("UPDATE chunk SET attempted_at = ? WHERE key = ?", at, key)


def advance_chunk(key: int, known: Sequence[Fate], now: float) -> Work[Bulk | None]:
    """Unanswered while any message is, then tracked while any is not final."""
    state = state_of(known)
    if state is ChunkState.UNANSWERED:
        return None
    yield from run("UPDATE chunk SET state = ?, answered_at = ? WHERE key = ?", int(state), now, key)
    if state is not ChunkState.TRACKED:
        return None
    return (yield from bulk(key))


def close_chunk(key: int) -> Work[None]:
    """Nothing more is awaited."""
    yield from run("UPDATE chunk SET state = ? WHERE key = ?", int(ChunkState.CLOSED), key)


_ACCEPTED: Final = int(MessageState.ACCEPTED)
_BULKS: Final = f"""
SELECT key, bulk_id, coalesce(answered_at, attempted_at) AS since, send_at, (
    SELECT campaign.send_at FROM campaign WHERE campaign.key = chunk.campaign
), EXISTS (
    SELECT 1 FROM fate WHERE fate.chunk = chunk.key AND fate.state = {_ACCEPTED}
    AND (deduplicated <> 0 OR fate.bulk_id <> chunk.bulk_id)
) FROM chunk WHERE
"""  # noqa: S608 - numbers of ours, as below
_WAITING: Final = f"""
(state = {ChunkState.TRACKED:d} OR state = {ChunkState.UNANSWERED:d} AND attempted_at IS NOT NULL AND EXISTS (
    SELECT 1 FROM fate WHERE fate.chunk = chunk.key AND fate.state = {_ACCEPTED}
))
"""  # noqa: S608
_ENDS: Final = ", ".join(str(int(one)) for one in MessageState if one.is_end)


def bulk(key: int) -> Work[Bulk]:
    """A chunk as one that waits for final statuses."""
    (found,) = yield from _bulks("chunk.key = ?", key)
    return found


def bulks(key: int) -> Work[list[Bulk]]:
    """Chunks that wait for final statuses, those included of which only some are answered."""
    return (yield from _bulks("campaign = ? AND " + _WAITING, key))


def _bulks(where: str, key: int) -> Work[list[Bulk]]:
    found = yield from rows(f"{_BULKS} {where} ORDER BY chunk.key", key)
    bulks = []
    for chunk, bulk_id, answered_at, last, common, other in found:
        is_ahead = last is not None and last > answered_at
        times = (yield from _schedule(chunk, answered_at, common)) if is_ahead else ()
        bulks.append(Bulk(chunk, bulk_id, answered_at, bool(other), times))
    return bulks


@read_of("a chunk")
def _schedule(key: int, answered_at: float, common: float | None) -> Work[Sequence[float]]:
    """When its messages are sent; what has no time, or a late one, at the answer."""
    own = [None if one is None else one[1] for one in (yield from column(key, "options"))] or [None]
    times = (common if at is None else at for at in own)
    return array("d", sorted({max(answered_at, at or 0.0) for at in times}))


def answered(chunk: Chunk, answers: Sequence[Answer], now: float) -> Work[Bulk | None]:
    """Record answers; once no message is without one, the bulk to follow, if any was accepted."""
    known, statuses = (yield from newest(chunk.key)), StatusKeys()
    changes = []
    for one in answers:
        fate = Fate(
            int(MessageState.ACCEPTED if one.kind is OutcomeKind.ACCEPTED else MessageState.REJECTED),
            storable(one.message_id),
            None if one.bulk_id == chunk.bulk_id else storable(one.bulk_id or ""),
            (yield from statuses.of(one.status)),
            storable(one.error),
            whole(one.sms_count),
            deduplicated=int(one.deduplicated),
        )
        changes.append((one.first, one.last, fate))
    yield from record(chunk.key, known, changes, was=MessageState.PLANNED)
    given = next((one.bulk_id for one in answers if one.bulk_id and not one.deduplicated), chunk.bulk_id)
    if given != chunk.bulk_id:  # the API's own, where we could not give it ours
        yield from run("UPDATE chunk SET bulk_id = ? WHERE key = ?", storable(given), chunk.key)
    return (yield from advance_chunk(chunk.key, known, now))


def open_messages(key: int) -> Work[int]:
    """How many of a chunk's messages are not at their end: without an answer, or without a final status."""
    (ended,) = yield from row(
        f"SELECT sum(last - first + 1) FROM fate WHERE chunk = ? AND state IN ({_ENDS})",  # noqa: S608
        key,
    )
    return (yield from chunk_row(key)).size - int(ended or 0)


@read_of("a message")
def newest(key: int, *, lock: bool = True) -> Work[list[Fate]]:
    """The newest fate of each of a chunk's messages, by place; `lock`: to be changed."""
    found = yield from chunk_row(key, lock=lock)
    return (yield from fates(key, found.size))


@read_of("a message")
def waiting(campaign_id: str, key: int) -> Work[list[str]]:
    """Ids of a chunk's accepted messages that are not final."""
    ids = message_ids(campaign_id, (yield from column(key, "numbers")))
    return [
        fate.message_id or message_id
        for fate, message_id in zip((yield from newest(key, lock=False)), ids, strict=True)
        if fate.state == MessageState.ACCEPTED
    ]


def give_up(
    campaign_id: str, key: int, reason: str, state: MessageState, now: float
) -> Work[tuple[list[Outcome], Bulk | None]]:
    """What is in this state becomes unresolved; the bulk to follow, if anything is left of it."""
    known = yield from newest(key)
    places = [place for place, fate in enumerate(known) if fate.state == state]
    end = int(MessageState.UNRESOLVED)
    changes = [(place, place, known[place]._replace(state=end, error=storable(reason))) for place in places]
    yield from record(key, known, changes, was=state)
    bulk = yield from advance_chunk(key, known, now)
    return (yield from outcomes_of(campaign_id, key, {place: known[place] for place in places})), bulk


@read_of("a message")
def outcomes(campaign_id: str, chunks: Iterable[int]) -> Work[list[Outcome]]:
    """Newest outcomes of some chunks; of a campaign that was cancelled also those who were not sent to."""
    found: list[Outcome] = []
    for key in chunks:
        found += yield from outcomes_of(campaign_id, key, (yield from _told(campaign_id, key)))
    return found


@read_of("a message")
def with_texts(campaign_id: str, chunks: Iterable[int]) -> Work[list[tuple[Outcome, str | None, str | None]]]:
    """As `outcomes`, each with its text, empty where none is kept, and sender; None for the campaign's."""
    found: list[tuple[Outcome, str | None, str | None]] = []
    for key in chunks:
        told = yield from _told(campaign_id, key)
        texts, options = yield from columns(key, "texts", "options")
        outcomes = yield from outcomes_of(campaign_id, key, told)
        for place, outcome in zip(told, outcomes, strict=True):
            own = options[place] if options else None
            found.append((outcome, texts[place], None if own is None else own[0]))
    return found


def _told(campaign_id: str, key: int) -> Work[Mapping[int, Fate]]:
    """What there is to say of a chunk's messages, by place."""
    (state,) = yield from row("SELECT state FROM campaign WHERE id = ?", campaign_id)
    is_unsent = state == str(CampaignState.CANCELLED) and (
        (yield from chunk_row(key, lock=False)).attempted_at is None
    )
    known = enumerate((yield from newest(key, lock=False)))
    return {place: fate for place, fate in known if is_unsent or fate.state != MessageState.PLANNED}


@read_of("a message")
def outcomes_of(campaign_id: str, key: int, told: Mapping[int, Fate]) -> Work[list[Outcome]]:
    """Outcomes of some messages of a chunk, by their fates."""
    if not told:
        return []
    bulk_id = (yield from chunk_row(key, lock=False)).bulk_id
    lines, to = yield from columns(key, "rows", "numbers")
    ids = message_ids(campaign_id, [to[place] for place in told])
    outcome = (yield from reader_of(told.values())).outcome
    return [
        outcome(fate, lines[place], to[place], message_id, bulk_id)
        for (place, fate), message_id in zip(told.items(), ids, strict=True)
    ]
