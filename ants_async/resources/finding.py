"""What arrived of a send that got no clear answer: the logs tell, any number of times (manual section 5).

What is not found may be sent again. So an answer with entries that cannot be read raises `IncompleteResult`:
one of them may be what is sought.
"""

from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Final

import anyio
import attrs

from ants_async.errors import AntsError, IncompleteResult
from ants_async.models.numbers import bare
from ants_async.models.reports import LogEntry
from ants_async.models.sms import SoughtMessage
from ants_async.resources.reports import MAX_LIMIT, Logs

_LOOKERS: Final = 8
_NUMBERS_A_PAGE: Final = 20
"""A page costs the API more than a number does."""


async def find(logs: Logs, messages: Iterable[SoughtMessage], since: float) -> list[LogEntry]:
    """Log entries of these messages, sent at `since` (seconds since the epoch) or later.

    A message with an id is found by it. Another one is an entry with its number, its sender and its text, for
    what somebody else sent to the same number at the same time is another message. An entry's number comes
    in the form in which it was sent, whichever way the logs write it.
    """
    by_sender: dict[str | None, list[SoughtMessage]] = {}
    ids: list[str] = []
    for one in messages:
        if one.message_id:
            ids.append(one.message_id)
        else:
            by_sender.setdefault(one.sender, []).append(one)
    found = [entry async for entry in logs.stream(message_id=ids, complete=True)]
    for sender, some in by_sender.items():
        found += await _by_number(logs, some, sender, datetime.fromtimestamp(since, UTC))
    return [entry if entry.to is None else attrs.evolve(entry, to=bare(entry.to)) for entry in found]


async def _by_number(
    logs: Logs, messages: Sequence[SoughtMessage], sender: str | None, since: datetime
) -> list[LogEntry]:
    """By pages along the time where these are few and can be read, else by one request a number."""
    texts: dict[str, set[str | None]] = {}
    for one in messages:
        texts.setdefault(one.to, set()).add(one.text)

    def ours(entries: Iterable[LogEntry]) -> list[LogEntry]:
        return [entry for entry in entries if _fits(entry, texts.get(bare(entry.to), set()))]

    all_of_them = await _along_the_time(logs, max(1, len(texts) // _NUMBERS_A_PAGE), sender, since)
    if all_of_them is not None:
        return ours(all_of_them)
    found: list[LogEntry] = []
    failures: list[AntsError] = []
    numbers = iter(texts)

    async def look() -> None:
        try:
            for to in numbers:
                of_one = logs.stream(complete=True, sender=sender, to=to, sent_since=since)
                found.extend(ours([one async for one in of_one]))
        except AntsError as error:
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(_LOOKERS):
            group.start_soon(look)
    if failures:
        raise failures[0]
    return found


async def _along_the_time(
    logs: Logs, pages: int, sender: str | None, since: datetime
) -> list[LogEntry] | None:
    """All that was sent since then; None where that is more than so many pages, or cannot be read whole."""
    entries: list[LogEntry] = []
    with suppress(IncompleteResult):
        async with aclosing(logs.stream(complete=True, sender=sender, sent_since=since)) as stream:
            async for entry in stream:
                entries.append(entry)
                if len(entries) == pages * MAX_LIMIT:
                    return None
        return entries
    return None


def _fits(entry: LogEntry, texts: set[str | None]) -> bool:
    """Where the logs, or the send, have no text, the number has to do."""
    return bool(texts) and (entry.text is None or None in texts or entry.text in texts)
