"""Recipients → chunks. Pure: no I/O, no clock, no randomness."""

from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as _quoted

from ants_async.dispatch.campaign import Campaign, Outcome, OutcomeKind, Recipient
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ValidationError

_DESTINATION_BYTES = 80  # {"to":"…","messageId":"…"} with its commas
_MESSAGE_BYTES = 120  # what a message has around its destinations and its text


class Planner:
    """Cuts a stream of recipients into chunks; numbers in `known` were planned by an earlier run.

    `wanted`: those of them whose text the ledger does not keep; it is put in here when they come by.
    `own_bytes`: what each message has of its own beside number and text; then none shares its text.
    `rows` counts what was read; `duplicates` are for the caller to take away.
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
    ) -> None:
        self._campaign = campaign
        self._known = known
        self._wanted = {} if wanted is None else wanted
        self._seen = NumberSet()
        self._chunk_size = chunk_size
        self._max_body = max_body
        self._own_bytes = own_bytes
        self._begin()
        self.rows = 0
        self.duplicates: list[Outcome] = []

    def _begin(self) -> None:
        self._rows: list[int] = []
        self._to: list[str] = []
        self._texts: list[str] = []
        self._room = self._max_body

    def cut(self, recipients: Iterable[Recipient]) -> Iterator[Messages]:
        """Take these in; a chunk comes whenever one is full. The last one waits for more, or for `flush`.

        Raises `ValidationError` when there is no text for a recipient, or a field of it is missing, and
        whatever `recipients` raises.
        """
        is_new, known, some_known = self._seen.add, self._known, bool(self._known)
        for recipient in recipients:
            self.rows += 1
            row, to = recipient.row, recipient.to
            if row is None:
                row = self.rows
            number = int(to)
            if not is_new(number):
                self.duplicates.append(Outcome(OutcomeKind.DUPLICATE, row, to))
                continue
            if some_known and number in known:
                if to in self._wanted:
                    self._wanted[to] = self._text(recipient, row)
                    self._size(self._wanted[to], row)  # refuses what cannot be sent
                continue
            text = recipient.text
            if not text or text.isspace():
                text = self._text(recipient, row)
            size = self._size(text, row)
            if size > self._room and self._to:
                yield self._cut()
                size = self._size(text, row)
            self._room -= size
            self._rows.append(row)
            self._to.append(to)
            self._texts.append(text)
            if len(self._to) == self._chunk_size:
                yield self._cut()

    def flush(self) -> Messages | None:
        """What is left at the end of the source."""
        return self._cut() if self._to else None

    def _cut(self) -> Messages:
        chunk = Messages.planned(self._campaign.id, self._rows, self._to, self._texts)
        self._begin()
        return chunk

    def _size(self, text: str, row: int) -> int:
        """Bytes it adds to the body; who has the text of the one before shares a message with it."""
        if self._texts and self._texts[-1] == text and not self._own_bytes:
            return _DESTINATION_BYTES
        quoted = _quoted(text)
        try:
            size = len(quoted) if quoted.isascii() else len(quoted.encode())
        except UnicodeEncodeError:
            rule = f"row {row}: holds half a character, which cannot be sent"
            raise ValidationError("text", text, rule) from None
        return _DESTINATION_BYTES + _MESSAGE_BYTES + self._own_bytes + size

    def _text(self, recipient: Recipient, row: int) -> str:
        text = recipient.text
        if text is None and self._campaign.template is not None:
            text = self._campaign.template.render(recipient.fields)
        if text is None or not text.strip():
            raise ValidationError(
                "text", text, f"row {row}: every recipient needs a text, or the campaign one"
            )
        return text
