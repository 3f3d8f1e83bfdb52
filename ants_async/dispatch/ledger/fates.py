"""What became of a chunk's messages: the ledger's work on fates.

A fate is a row for neighbours that share it, and is never changed: what comes later is a row more. What
most have, an answer that is the same for a whole chunk, is one row for a thousand messages.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ants_async.dispatch.campaign import Outcome, OutcomeKind
from ants_async.dispatch.ledger.integrity import checksum
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import Insertion, Work, row, rows, run
from ants_async.models.statuses import Status

_KINDS: Final = {
    MessageState.PLANNED: OutcomeKind.UNSENT,
    MessageState.ACCEPTED: OutcomeKind.ACCEPTED,
    MessageState.REJECTED: OutcomeKind.REJECTED,
    MessageState.FINAL: OutcomeKind.FINAL,
    MessageState.UNRESOLVED: OutcomeKind.UNRESOLVED,
}


class Fate(NamedTuple):
    """How far a message has come, and what is known of it.

    `message_id`: where it is not ours. `bulk_id`: None for the chunk's, "" for none. `status`: its key.
    Times are in seconds since 1970.
    """

    state: int
    message_id: str | None = None
    bulk_id: str | None = None
    status: int | None = None
    error: str | None = None
    sms_count: int | None = None
    price: str | None = None
    currency: str | None = None
    sent_at: float | None = None
    done_at: float | None = None
    deduplicated: int = 0
    network: str | None = None


PLANNED: Final = Fate(int(MessageState.PLANNED))
_COLUMNS: Final = ("chunk", "first", "last", "was", *Fate._fields)
_FATE: Final = ", ".join(Fate._fields)
_OF_CHUNK: Final = f"SELECT first, last, {_FATE} FROM fate WHERE chunk = ? ORDER BY state, first"  # noqa: S608
_OF_PLACE: Final = (
    f"SELECT last, {_FATE} FROM fate WHERE chunk = ? AND state = ? AND first <= ?"  # noqa: S608
    " ORDER BY first DESC LIMIT 1"
)
SEALED: Final = f"SELECT {', '.join(_COLUMNS)}, seal FROM fate WHERE chunk = ? ORDER BY state, first"  # noqa: S608


def fates(chunk: int, size: int) -> Work[list[Fate]]:
    """The newest of each of a chunk's messages, by place; later states stand after earlier ones."""
    newest = [PLANNED] * size
    for first, last, *values in (yield from rows(_OF_CHUNK, chunk)):
        if not 0 <= first <= last < size:
            raise ValueError(f"messages {first} to {last} of {size}")
        newest[first : last + 1] = [Fate._make(values)] * (last - first + 1)
    return newest


def fate_of(chunk: int, place: int) -> Work[Fate]:
    """The newest of one message: a pushed report is about one of hundreds."""
    for state in sorted(set(_KINDS) - {MessageState.PLANNED}, reverse=True):
        found = yield from row(_OF_PLACE, chunk, int(state), place)
        if found is not None and found[0] >= place:
            return Fate._make(found[1:])
    return PLANNED


def record(
    chunk: int, newest: list[Fate], changes: Iterable[tuple[int, int, Fate]], *, was: MessageState
) -> Work[None]:
    """Note fates, each from a first place to a last one, of those of them that are in state `was`.

    `newest` is what was known before, and is brought up to date.
    """
    found = []
    for whole, whole_end, fate in changes:
        for first, last in _in_state(newest, whole, whole_end, was):
            found.append((chunk, first, last, int(was), *fate))
            newest[first : last + 1] = [fate] * (last - first + 1)
    yield from _insert(found)


def note(chunk: int, place: int, fate: Fate, *, was: MessageState) -> Work[None]:
    """The fate of one message, which is known to be in state `was`."""
    yield from _insert([(chunk, place, place, int(was), *fate)])


def renumber(chunk: int, places: Mapping[int, int]) -> Work[None]:
    """Put fates to the places that their messages have now: neighbours stay neighbours, and move up."""
    for _, first, last, *values, _ in (yield from rows(SEALED, chunk)):
        moved = (chunk, places[first], places[last], *values)
        if moved[1] != first:
            yield from run(
                "UPDATE fate SET first = ?, last = ?, seal = ? WHERE chunk = ? AND state = ? AND first = ?",
                *(moved[1], moved[2], checksum(*moved), chunk, values[1], first),
            )


def _insert(found: Collection[tuple[Any, ...]]) -> Work[None]:
    if found:
        yield Insertion("fate", (*_COLUMNS, "seal"), [(*one, checksum(*one)) for one in found])


def _in_state(newest: Sequence[Fate], first: int, last: int, state: int) -> list[tuple[int, int]]:
    some = newest[first : last + 1]
    if some.count(some[0]) == len(some):  # as mostly
        return [(first, last)] if some[0].state == state else []
    return [(place, place) for place in range(first, last + 1) if newest[place].state == state]


def state_of(newest: Collection[Fate]) -> ChunkState:
    """What a chunk with these fates needs."""
    return ChunkState.of({fate.state for fate in newest})


def reader_of(told: Iterable[Fate]) -> Work["Reader"]:
    """A reader of these fates; their statuses are few. Raises `ValueError` for damage."""
    statuses: dict[int | None, Status | None] = {None: None}
    for key in {fate.status for fate in told}:
        if key is not None:
            found = yield from row(
                "SELECT group_id, group_name, id, name, description FROM status WHERE key = ?", key
            )
            if found is None:
                raise ValueError(f"status {key} is missing")
            statuses[key] = Status(*found)
    return Reader(statuses)


class Reader:
    """From fates back to outcomes."""

    def __init__(self, statuses: Mapping[int | None, Status | None]) -> None:
        self._statuses = statuses
        self._prices: dict[str | None, Decimal | None] = {None: None}

    def outcome(self, fate: Fate, line: int, to: str, message_id: str, bulk_id: str) -> Outcome:
        """`message_id` and `bulk_id` hold where the fate names no others. Raises `ValueError` for damage."""
        state, own_id, own_bulk, status, error, sms_count, price, currency, sent, done, again, network = fate
        if price not in self._prices:
            self._prices[price] = None if price is None else Decimal(price)
        return Outcome(
            _KINDS[MessageState(state)],
            line,
            to,
            own_id or message_id,
            bulk_id if own_bulk is None else own_bulk or None,
            self._statuses[status],
            error,
            sms_count,
            self._prices[price],
            currency,
            _time(sent),
            _time(done),
            bool(again),
            network,
        )


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
