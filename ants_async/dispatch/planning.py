"""Recipients → chunks. Pure: no I/O, no clock, no randomness."""

from collections.abc import Callable, Iterable, Iterator
from itertools import compress, islice, zip_longest
from json.encoder import encode_basestring as _quoted
from math import inf
from operator import attrgetter, ne

from ants_async.dispatch.campaign import Campaign, Outcome, OutcomeKind, Recipient
from ants_async.dispatch.messages import Messages, Options
from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ValidationError

_DESTINATION_BYTES = 80  # {"to":"…","messageId":"…"} with its commas
_MESSAGE_BYTES = 120  # what a message has around its destinations and its text, quotes included
_SENDER, _SEND_AT = attrgetter("sender"), attrgetter("send_at")
_OPTIONS_BYTES = 200  # where it has options of its own, it also stands alone


class Planner:
    """Cuts a stream of recipients into chunks; numbers in `known` were planned by an earlier run.

    `wanted`: those of them whose text the ledger does not keep; it is put in here when they come by.
    `own_bytes`: what each message has of its own beside number and text; then none shares its text.
    `rows` counts what was read; `due`: the latest time that one has for itself, since 1970. `left_out`,
    doubled and suppressed rows, is for the caller to take away.
    """

    def __init__(
        self,
        campaign: Campaign,
        known: NumberSet,
        *,
        chunk_size: int,
        max_body: int,
        own_bytes: int = 0,
        wanted: dict[str, str] | None = None,
        is_suppressed: Callable[[str], bool] | None = None,
    ) -> None:
        self._campaign = campaign
        self._known = known
        self._wanted = {} if wanted is None else wanted
        self._seen = NumberSet()
        self._chunk_size = chunk_size
        self._max_body = max_body
        self._own_bytes = own_bytes
        self._is_suppressed = is_suppressed
        self._begin()
        self.rows = 0
        self.due = 0.0
        self.left_out: list[Outcome] = []

    def _begin(self) -> None:
        self._rows: list[int] = []
        self._to: list[str] = []
        self._texts: list[str] = []
        self._own: list[Options | None] = []  # empty where no message has any
        self._room: float = self._max_body

    def cut(self, recipients: Iterable[Recipient]) -> Iterator[Messages]:
        """Take these in; a chunk comes whenever one is full. The last one waits for more, or for `flush`.

        At most a chunk's worth is taken from the source at a time. Raises `ValidationError` when there is no
        text for a recipient, or a field of it is missing, and whatever `recipients` raises.
        """
        source = iter(recipients)
        while some := list(islice(source, self._chunk_size - len(self._to))):
            try:
                rows = [
                    place if (row := one.row) is None else row
                    for place, one in enumerate(some, self.rows + 1)
                ]
            except AttributeError:
                odd = next(one for one in some if not isinstance(one, Recipient))
                raise ValidationError("recipients", type(odd), "each a Recipient") from None
            self.rows += len(some)
            rows, some = self._without_duplicates(rows, some)
            if self._known:
                rows, some = self._without_known(rows, some)
            if self._is_suppressed is not None:
                stays = [not self._is_suppressed(one.to) for one in some]
                rows, some = self._without(OutcomeKind.SUPPRESSED, rows, some, stays)
            texts = [
                text
                if type(text := one.text) is str and text and not text.isspace()
                else self._text(one, row)
                for row, one in zip(rows, some, strict=True)
            ]
            has_options = any(map(_SENDER, some)) or any(map(_SEND_AT, some))
            options = list(map(self._options, rows, some)) if has_options else []
            yield from self._add(rows, [one.to for one in some], texts, options)

    def _without_duplicates(
        self, rows: list[int], some: list[Recipient]
    ) -> tuple[list[int], list[Recipient]]:
        is_new = self._seen.add_all([int(one.to) for one in some])
        return self._without(OutcomeKind.DUPLICATE, rows, some, is_new)

    def _without(
        self, kind: OutcomeKind, rows: list[int], some: list[Recipient], stays: list[bool]
    ) -> tuple[list[int], list[Recipient]]:
        if all(stays):
            return rows, some
        for row, one, is_in in zip(rows, some, stays, strict=True):
            if not is_in:
                self.left_out.append(Outcome(kind, row, one.to))
        return list(compress(rows, stays)), list(compress(some, stays))

    def _without_known(self, rows: list[int], some: list[Recipient]) -> tuple[list[int], list[Recipient]]:
        is_new = [int(one.to) not in self._known for one in some]
        for row, one in zip(rows, some, strict=True):
            if one.to in self._wanted:
                self._wanted[one.to] = self._text(one, row)
                self._size_of_one(self._wanted[one.to], row)  # refuses what cannot be sent
        return list(compress(rows, is_new)), list(compress(some, is_new))

    def _add(
        self, rows: list[int], to: list[str], texts: list[str], options: list[Options | None]
    ) -> Iterator[Messages]:
        """Into the chunk, and into the next ones where its body would become too large."""
        size = self._size(texts) + len(options) * _OPTIONS_BYTES
        if size <= self._room:
            self._room -= size
            self._append(rows, to, texts, options)
        else:
            for row, number, text, own in zip_longest(rows, to, texts, options):
                yield from self._add_one(row, number, text, own)
        if len(self._to) == self._chunk_size:
            yield self._cut()

    def _add_one(self, row: int, to: str, text: str, own: Options | None) -> Iterator[Messages]:
        size = self._size_of_one(text, row)
        if size > self._room and self._to:
            yield self._cut()
            size = self._size_of_one(text, row)
        self._room -= size + _OPTIONS_BYTES * (own is not None)
        self._append([row], [to], [text], [own] if own else [])

    def _append(
        self, rows: list[int], to: list[str], texts: list[str], options: list[Options | None]
    ) -> None:
        if options or self._own:
            self._own += [None] * (len(self._to) - len(self._own))
            self._own += options or [None] * len(to)
        self._rows += rows
        self._to += to
        self._texts += texts

    def flush(self) -> Messages | None:
        """What is left at the end of the source."""
        return self._cut() if self._to else None

    def _cut(self) -> Messages:
        chunk = Messages.planned(self._campaign.id, self._rows, self._to, self._texts, self._own)
        self._begin()
        return chunk

    def _size(self, texts: list[str]) -> float:
        """Bytes they add to the body, about; without bound where one of them cannot be sent.

        Who has the text of the one before shares a message with it.
        """
        new = texts
        if not self._own_bytes:
            last = self._texts[-1] if self._texts else None
            new = list(compress(texts, map(ne, texts, [last, *texts])))
        try:
            size = len(_quoted("".join(new)).encode()) - len('""')
        except UnicodeEncodeError:
            return inf
        return size + len(new) * (_MESSAGE_BYTES + self._own_bytes) + len(texts) * _DESTINATION_BYTES

    def _size_of_one(self, text: str, row: int) -> float:
        """As `_size`. Raises `ValidationError` for what cannot be sent."""
        size = self._size([text])
        if size == inf:
            rule = f"row {row}: holds half a character, which cannot be sent"
            raise ValidationError("text", text, rule)
        return size

    def _options(self, row: int, recipient: Recipient) -> Options | None:
        sender, send_at = recipient.sender, recipient.send_at
        if sender is None and send_at is None:
            return None
        try:
            self._campaign.check_own(recipient)
        except ValidationError as error:
            raise _in_row(row, error) from None
        if send_at is None:
            return Options(sender)
        self.due = max(self.due, send_at.timestamp())
        return Options(sender, send_at.timestamp())

    def _text(self, recipient: Recipient, row: int) -> str:
        try:
            return self._campaign.text_of(recipient)
        except ValidationError as error:
            raise _in_row(row, error) from None


def _in_row(row: int, error: ValidationError) -> ValidationError:
    return ValidationError(error.field, error.value, f"row {row}: {error.rule}")
