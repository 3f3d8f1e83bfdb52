"""What became of messages: reports, handed out once, and logs (manual sections 4 and 5)."""

from collections.abc import Iterable
from datetime import datetime

import attrs

from ants_async.endpoints import LOGS, REPORTS
from ants_async.errors import ValidationError
from ants_async.models.reports import DeliveryReport, LogEntry
from ants_async.models.statuses import StatusGroup
from ants_async.transport.transport import Transport
from ants_async.wire.converter import format_time

MAX_LIMIT = 1000


def _limit(limit: int) -> str:
    if not 1 <= limit <= MAX_LIMIT:
        raise ValidationError("limit", limit, f"1 to {MAX_LIMIT}")
    return str(limit)


def _moment(field: str, value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.utcoffset() is None:
        raise ValidationError(field, value, "a datetime with a time zone")
    return format_time(value)


def _given(**query: str | None) -> dict[str, str]:
    return {name.rstrip("_"): value for name, value in query.items() if value is not None}


@attrs.frozen(slots=True)
class Reports:
    """`client.reports`."""

    _transport: Transport

    async def fetch(
        self, *, bulk_id: str | None = None, message_id: str | None = None, limit: int = 50
    ) -> tuple[DeliveryReport, ...]:
        """Reports not handed out before; **each comes once**, so store them first. Manual section 4.

        Without a filter this also takes the reports of other users of the account. `limit`: 1 to 1000.
        Raises `ValidationError`, `ApiError`, `ConnectionFailed`, and `OutcomeUnknown` when no clear answer
        came: the reports it held may have been handed out, and only the logs have them still.
        """
        query = _given(bulkId=bulk_id, messageId=message_id, limit=_limit(limit))
        return (await self._transport.call(REPORTS, query=query)).results


@attrs.frozen(slots=True)
class Logs:
    """`client.logs`."""

    _transport: Transport

    async def search(
        self,
        *,
        sender: str | None = None,
        to: str | None = None,
        bulk_id: str | None = None,
        message_id: str | Iterable[str] | None = None,
        general_status: StatusGroup | None = None,
        sent_since: datetime | None = None,
        sent_until: datetime | None = None,
        limit: int = 50,
        mcc: str | None = None,
        mnc: str | None = None,
    ) -> tuple[LogEntry, ...]:
        """Messages of the last 48 hours, readable any number of times. Manual section 5.

        `message_id`: one or several. Times must have a time zone. `limit`: 1 to 1000.
        Raises `ValidationError`, `ApiError`, `TransportError`.
        """
        ids = message_id if message_id is None or isinstance(message_id, str) else ",".join(message_id)
        query = _given(
            from_=sender,
            to=to,
            bulkId=bulk_id,
            messageId=ids,
            generalStatus=None if general_status is None else general_status.name,
            sentSince=_moment("sent_since", sent_since),
            sentUntil=_moment("sent_until", sent_until),
            limit=_limit(limit),
            mcc=mcc,
            mnc=mnc,
        )
        return (await self._transport.call(LOGS, query=query)).results
