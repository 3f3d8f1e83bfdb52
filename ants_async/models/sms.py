"""Sending: what goes out, and the receipt that comes back (manual section 2)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

import attrs

from ants_async.errors import ValidationError
from ants_async.models.checks import (
    is_aware,
    is_needed_text,
    is_not_empty,
    is_one_of,
    is_sender,
    is_within,
    to_numbers,
)
from ants_async.models.numbers import parse_number
from ants_async.models.statuses import Status
from ants_async.text import check_text

MAX_VALIDITY_MINUTES: Final = 2880
UDH: Final = 64
"""`esm_class` of a content that starts with a user data header."""

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2})*)?")
_RUN_OF_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")


def _spaced_hex(value: bytes | str) -> str:
    if isinstance(value, bytes | bytearray):
        return value.hex(" ")
    if isinstance(value, str) and _RUN_OF_HEX.fullmatch(value):
        return " ".join(value[place : place + 2] for place in range(0, len(value), 2))
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValidationError("hex", value, "bytes, or two hex digits a byte as in '0f c2 4a'")
    return value


# One converter a type: mypy reads the type of an attribute's argument from its converter.
def _texts(value: "Iterable[TextMessage]") -> "tuple[TextMessage, ...]":
    return tuple(value)


def _binaries(value: "Iterable[BinaryMessage]") -> "tuple[BinaryMessage, ...]":
    return tuple(value)


def _destinations(value: "Iterable[Destination]") -> "tuple[Destination, ...]":
    return tuple(value)


def _advanced(value: "Iterable[AdvancedMessage]") -> "tuple[AdvancedMessage, ...]":
    return tuple(value)


@attrs.frozen(slots=True)
class Binary:
    """Binary content: `Binary(b"...")`, or its hex form, `"0f c2 4a"`.

    `data_coding`: 8 when the content has Thai or other languages (UCS-2). `esm_class`: 64 (`UDH`) when the
    content starts with a user data header, whose first byte is then the length of the rest.
    Raises `ValidationError`. Manual section 2, binary.
    """

    hex: str = attrs.field(converter=_spaced_hex)
    data_coding: int = attrs.field(default=0, validator=is_within(0, 255))
    esm_class: int = attrs.field(default=0, validator=is_within(0, 255))

    def __attrs_post_init__(self) -> None:
        content = self.content
        if self.esm_class & UDH and (not content or content[0] >= len(content)):
            raise ValidationError(
                "hex", self.hex, "with esm_class 64 it starts with a header: its length, and so many bytes"
            )

    @property
    def content(self) -> bytes:
        """The bytes."""
        return bytes.fromhex(self.hex)


def _binary(value: Binary | bytes | str) -> Binary:
    return value if isinstance(value, Binary) else Binary(value)


def _binary_or_none(value: Binary | bytes | str | None) -> Binary | None:
    return None if value is None else _binary(value)


@attrs.frozen(slots=True, kw_only=True)
class SoughtMessage:
    """What to look for in the logs: a message that may have been accepted; None where anything fits."""

    to: str
    message_id: str | None = None
    sender: str | None = None
    text: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(slots=True, kw_only=True)
class TextMessage:
    """One text to one or many numbers; the endpoint gives out the message ids. Raises `ValidationError`."""

    to: tuple[str, ...] = attrs.field(
        converter=to_numbers, validator=is_not_empty, metadata={"wire": "one or many"}
    )
    text: str = attrs.field(validator=is_needed_text)
    sender: str | None = attrs.field(default=None, validator=is_sender)

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of it."""
        return tuple(SoughtMessage(to=to, sender=self.sender, text=self.text) for to in self.to)


@attrs.frozen(slots=True, kw_only=True)
class BinaryMessage:
    """One binary content to one or many numbers. Raises `ValidationError`."""

    to: tuple[str, ...] = attrs.field(
        converter=to_numbers, validator=is_not_empty, metadata={"wire": "one or many"}
    )
    binary: Binary = attrs.field(converter=_binary)
    sender: str | None = attrs.field(default=None, validator=is_sender)

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of it; how they write the content, the manual does not say."""
        return tuple(SoughtMessage(to=to, sender=self.sender) for to in self.to)


@attrs.frozen(slots=True, kw_only=True)
class MultiRequest:
    """Several texts in one request."""

    messages: tuple[TextMessage, ...] = attrs.field(converter=_texts, validator=is_not_empty)

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of them."""
        return tuple(one for message in self.messages for one in message.sought)


