"""Chunks on disk: begun, loaded, divided. The ledger's work on them."""

import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import attrs

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger.fates import fates, renumber
from ants_async.dispatch.ledger.integrity import checksum
from ants_async.dispatch.ledger.protocol import Chunk, OpenCampaign
from ants_async.dispatch.ledger.schema import ChunkState, MessageState
from ants_async.dispatch.ledger.work import LOCKED, Insertion, Work, read_of, row, rows, run
from ants_async.dispatch.messages import Messages, Options
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
    send_at: float | None

    @property
    def size(self) -> int:
        """Messages in it. Raises `ValueError` for damage."""
        size = self.last - self.first + 1
        if not 1 <= size <= _MOST_MESSAGES:
            raise ValueError(f"{size} messages")
        return size


_CHUNK: Final = f"SELECT {', '.join(ChunkRow._fields)} FROM chunk WHERE key = ?"  # noqa: S608


@read_of("a chunk")
def chunk_row(key: int, *, lock: bool = True) -> Work[ChunkRow]:
    """A chunk by its key; with `lock` nobody else changes it until the transaction ends."""
    return ChunkRow._make((yield from row(f"{_CHUNK} {LOCKED}" if lock else _CHUNK, key)))


def campaign_of(key: int) -> Work[int]:
    """The key of a chunk's campaign."""
    return (yield from chunk_row(key, lock=False)).campaign


@read_of("a chunk")
def column(key: int, name: str) -> Work[list[Any]]:
    """One of the columns of a chunk's messages: numbers, rows, texts, options."""
    (values,) = yield from columns(key, name)
    return values


@read_of("a chunk")
def columns(key: int, *names: str) -> Work[list[list[Any]]]:
    """Several of them; options are empty where no message has any."""
    found = yield from row(f"SELECT {', '.join(names)} FROM planned WHERE chunk = ?", key)  # noqa: S608
    return [[] if values is None else json.loads(values.encode()) for values in found]


def begin(
    campaign: OpenCampaign, several: Sequence[Messages], attempted_at: float | None
) -> Work[list[Chunk]]:
    """New chunks and their messages. `attempted_at`: None where no request leaves now."""
    common, keeps = _common_text(campaign.campaign), campaign.stores_texts
    texts = [
        [None if text == common else text if keeps else _NOT_STORED for text in messages.texts]
        for messages in several
    ]
    yield from run(_ONE_BEGINS, campaign.key)
    (last,) = yield from row("SELECT coalesce(max(last), 0) FROM chunk")
    due = campaign.campaign.send_at
    times = {"attempted_at": attempted_at, "send_at": None if due is None else due.timestamp()}
    return (yield from _add(campaign.key, last + 1, several, texts, **times))


_ONE_BEGINS: Final = f"SELECT key FROM campaign WHERE key = ? {LOCKED}"  # noqa: S608
"""Of a campaign's chunks at a time: each is numbered from where the one before ends."""


def load(campaign: OpenCampaign, key: int) -> Work[Chunk]:
    """A chunk with its messages that have no answer."""
    found = yield from chunk_row(key, lock=False)
    common = _common_text(campaign.campaign) or ""
    newest = yield from fates(key, found.size)
    numbers, lines, texts, options = yield from columns(key, *_PLANNED)
    messages = Messages.planned(
        campaign.campaign.id,
        lines,
        numbers,
        [common if text is None else text for text in texts],
        [None if own is None else Options(*own) for own in options],
    )
    left = messages.where(lambda one: newest[one.place].state == MessageState.PLANNED)
    return Chunk(key, found.bulk_id, left, found.attempted_at)


def split(chunk: Chunk) -> Work[tuple[Chunk, Chunk]]:
    """Two for one; each has half of the messages given, and what is answered stays where it was sent."""
    found = yield from chunk_row(chunk.key)
    middle = len(chunk.messages) // 2
    head, tail = chunk.messages[:middle], chunk.messages[middle:]
    moved = set(tail.places)
    kept = [place for place in range(found.size) if place not in moved]
    new_places = {place: index for index, place in enumerate(kept)}
    numbers, lines, texts, options = yield from columns(chunk.key, *_PLANNED)
    planned = _written(
        *([values[place] for place in kept] if values else [] for values in (numbers, lines, texts, options))
    )
    yield from run(
        "UPDATE planned SET numbers = ?, rows = ?, texts = ?, options = ? WHERE chunk = ?",
        *(*planned, chunk.key),
    )
    yield from renumber(chunk.key, new_places)
    edge, at = found.first + len(kept), chunk.attempted_at
    yield from run(
        "UPDATE chunk SET last = ?, attempted_at = ?, messages = ? WHERE key = ?",
        *(edge - 1, at, checksum(*planned), chunk.key),
    )
    head = attrs.evolve(head, places=[new_places[place] for place in head.places])
    stored = [texts[place] for place in tail.places]
    tail = attrs.evolve(tail, places=range(len(tail)))
    (other,) = yield from _add(found.campaign, edge, [tail], [stored], attempted_at=at, send_at=found.send_at)
    return attrs.evolve(chunk, messages=head), other


def _common_text(campaign: Campaign) -> str | None:
    """The text of a campaign that says the same to everybody."""
    template = campaign.template
    return None if template is None or template.fields else template.render({})


NEW_KEYS: Final = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    " SELECT i + (SELECT coalesce(max(key), 0) FROM chunk) FROM n"
)
"""So many keys for chunks, upwards. Where others write at the same time a sequence has to give them out."""


def _add(
    campaign: int,
    first: int,
    several: Sequence[Messages],
    texts: Sequence[Sequence[str | None]],
    *,
    attempted_at: float | None,
    send_at: float | None,
) -> Work[list[Chunk]]:
    """Chunks at the end; `texts` as they are stored, `send_at` of messages that have none of their own."""
    keys = yield from rows(NEW_KEYS, len(several))
    planned, written, chunks = [], [], []
    for (key,), messages, stored in zip(keys, several, texts, strict=True):
        bulk_id = new_bulk_id(key)
        options = [None if own is None else (own.sender, own.send_at) for own in messages.options]
        columns = _written(messages.to, messages.rows, stored, options)
        planned.append((key, *columns))
        last = first + len(messages) - 1
        state = int(ChunkState.UNANSWERED)
        due = max((at for at in (send_at, messages.send_at) if at is not None), default=None)
        written.append((key, campaign, first, last, bulk_id, state, attempted_at, due, checksum(*columns)))
        chunks.append(Chunk(key, bulk_id, messages, attempted_at))
        first = last + 1
    yield Insertion("chunk", _NEW_CHUNK, written)
    yield Insertion("planned", ("chunk", *_PLANNED), planned)
    return chunks


_NEW_CHUNK: Final = (
    *("key", "campaign", "first", "last", "bulk_id", "state", "attempted_at", "send_at", "messages"),
)
_PLANNED: Final = ("numbers", "rows", "texts", "options")


def new_bulk_id(chunk_key: int) -> str:
    """Random, so that a ledger that was lost or put back never reuses one; its end finds the chunk."""
    return f"{secrets.token_hex(8)}-{chunk_key}"


def _written(*columns: Collection[Any]) -> list[str | None]:
    return [json.dumps(column).decode() if column else None for column in columns]
