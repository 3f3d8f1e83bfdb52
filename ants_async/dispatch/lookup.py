"""Asking the logs what arrived; they can be read any number of times (manual section 5)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from ants_async.client import AntsClient
from ants_async.dispatch.messages import Message
from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import (
    ApiError,
    AuthenticationError,
    IncompleteResult,
    PermissionDenied,
    RequestTimeout,
    ServerError,
    ThrottledError,
)
from ants_async.models.numbers import bare
from ants_async.models.reports import LogEntry
from ants_async.models.sms import SoughtMessage
from ants_async.resources.finding import find
from ants_async.resources.reports import MAX_LIMIT, can_be_one_of_several

LOG_WINDOW: Final = timedelta(hours=48)
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@contextmanager
def _refused_is_no_answer() -> Iterator[None]:
    """What the logs refuse, or what cannot be read of them, says nothing about the messages asked for."""
    try:
        yield
    except (AuthenticationError, PermissionDenied, ThrottledError, ServerError):
        raise
    except ApiError as error:
        raise RequestTimeout(f"the logs refuse to be asked: {error}") from error
    except IncompleteResult as error:
        raise RequestTimeout(f"the logs give no whole answer: {error}") from error


async def know_the_time(client: AntsClient) -> None:
    """Any answer tells the client what time it is where the logs are kept."""
    await client.logs.search(limit=1)


async def by_message_ids(
    client: AntsClient, ids: Sequence[str], *, complete: bool = False
) -> dict[str, LogEntry]:
    """Log entries of these messages, by id. `complete`: what is missing is to be concluded from.

    An id of the server's own that cannot be asked for stays unknown to the logs: reports may still come.
    """
    with _refused_is_no_answer():
        some = filter(can_be_one_of_several, ids)
        entries = client.logs.stream(complete=complete, message_id=some)
        return {entry.message_id: entry async for entry in entries}


async def by_bulk_id(client: AntsClient, bulk_id: str) -> dict[str, LogEntry]:
    """Log entries of the messages of one request, by id; they fit into one page."""
    with _refused_is_no_answer():
        entries = await client.logs.search(bulk_id=bulk_id, limit=MAX_LIMIT)
    return {entry.message_id: entry for entry in entries}


async def by_numbers(
    client: AntsClient, messages: Iterable[Message], sender: str | None, since: float
) -> dict[str, LogEntry]:
    """Log entries of messages that were sent without ids of our own, by number."""
    sought = [SoughtMessage(to=one.to, sender=sender, text=one.text) for one in messages]
    with _refused_is_no_answer():
        return {
            entry.to or "": entry for entry in await find(client.logs, sought, since - client.clock.margin)
        }


async def others_texted(
    client: AntsClient, known: NumberSet, sender: str | None, since: float
) -> NumberSet | None:
    """Numbers that are not known and were texted by this sender; None when the logs do not tell them all.

    A number that should be in the ledger and is not shows that the ledger is an older copy.
    """
    found = NumberSet()
    sent_since = datetime.fromtimestamp(since - client.clock.margin, UTC)
    with _refused_is_no_answer():
        try:
            async for entry in client.logs.stream(complete=True, sender=sender, sent_since=sent_since):
                number = bare(entry.to)
                if _DIGITS.fullmatch(number) and int(number) not in known:
                    found.add(int(number))
        except IncompleteResult:
            return None
    return found