@attrs.frozen(slots=True, kw_only=True)
class BinaryMultiRequest:
    """Several binary messages in one request."""

    messages: tuple[BinaryMessage, ...] = attrs.field(converter=_binaries, validator=is_not_empty)

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of them."""
        return tuple(one for message in self.messages for one in message.sought)


@attrs.frozen(slots=True)
class Destination:
    """A number, and the message id of our own choosing that makes a repeat harmless."""

    to: str = attrs.field(converter=parse_number)
    message_id: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class Language:
    """National language shift tables, e.g. `TR`."""

    language_code: str
    single_shift: bool | None = None
    locking_shift: bool | None = None


@attrs.frozen(slots=True, kw_only=True)
class Tracking:
    """Conversion tracking; `track` is `SMS` or `URL`."""

    track: str
    type: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class AdvancedMessage:
    """One text, or one binary content, to many destinations, with everything the manual offers.

    `validity_period`: minutes, at most 2880. `send_at`: an aware datetime. `notify_content_type`:
    `application/json` or `application/xml`. Raises `ValidationError`. Manual section 2, advanced.
    """

    destinations: tuple[Destination, ...] = attrs.field(converter=_destinations, validator=is_not_empty)
    text: str | None = None
    binary: Binary | None = attrs.field(default=None, converter=_binary_or_none)
    sender: str | None = attrs.field(default=None, validator=is_sender)
    flash: bool | None = None
    language: Language | None = None
    transliteration: str | None = None
    intermediate_report: bool | None = None
    notify_url: str | None = attrs.field(default=None, repr=False)  # it may hold a secret token
    notify_content_type: str | None = attrs.field(
        default=None, validator=is_one_of("application/json", "application/xml")
    )
    callback_data: str | None = None
    validity_period: int | None = attrs.field(
        default=None, validator=is_within(1, MAX_VALIDITY_MINUTES, "minutes")
    )
    send_at: datetime | None = attrs.field(default=None, validator=is_aware)

    def __attrs_post_init__(self) -> None:
        if (self.text is None) is (self.binary is None):
            raise ValidationError("text", self.text, "a message has either a text or a binary content")
        if self.text is None:
            return
        if not isinstance(self.text, str):
            raise ValidationError("text", self.text, "a text")
        language = self.language
        if language is None:
            check_text(self.text)
        else:  # its tables hold characters that would otherwise take twice the room
            check_text(
                self.text,
                language_code=language.language_code,
                single_shift=language.single_shift,
                locking_shift=language.locking_shift,
            )


@attrs.frozen(slots=True, kw_only=True)
class AdvancedRequest:
    """A request to the advanced endpoints: all messages have a text, or all a binary content."""

    messages: tuple[AdvancedMessage, ...] = attrs.field(converter=_advanced, validator=is_not_empty)
    bulk_id: str | None = None
    tracking: Tracking | None = None

    def __attrs_post_init__(self) -> None:
        if any((message.binary is not None) is not self.is_binary for message in self.messages):
            raise ValidationError("messages", len(self.messages), "all texts or all binary, not both")

    @property
    def is_binary(self) -> bool:
        """Whether it belongs to the binary endpoint."""
        return self.messages[0].binary is not None

    @property
    def sought(self) -> tuple[SoughtMessage, ...]:
        """What the logs would show of them."""
        return tuple(
            SoughtMessage(to=one.to, message_id=one.message_id, sender=message.sender, text=message.text)
            for message in self.messages
            for one in message.destinations
        )

    @property
    def is_repeatable(self) -> bool:
        """Whether every destination has an id, so that a repeat can do nothing twice."""
        return all(to.message_id for message in self.messages for to in message.destinations)


@attrs.frozen(slots=True, kw_only=True)
class ReadyRequest:
    """An `AdvancedRequest` of texts, written already: the engine's many at a time.

    Whoever makes it has checked what is in it, and has given every destination, `to`, an id.
    """

    json: bytes = attrs.field(repr=False)
    to: Sequence[str] = attrs.field(repr=False)
    ids: Sequence[str] = attrs.field(repr=False)
    notify_url: str | None = attrs.field(default=None, repr=False)  # it may hold a secret token
    is_repeatable: ClassVar[bool] = True


@attrs.frozen(slots=True)
class MessageReceipt:
    """What the API did with one message."""

    to: str
    status: Status
    sms_count: int | None = None
    message_id: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True)
class SendReceipt:
    """The API's answer to a send. `bulk_id` comes when there was more than one destination."""

    messages: tuple[MessageReceipt, ...]
    bulk_id: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True, eq=False)
class Receipts:
    """A `SendReceipt` by column: what the engine reads by the million, without an object for each."""

    ids: Sequence[str | None]
    to: Sequence[str]
    statuses: Sequence[Status]
    sms_counts: Sequence[int | None]
    bulk_id: str | None

    @classmethod
    def of(cls, receipt: SendReceipt) -> "Receipts":
        """The same, turned."""
        some = receipt.messages
        return cls(
            [one.message_id for one in some],
            [one.to for one in some],
            [one.status for one in some],
            [one.sms_count for one in some],
            receipt.bulk_id,
        )

    def for_all_of(self, request: ReadyRequest) -> "Receipts | None":
        """The same said of all as of the first; None when it is not about the first alone."""
        if (*self.ids, *self.to) != (request.ids[0], request.to[0]):
            return None
        many = len(request.ids)
        return Receipts(
            request.ids, request.to, [*self.statuses] * many, [*self.sms_counts] * many, self.bulk_id
        )

    def rows(self) -> Iterator[tuple[str | None, str, Status, int | None]]:
        """Message by message: id, number, status, parts."""
        return zip(self.ids, self.to, self.statuses, self.sms_counts, strict=True)


@attrs.frozen(slots=True, kw_only=True)
class PreviewRequest:
    """A text to look at before it is sent, with the options it would be sent with."""

    text: str = attrs.field(validator=is_needed_text)
    language_code: str | None = None
    transliteration: str | None = None


@attrs.frozen(slots=True, kw_only=True)
class PreviewConfiguration:
    """The options a preview was made with."""

    language: Language | None = None
    transliteration: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True, kw_only=True)
class Preview:
    """How a text will arrive: parts (`message_count`), and places left in the last one."""

    text_preview: str
    message_count: int
    characters_remaining: int
    configuration: PreviewConfiguration = attrs.field(factory=PreviewConfiguration)
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True, kw_only=True)
class PreviewReceipt:
    """Answer of `POST /sms/1/preview`: one preview an option that was asked for."""

    original_text: str
    previews: tuple[Preview, ...] = ()
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
