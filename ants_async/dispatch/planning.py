"""Recipients → chunks with message ids. Pure: no I/O, no clock, no randomness."""

from hashlib import blake2b

import attrs

from ants_async.dispatch.campaign import Campaign, Outcome, OutcomeKind, Recipient
from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ValidationError
from ants_async.wire import json

_DESTINATION_BYTES = 80  # {"to":"…","messageId":"…"} with its commas
_MESSAGE_BYTES = 120  # what a message has around its destinations and its text


def message_id(campaign_id: str, to: str) -> str:
    """32 hex digits that follow from campaign and recipient alone.

    Never from a position or a counter: with the ledger gone and the list shuffled, a second run finds
    its own ids taken instead of texting again.
    """
    return blake2b(f"{campaign_id}|{to}".encode(), digest_size=16).hexdigest()


def _bytes_of(text: str, row: int) -> int:
    try:
        return len(json.dumps(text))
    except ValueError:
        raise ValidationError(
            "text", text, f"row {row}: holds half a character, which cannot be sent"
        ) from None


@attrs.define(slots=True)  # not frozen: made by the million, at half the price
class Message:
    """A message that no answer has been recorded for. `key` is its place in the ledger, 0 before it has one.

    `text` is empty where the ledger keeps none (`store_texts=False`): the list has to bring it again.
    """

    row: int
    to: str
    text: str
    message_id: str
    key: int = 0


class Planner:
    """Cuts a stream of recipients into chunks; numbers in `known` were planned by an earlier run.

    `wanted`: those of them whose text the ledger does not keep; it is put in here when they come by.
    `own_bytes`: what each message has of its own beside number and text; then none shares its text.
    `rows` counts what was pushed; `duplicates` are for the caller to take away.
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
        self._chunk: list[Message] = []
        self._bytes = 0
        self.rows = 0
        self.duplicates: list[Outcome] = []

    def push(self, recipient: Recipient) -> list[Message] | None:
        """Take one more; answers a chunk when this one no longer fits into it.

        Raises `ValidationError` when there is no text for the recipient, or a field of it is missing.
        """
        self.rows += 1
        row = self.rows if recipient.row is None else recipient.row
        number = int(recipient.to)
        if not self._seen.add(number):
            self.duplicates.append(Outcome(OutcomeKind.DUPLICATE, row, recipient.to))
            return None
        if self._known and number in self._known:
            if recipient.to in self._wanted:
                self._wanted[recipient.to] = self._text(recipient, row)
            return None
        text = self._text(recipient, row)
        size = self._size(text, row)
        full = len(self._chunk) >= self._chunk_size or self._bytes + size > self._max_body
        chunk = self.flush() if full else None
        self._bytes += self._size(text, row) if full else size
        self._chunk.append(Message(row, recipient.to, text, message_id(self._campaign.id, recipient.to)))
        return chunk

    def _size(self, text: str, row: int) -> int:
        """Bytes it adds to the body; who has the text of the one before shares a message with it."""
        if self._chunk and self._chunk[-1].text == text and not self._own_bytes:
            return _DESTINATION_BYTES
        return _DESTINATION_BYTES + _MESSAGE_BYTES + self._own_bytes + _bytes_of(text, row)

    def flush(self) -> list[Message] | None:
        """What is left at the end of the source."""
        chunk, self._chunk, self._bytes = self._chunk, [], 0
        return chunk or None

    def _text(self, recipient: Recipient, row: int) -> str:
        text = recipient.text
        if text is None and self._campaign.template is not None:
            text = self._campaign.template.render(recipient.fields)
        if text is None or not text.strip():
            raise ValidationError(
                "text", text, f"row {row}: every recipient needs a text, or the campaign one"
            )
        return text
