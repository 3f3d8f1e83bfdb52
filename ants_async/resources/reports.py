"""What became of messages: reports, handed out once, and logs (manual sections 4 and 5)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Final, TypedDict, Unpack
from urllib.parse import quote_plus, urlencode

import attrs

from ants_async.endpoints.table import LOGS, REPORTS
from ants_async.errors import IncompleteResult, ValidationError
from ants_async.models.numbers import parse_number
from ants_async.models.reports import DeliveryReport, LogEntry, LogPage, ReportPage
from ants_async.models.statuses import StatusGroup
from ants_async.transport.transport import Transport
from ants_async.wire.converter import camel, format_time

MAX_LIMIT: Final = 1000
_QUERY: Final = 1900  # characters; with scheme, host and path under the 2,000 that every server takes
_NARROWER: Final = "narrow by bulk id, number or message id"
_ID_RULE: Final = f"an id that is not empty, has no comma and takes at most {_QUERY} characters of a URL"


class LogFilters(TypedDict, total=False):
    """What the logs can be searched by; all that is given has to fit. Times are aware datetimes."""

    sender: str | None
    to: str | None
    bulk_id: str | None
    message_id: str | Iterable[str] | None
    """One or several; of none at all, nothing is found."""
    general_status: StatusGroup | None
    sent_since: datetime | None
    sent_until: datetime | None
    mcc: str | None
    mnc: str | None


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
        return (await self._page(bulk_id=bulk_id, message_id=message_id, limit=_limit(limit))).results

    async def stream(self, *, bulk_id: str | None = None) -> AsyncIterator[DeliveryReport]:
        """All reports that are there now, page by page; raises as `fetch`. Manual section 4.

        What is left of a page when the reader stops is lost to the API: read to the end, or `fetch`.
        """
        is_full = True
        while is_full:
            page = await self._page(bulk_id=bulk_id, limit=_limit(MAX_LIMIT))
            for report in page.results:
                yield report
            is_full = len(page.results) + page.unreadable >= MAX_LIMIT

    async def _page(self, **query: str | None) -> ReportPage:
        page: ReportPage = await self._transport.call(REPORTS, query=_given(**query))
        return page


@attrs.frozen(slots=True)
class Logs:
    """`client.logs`."""

    _transport: Transport

    async def search(self, *, limit: int = 50, **filters: Unpack[LogFilters]) -> tuple[LogEntry, ...]:
        """Messages of the last 48 hours, readable any number of times; one page. Manual section 5.

        `filters`: see `LogFilters`. `limit`: 1 to 1000. Raises `ValidationError`, `ApiError`,
        `TransportError`.
        """
        return (await self.page(limit=limit, **filters)).results

    async def page(self, *, limit: int = 50, **filters: Unpack[LogFilters]) -> LogPage:
        """As `search`, and how many entries of the page could not be read."""
        ids = filters.get("message_id")
        if ids is not None and not isinstance(ids, str):
            filters["message_id"] = ids = tuple(ids)
        query = _query(filters)
        return LogPage(()) if ids == () else await self._page(query, limit)

    async def stream(
        self, *, complete: bool = False, **filters: Unpack[LogFilters]
    ) -> AsyncGenerator[LogEntry]:
        """All messages that the filters let through, page by page, each once. Manual section 5.

        Any number of message ids is asked for in URLs of a length that every server takes. Otherwise the
        pages move along the time of sending. Raises as `search`, and `IncompleteResult` when 1000
        messages or more were sent in one and the same millisecond: ask by `bulk_id`, `to` or `message_id`
        then. With `complete`, for whoever concludes something from what is missing, an entry that cannot be
        read, which else is passed over, raises it as well, after its page; so do pages in another order.
        """
        ids = filters.get("message_id")
        if ids is None or isinstance(ids, str):
            async for entry in self._walk(_query(filters), complete):
                yield entry
            return
        query = _query({**filters, "message_id": None})
        for some in _url_fulls(ids, _QUERY - len(urlencode(query))):
            page = await self._page(query | {"messageId": ",".join(some)}, MAX_LIMIT)
            for entry in page.results:
                yield entry
            if complete:
                _check_whole(page)

    async def _walk(self, query: dict[str, str], complete: bool) -> AsyncIterator[LogEntry]:
        """Page after page along the time of sending, in whichever order the API has them."""
        seen: frozenset[str] = frozenset()
        while True:
            page = await self._page(query, MAX_LIMIT)
            new = [entry for entry in page.results if entry.message_id not in seen]
            for entry in new:
                yield entry
            if complete:
                _check_whole(page)
            if len(page.results) + page.unreadable < MAX_LIMIT:
                return
            times = [entry.sent_at for entry in page.results if entry.sent_at is not None]
            if not new or not times or times[0] == times[-1]:
                raise IncompleteResult(f"{MAX_LIMIT} messages or more at one time; {_NARROWER}")
            if complete and sorted(times) not in (times, times[::-1]):
                raise IncompleteResult(f"the logs are not in the order of time; {_NARROWER}")
            edge = times[-1]  # the next page begins where this one ends, and shows that moment again
            query = query | {"sentSince" if times[0] < edge else "sentUntil": format_time(edge)}
            seen = frozenset(entry.message_id for entry in page.results)

    async def _page(self, query: dict[str, str], limit: int) -> LogPage:
        page: LogPage = await self._transport.call(LOGS, query=query | {"limit": _limit(limit)})
        return page


def _check_whole(page: LogPage) -> None:
    if page.unreadable:
        raise IncompleteResult(f"{page.unreadable} entries of the logs cannot be read")


def _query(filters: LogFilters) -> dict[str, str]:
    ids = filters.get("message_id")
    to = filters.get("to")
    group = filters.get("general_status")
    return _given(
        sender=filters.get("sender"),
        to=None if to is None else parse_number(to),
        bulk_id=filters.get("bulk_id"),
        message_id=ids if ids is None or isinstance(ids, str) else ",".join(map(_id, ids)) or None,
        general_status=None if group is None else group.name,
        sent_since=_moment("sent_since", filters.get("sent_since")),
        sent_until=_moment("sent_until", filters.get("sent_until")),
        mcc=filters.get("mcc"),
        mnc=filters.get("mnc"),
    )


def _url_fulls(ids: Iterable[str], room: int) -> Iterator[list[str]]:
    some: list[str] = []
    length = 0
    for one in dict.fromkeys(map(_id, ids)):
        adds = len(quote_plus(one)) + 1
        if some and (length + adds > room or len(some) == MAX_LIMIT):
            yield some
            some, length = [], 0
        some.append(one)
        length += adds
    if some:
        yield some


def _id(value: str) -> str:
    """One of several ids, between commas."""
    if not isinstance(value, str) or not can_be_one_of_several(value):
        shown = value if not isinstance(value, str) else f"{value[:100]}..." if value[100:] else value
        raise ValidationError("message_id", shown, _ID_RULE)
    return value


def can_be_one_of_several(message_id: str) -> bool:
    """Whether the logs can be asked for this id beside others: ids that a server makes may be anything."""
    return message_id != "" and "," not in message_id and can_be_asked_for(message_id)


def can_be_asked_for(message_or_bulk_id: str) -> bool:
    """Whether an id has room in a URL that every server takes."""
    try:
        return len(quote_plus(message_or_bulk_id)) <= _QUERY
    except UnicodeEncodeError:  # half a character
        return False


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
    """What is asked for, as the API spells it. An empty filter would let everything through."""
    for field, value in query.items():
        if value == "":
            raise ValidationError(field, value, "must not be empty; leave it out to ask for all")
    return {camel(field): value for field, value in query.items() if value is not None}
