"""Messages: what a request asks for, what was accepted of it, and what a report says of that."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from ants_async.models.statuses import STATUSES, Status
from ants_async.simulator.delivery import EXPIRED, NO_ERROR, Fate

_ACCEPTED, _ENROUTE, _WAITING = STATUSES[26], STATUSES[7], STATUSES[3]
_WITH_THE_OPERATOR: Final = 0.3
"""The share of its way after which a message waits for the operator's word."""


@attrs.frozen(slots=True, kw_only=True)
class Submission:
    """One content to one number. `send_at`: seconds since the epoch; `validity`: minutes; `size`: bytes."""

    to: str
    text: str
    parts: int = 1
    size: int | None = None
    valid_udh: bool = True
    sender: str | None = None
    message_id: str | None = None
    callback_data: str | None = None
    validity: int | None = None
    send_at: float | None = None
    notify_url: str | None = None
    notify_type: str = "application/json"
    intermediate: bool = False


@attrs.define(slots=True, eq=False)
class Message:
    """A message that was accepted; what it has come to follows from its fate and the time."""

    message_id: str
    bulk_id: str
    asked: Submission
    received_at: float
    starts_at: float
    done_at: float
    sent_at: float
    fate: Fate
    mcc_mnc: str
    reported: bool = False

    @property
    def to(self) -> str:
        """The number."""
        return self.asked.to

    @property
    def with_operator_at(self) -> float:
        """When it waits for the operator's word."""
        return self.starts_at + _WITH_THE_OPERATOR * (self.done_at - self.starts_at)

    def status(self, now: float) -> Status:
        """Scheduled, on its way, waiting for the operator's word, and what that is."""
        if now >= self.done_at:
            return self.fate.status
        if now < self.starts_at:
            return _ACCEPTED
        return _ENROUTE if now < self.with_operator_at else _WAITING


@attrs.frozen(slots=True, kw_only=True)
class Sent:
    """A message that was accepted, as whoever looks at the simulator sees it. `status`: its name now."""

    message_id: str
    bulk_id: str
    to: str
    sender: str | None
    text: str
    parts: int
    status: str


def sent(message: Message, now: float) -> Sent:
    """A message, and what has become of it."""
    asked = message.asked
    return Sent(
        message_id=message.message_id,
        bulk_id=message.bulk_id,
        to=asked.to,
        sender=asked.sender,
        text=asked.text,
        parts=asked.parts,
        status=message.status(now).name,
    )


def in_milliseconds(seconds: float) -> float:
    """As entries say it."""
    return round(seconds * 1e6) // 1000 / 1000


def timed(starts_at: float, takes: float, validity: int | None, fate: Fate) -> tuple[float, Fate]:
    """When a message comes to its end, and to which: its validity period may be over before."""
    if validity is not None and takes > validity * 60:
        return starts_at + validity * 60, EXPIRED
    return starts_at + takes, fate


def status_body(status: Status) -> dict[str, Any]:
    """A status as the API writes it."""
    return {
        "groupId": status.group_id,
        "groupName": status.group_name,
        "id": status.id,
        "name": status.name,
        "description": status.description,
    }


def format_epoch(seconds: float) -> str:
    """`yyyy-MM-dd'T'HH:mm:ss.SSS+0000`, as reports have it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def report_body(message: Message, now: float, price: Decimal, currency: str) -> dict[str, Any]:
    """A report as the API writes it."""
    done = now >= message.done_at
    body: dict[str, Any] = {
        "bulkId": message.bulk_id,
        "messageId": message.message_id,
        "to": message.to,
        "sentAt": format_epoch(message.sent_at),
        "doneAt": format_epoch(max(message.done_at, message.sent_at) if done else message.sent_at),
        "smsCount": message.asked.parts,
        "mccMnc": message.mcc_mnc,
        "price": {"pricePerMessage": float(price), "currency": currency},
        "status": status_body(message.status(now)),
        "error": message.fate.error if done else NO_ERROR,
    }
    if message.asked.callback_data is not None:
        body["callbackData"] = message.asked.callback_data
    return body


def log_body(message: Message, now: float, price: Decimal, currency: str) -> dict[str, Any]:
    """A log entry as the API writes it."""
    body = report_body(message, now, price, currency)
    body["mccmnc"] = body.pop("mccMnc")
    return {**body, "from": message.asked.sender or "", "text": message.asked.text}
