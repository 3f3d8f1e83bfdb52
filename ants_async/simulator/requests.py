"""The requests of manual sections 2, 4 and 5, read into what the account understands."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ants_async.errors import ValidationError
from ants_async.simulator.reading import Fields, bad, epoch
from ants_async.simulator.state import LogQuery, Submission
from ants_async.text import count_parts

_MAX_VALIDITY: Final = 2880
_MAX_LIMIT: Final = 1000
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2}(?: ?[0-9A-Fa-f]{2})*")
_UDH: Final = 64
_BYTES_SINGLE, _BYTES_PART = 140, 134
_CONTENT_TYPES: Final = (None, "application/json", "application/xml")


def single(body: Any, *, binary: bool) -> tuple[None, list[Submission]]:
    """One content to one or many."""
    return None, list(_simple(Fields(body), binary=binary))


def multi(body: Any, *, binary: bool) -> tuple[None, list[Submission]]:
    """Several contents, each to one or many."""
    messages = Fields(body).each("messages")
    return None, [one for message in messages for one in _simple(message, binary=binary)]


def advanced(body: Any, *, binary: bool) -> tuple[str | None, list[Submission]]:
    """Several contents with ids and options of the sender's own."""
    fields = Fields(body)
    tracking = fields.inner("tracking")
    if tracking is not None and tracking.needed("track") not in {"SMS", "URL"}:
        raise bad("tracking.track", "must be SMS or URL")
    messages = fields.each("messages")
    return fields.text("bulkId"), [one for message in messages for one in _advanced(message, binary=binary)]


def _simple(message: Fields, *, binary: bool) -> Iterator[Submission]:
    content = _content(message, binary=binary)
    sender = message.sender("from")
    to = message.any("to")
    numbers = to if isinstance(to, list) else [to]
    if not all(number is None or isinstance(number, str) for number in numbers):
        raise bad(message.path("to"), "must be a string or a list of strings")
    for number in numbers or [None]:
        yield Submission(to=number or "", sender=sender, **content)


def _advanced(message: Fields, *, binary: bool) -> Iterator[Submission]:
    notify_type = message.text("notifyContentType")
    if notify_type not in _CONTENT_TYPES:
        raise bad(message.path("notifyContentType"), "must be application/json or application/xml")
    message.flag("flash")
    options: dict[str, Any] = {
        **_content(message, binary=binary),
        "sender": message.sender("from"),
        "callback_data": message.text("callbackData", most=4000),
        "validity": message.whole("validityPeriod", 1, _MAX_VALIDITY),
        "send_at": message.moment("sendAt"),
        "notify_url": message.text("notifyUrl"),
        "notify_type": notify_type or "application/json",
        "intermediate": bool(message.flag("intermediateReport")),
    }
    for destination in message.each("destinations"):
        yield Submission(
            to=destination.text("to") or "", message_id=destination.text("messageId") or None, **options
        )


def _content(message: Fields, *, binary: bool) -> dict[str, Any]:
    """The text, and how many parts it takes."""
    if binary:
        return _binary(message)
    text = message.needed("text")
    language = message.inner("language")
    message.text("transliteration")
    return {"text": text, "parts": parts_of(text, language)}


def parts_of(text: str, language: Fields | None) -> int:
    """Parts of a text, with the national tables asked for."""
    if language is None:
        return count_parts(text)
    try:
        return count_parts(
            text,
            language_code=language.needed("languageCode"),
            single_shift=language.flag("singleShift"),
            locking_shift=language.flag("lockingShift"),
        )
    except ValidationError as error:
        raise bad(language.path("languageCode"), error.rule) from None


def _binary(message: Fields) -> dict[str, Any]:
    binary = message.inner("binary")
    if binary is None:
        raise bad(message.path("binary"), "may not be null")
    digits = binary.needed("hex")
    if not _HEX.fullmatch(digits):
        raise bad(binary.path("hex"), "two hexadecimal digits a byte, separated by spaces")
    binary.whole("dataCoding", 0, 255)
    content = bytes.fromhex(digits)
    length = len(content)
    parts = 1 if length <= _BYTES_SINGLE else -(-length // _BYTES_PART)
    udh = (binary.whole("esmClass", 0, 255) or 0) & _UDH
    return {"text": digits, "parts": parts, "size": length, "valid_udh": not udh or content[0] < length}


def limit(query: Mapping[str, str]) -> int:
    """`limit`: 50 when it is not given, 1000 at most."""
    value = query.get("limit", "50")
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) >= 1):  # noqa: PLR2004
        raise bad("limit", "must be a positive number")
    return min(int(value), _MAX_LIMIT)


def message_ids(query: Mapping[str, str]) -> tuple[str, ...] | None:
    """One id or several, separated by commas."""
    value = query.get("messageId")
    return None if value is None else tuple(dict.fromkeys(filter(None, value.split(","))))


def log_query(query: Mapping[str, str]) -> LogQuery:
    """The filters of the logs."""
    return LogQuery(
        sender=query.get("from"),
        to=query.get("to"),
        bulk_id=query.get("bulkId"),
        message_ids=message_ids(query),
        general_status=query.get("generalStatus"),
        since=_epoch(query, "sentSince"),
        until=_epoch(query, "sentUntil"),
        limit=limit(query),
        mcc=query.get("mcc"),
        mnc=query.get("mnc"),
    )


def _epoch(query: Mapping[str, str], field: str) -> float | None:
    value = query.get(field)
    return None if value is None else epoch(field, value)
