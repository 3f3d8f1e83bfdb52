"""What arrived of a send that got no clear answer: the logs tell, any number of times (manual section 5).

What is not found may be sent again. So an answer with entries that cannot be read raises `IncompleteResult`:
one of them may be what is sought.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import anyio
import attrs

from ants_async.errors import AntsError
from ants_async.models.numbers import bare
from ants_async.models.reports import LogEntry
from ants_async.models.sms import SoughtMessage
from ants_async.resources.reports import MAX_LIMIT, Logs

_LOOKERS: Final = 8


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
    """One request for all where the answer is whole and can be read, else one a number."""
    texts: dict[str, set[str | None]] = {}
    for one in messages:
        texts.setdefault(one.to, set()).add(one.text)

    def ours(entries: Iterable[LogEntry]) -> list[LogEntry]:
        return [entry for entry in entries if _fits(entry, texts.get(bare(entry.to), set()))]

    page = await logs.page(sender=sender, sent_since=since, limit=MAX_LIMIT)
    if not page.unreadable and len(page.results) < MAX_LIMIT:
        return ours(page.results)
    found: list[LogEntry] = []
    failures: list[AntsError] = []
    numbers = iter(texts)

    async def look() -> None:
        try:
            for to in numbers:
                entries = logs.stream(complete=True, sender=sender, to=to, sent_since=since)
                found.extend(ours([one async for one in entries]))
        except AntsError as error:
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(_LOOKERS):
            group.start_soon(look)
    if failures:
        raise failures[0]
    return found


def _fits(entry: LogEntry, texts: set[str | None]) -> bool:
    """Where the logs, or the send, have no text, the number has to do."""
    return bool(texts) and (entry.text is None or None in texts or entry.text in texts)
