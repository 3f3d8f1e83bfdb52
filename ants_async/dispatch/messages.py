"""Messages by column, and their ids."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any, overload

import attrs


def message_ids(campaign_id: str, numbers: Iterable[str]) -> list[str]:
    """32 hex digits each, that follow from campaign and recipient alone.

    Never from a position or a counter: with the ledger gone and the list shuffled, a second run finds
    its own ids taken instead of texting again.
    """
    copy = blake2b(f"{campaign_id}|".encode(), digest_size=16).copy
    ids = []
    for number in numbers:
        digest = copy()
        digest.update(number.encode())
        ids.append(digest.hexdigest())
    return ids


@attrs.frozen(slots=True)
class Options:
    """What a message has of its own, in place of its campaign's. `send_at`: seconds since 1970."""

    sender: str | None = None
    send_at: float | None = None


@attrs.frozen(slots=True)
class Message:
    """One of a chunk; `place` is where it stands in the chunk, counted from 0.

    `text` is empty where the ledger keeps none (`store_texts=False`): the list has to bring it again.
    """

    row: int
    to: str
    text: str
    message_id: str
    place: int


@attrs.frozen(slots=True, eq=False)
class Messages(Sequence[Message]):
    """Messages of one chunk, a column for each field of `Message`.

    They go through the house by the million: as columns they cost a tenth of an object each, and Python's
    garbage collector has nothing to look through. Whoever wants one by itself gets it made. `options` is
    empty where no message has any.
    """

    rows: Sequence[int]
    to: Sequence[str]
    texts: Sequence[str]
    ids: Sequence[str]
    places: Sequence[int]
    options: Sequence[Options | None] = ()

    @classmethod
    def planned(
        cls,
        campaign_id: str,
        rows: Sequence[int],
        to: Sequence[str],
        texts: Sequence[str],
        options: Sequence[Options | None] = (),
    ) -> "Messages":
        """A whole chunk."""
        return cls(rows, to, texts, message_ids(campaign_id, to), range(len(to)), options)

    def __len__(self) -> int:
        return len(self.to)

    def __iter__(self) -> Iterator[Message]:
        return map(Message, self.rows, self.to, self.texts, self.ids, self.places)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> "Messages": ...
    def __getitem__(self, index: "int | slice") -> "Message | Messages":
        if isinstance(index, slice):
            return self._of(itemgetter(index))
        return Message(
            self.rows[index], self.to[index], self.texts[index], self.ids[index], self.places[index]
        )

    def _of(self, some: Callable[[Sequence[Any]], Sequence[Any]]) -> "Messages":
        options = some(self.options) if self.options else ()
        rows, to, texts, ids, places = map(some, (self.rows, self.to, self.texts, self.ids, self.places))
        return Messages(rows, to, texts, ids, places, options)

    @property
    def send_at(self) -> float | None:
        """When the last one of those with a time of their own is to be sent."""
        return max((one.send_at for one in self.options if one and one.send_at is not None), default=None)

    def where(self, is_wanted: Callable[[Message], bool]) -> "Messages":
        """Those for which it holds."""
        chosen = [index for index, message in enumerate(self) if is_wanted(message)]
        if len(chosen) == len(self):
            return self
        return self._of(lambda column: [column[index] for index in chosen])
