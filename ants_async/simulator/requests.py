"""Reading requests the way the API does: what is wrong is named by its path, `messages[3].text`."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from ants_async.simulator.state import LogQuery, Submission
from ants_async.wire import json

_SENDER: Final = re.compile(r"[A-Za-z0-9 ._&-]{1,11}|[0-9]{1,16}")
_MAX_VALIDITY: Final = 2880
_MAX_LIMIT: Final = 1000


class Refusal(Exception):
    """An HTTP refusal with the API's error body."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def bad(path: str, rule: str) -> Refusal:
    """400 in the API's own words."""
    return Refusal(400, "BAD_REQUEST", f"[{path} : {rule}]")


def parse(content: bytes) -> dict[str, Any]:
    """The body of a send."""
    try:
        body = json.loads(content)
    except ValueError:
        raise bad("body", "must be JSON") from None
    if not isinstance(body, dict):
        raise bad("body", "must be an object")
    return body


def single(body: dict[str, Any]) -> tuple[None, list[Submission]]:
    """One text to one or many."""
    return None, list(_simple(body, ""))


def multi(body: dict[str, Any]) -> tuple[None, list[Submission]]:
    """Several texts, each to one or many."""
    return None, [one for path, message in _messages(body) for one in _simple(message, path)]


def advanced(body: dict[str, Any]) -> tuple[str | None, list[Submission]]:
    """Several texts with ids of the sender's own."""
    bulk_id = _string(body, "bulkId", "")
    return bulk_id, [one for path, message in _messages(body) for one in _advanced(message, path)]


def _messages(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise bad("messages", "may not be empty")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise bad(f"messages[{place}]", "must be an object")
        yield f"messages[{place}].", message


def _simple(message: dict[str, Any], path: str) -> Iterator[Submission]:
    sender, text = _sender(message, path), _text(message, path)
    to = message.get("to")
    numbers = to if isinstance(to, list) else [to]
    if not all(number is None or isinstance(number, str) for number in numbers):
        raise bad(f"{path}to", "must be a string or a list of strings")
    for number in numbers or [None]:
        yield Submission(to=number or "", text=text, sender=sender)


def _advanced(message: dict[str, Any], path: str) -> Iterator[Submission]:
    sender, text = _sender(message, path), _text(message, path)
    callback_data = _string(message, "callbackData", path)
    validity = message.get("validityPeriod")
    if validity is not None and not (type(validity) is int and 0 < validity <= _MAX_VALIDITY):
        raise bad(f"{path}validityPeriod", f"must be between 1 and {_MAX_VALIDITY}")
    destinations = message.get("destinations")
    if not isinstance(destinations, list) or not destinations:
        raise bad(f"{path}destinations", "may not be empty")
    for place, destination in enumerate(destinations):
        where = f"{path}destinations[{place}]"
        if not isinstance(destination, dict):
            raise bad(where, "must be an object")
        yield Submission(
            to=_string(destination, "to", f"{where}.") or "",
            text=text,
            sender=sender,
            message_id=_string(destination, "messageId", f"{where}.") or None,
            callback_data=callback_data,
        )


def _sender(message: dict[str, Any], path: str) -> str | None:
    sender = _string(message, "from", path)
    if sender and not _SENDER.fullmatch(sender):
        raise bad(f"{path}from", "at most 11 alphanumeric characters")
    return sender


def _text(message: dict[str, Any], path: str) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise bad(f"{path}text", "may not be null")
    return text


def _string(body: dict[str, Any], field: str, path: str) -> str | None:
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise bad(f"{path}{field}", "must be a string")
    return value


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
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+"))  # a plus that nobody escaped
        return moment.timestamp()
    except (ValueError, OverflowError, OSError):
        raise bad(field, "date format should be yyyy-MM-dd'T'HH:mm:ss.SSSZ") from None
