"""Sending: what goes out, and the receipt that comes back (manual section 2)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from ants_async.errors import ValidationError
from ants_async.models.senders import check_sender
from ants_async.models.statuses import Status


def _sender(_instance: object, _attribute: object, value: str | None) -> None:
    check_sender(value)


def _numbers(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _messages(value: "Iterable[TextMessage]") -> "tuple[TextMessage, ...]":
    return tuple(value)


def _destinations(value: "Iterable[Destination]") -> "tuple[Destination, ...]":
    return tuple(value)


def _advanced(value: "Iterable[AdvancedMessage]") -> "tuple[AdvancedMessage, ...]":
    return tuple(value)


def _not_empty(_instance: object, attribute: "attrs.Attribute[Any]", value: tuple[object, ...]) -> None:
    if not value:
        raise ValidationError(attribute.name, value, "must not be empty")


def _validity(_instance: object, _attribute: object, value: int | None) -> None:
    if value is not None and not 1 <= value <= 2880:  # noqa: PLR2004 - the manual's 48 hours
        raise ValidationError("validity_period", value, "1 to 2880 minutes")


def _aware(_instance: object, attribute: "attrs.Attribute[Any]", value: datetime | None) -> None:
    if value is not None and value.utcoffset() is None:
        raise ValidationError(attribute.name, value, "a datetime with a time zone")


@attrs.frozen(slots=True, kw_only=True)
class TextMessage:
    """One text to one or many numbers; the endpoint gives out the message ids."""

    to: tuple[str, ...] = attrs.field(converter=_numbers, validator=_not_empty)
    text: str
    sender: str | None = attrs.field(default=None, validator=_sender)


@attrs.frozen(slots=True, kw_only=True)
class MultiRequest:
    """Several messages in one request."""

    messages: tuple[TextMessage, ...] = attrs.field(converter=_messages, validator=_not_empty)


@attrs.frozen(slots=True)
class Destination:
    """A number, and the message id of our own choosing that makes a repeat harmless."""

    to: str
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
    """One text to many destinations, with everything the manual offers. `validity_period` in minutes."""

    destinations: tuple[Destination, ...] = attrs.field(converter=_destinations, validator=_not_empty)
    text: str
    sender: str | None = attrs.field(default=None, validator=_sender)
    flash: bool | None = None
    language: Language | None = None
    transliteration: str | None = None
    intermediate_report: bool | None = None
    notify_url: str | None = None
    notify_content_type: str | None = None
    callback_data: str | None = None
    validity_period: int | None = attrs.field(default=None, validator=_validity)
    send_at: datetime | None = attrs.field(default=None, validator=_aware)


@attrs.frozen(slots=True, kw_only=True)
class AdvancedRequest:
    """A request to the advanced endpoint."""

    messages: tuple[AdvancedMessage, ...] = attrs.field(converter=_advanced, validator=_not_empty)
    bulk_id: str | None = None
    tracking: Tracking | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether every destination has an id, so that a repeat can do nothing twice."""
        return all(to.message_id for message in self.messages for to in message.destinations)


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
