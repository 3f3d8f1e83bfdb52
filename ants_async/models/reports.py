"""Delivery reports, logs and balance (manual sections 4, 5 and 6.5)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs

from ants_async.models.delivery_errors import DeliveryError as DeliveryError  # noqa: PLC0414 - a name of here
from ants_async.models.statuses import Status


@attrs.frozen(slots=True)
class Price:
    """Price of one part; `currency` is `THB` or `CREDIT`."""

    price_per_message: Decimal | None = None
    currency: str | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True, kw_only=True)
class DeliveryReport:
    """What became of a message. Times are aware datetimes."""

    message_id: str
    status: Status
    to: str | None = None
    bulk_id: str | None = None
    sender: str | None = None
    sent_at: datetime | None = None
    done_at: datetime | None = None
    sms_count: int | None = None
    mcc_mnc: str | None = None
    price: Price | None = None
    callback_data: str | None = None
    error: DeliveryError | None = None
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)


@attrs.frozen(slots=True, kw_only=True)
class LogEntry(DeliveryReport):
    """A message in the logs: a report that can be read again, with its text."""

    text: str | None = attrs.field(default=None, repr=False)  # it may hold a PIN


@attrs.frozen(slots=True)
class ReportPage:
    """Answer of `GET /sms/1/reports`. `unreadable`: reports it held that could not be read."""

    results: tuple[DeliveryReport, ...]
    unreadable: int = attrs.field(default=0, eq=False)


@attrs.frozen(slots=True)
class LogPage:
    """Answer of `GET /sms/1/logs`. `unreadable`: entries it held that could not be read."""

    results: tuple[LogEntry, ...]
    unreadable: int = attrs.field(default=0, eq=False)


@attrs.frozen(slots=True)
class Balance:
    """Credit left on the account."""

    balance: Decimal
    currency: str
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
