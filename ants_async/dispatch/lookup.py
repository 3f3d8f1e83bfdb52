"""Asking the logs what arrived; they can be read any number of times (manual section 5)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio

from ants_async.client import AntsClient
from ants_async.dispatch.ledger.protocol import Chunk
from ants_async.errors import (
    AntsError,
    ApiError,
    AuthenticationError,
    PermissionDenied,
    RequestTimeout,
    ServerError,
    ThrottledError,
)
from ants_async.models.reports import LogEntry
from ants_async.resources.reports import MAX_LIMIT

CLOCK_MARGIN: Final = timedelta(minutes=15)  # where answers tell no time: between our clock and the server's
_LOOKERS: Final = 8
LOG_WINDOW: Final = timedelta(hours=48)


@contextmanager
def _refused_is_no_answer() -> Iterator[None]:
    """What the logs refuse says nothing about the messages they were asked for."""
    try:
        yield
    except (AuthenticationError, PermissionDenied, ThrottledError, ServerError):
        raise
    except ApiError as error:
        raise RequestTimeout(f"the logs refuse to be asked: {error}") from error


async def know_the_time(client: AntsClient) -> None:
    """Any answer tells the client what time it is where the logs are kept."""
    await client.logs.search(limit=1)


async def by_message_ids(client: AntsClient, ids: Sequence[str]) -> dict[str, LogEntry]:
    """Log entries of these messages, by id."""
    with _refused_is_no_answer():
        return {entry.message_id: entry async for entry in client.logs.stream(message_id=ids)}


async def by_numbers(
    client: AntsClient, chunk: Chunk, sender: str | None, since: float
) -> dict[str, LogEntry]:
    """Log entries of a chunk that was sent without ids of our own, by number."""
    with _refused_is_no_answer():
        return await _by_numbers(client, chunk, sender, since)


async def _by_numbers(
    client: AntsClient, chunk: Chunk, sender: str | None, since: float
) -> dict[str, LogEntry]:
    """One request for all where the answer is whole, else one a number.

    An entry counts when its text is the one sent: what another campaign sent to the same number at the same
    time is another message.
    """
    sent_since = datetime.fromtimestamp(since, UTC) - CLOCK_MARGIN
    texts = {message.to: message.text for message in chunk.messages}

    def ours(entries: Sequence[LogEntry]) -> dict[str, LogEntry]:
        return {
            entry.to: entry
            for entry in entries
            if entry.to in texts and (entry.text is None or entry.text == texts[entry.to])
        }

    entries = await client.logs.search(sender=sender, sent_since=sent_since, limit=MAX_LIMIT)
    if len(entries) < MAX_LIMIT:
        return ours(entries)
    found: dict[str, LogEntry] = {}
    failures: list[AntsError] = []
    numbers = iter(texts)

    async def look() -> None:
        try:
            for to in numbers:
                found.update(ours(await client.logs.search(sender=sender, to=to, sent_since=sent_since)))
        except AntsError as error:
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for _ in range(_LOOKERS):
            group.start_soon(look)
    if failures:
        raise failures[0]
    return found
