"""Asking the logs what arrived; they can be read any number of times (manual section 5)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from ants_async.client import AntsClient
from ants_async.dispatch.ledger.protocol import Chunk
from ants_async.errors import (
    ApiError,
    AuthenticationError,
    PermissionDenied,
    RequestTimeout,
    ServerError,
    ThrottledError,
)
from ants_async.models.reports import LogEntry
from ants_async.models.sms import SoughtMessage
from ants_async.resources.finding import find
from ants_async.transport.clock import MARGIN

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
    sought = [SoughtMessage(to=one.to, sender=sender, text=one.text) for one in chunk.messages]
    with _refused_is_no_answer():
        return {entry.to or "": entry for entry in await find(client.logs, sought, since - MARGIN)}
