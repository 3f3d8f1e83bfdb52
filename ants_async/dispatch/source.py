"""Where recipients come from: any iterable, read lazily."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from itertools import chain, islice
from typing import Final, TypeAlias

from ants_async.dispatch.campaign import Recipient

Recipients: TypeAlias = Iterable[Recipient] | AsyncIterable[Recipient]
ROWS_A_TURN: Final = 1000


def split(recipients: Recipients, count: int) -> tuple[Recipients, Recipients]:
    """The first so many, and then the others, once these were read."""
    if isinstance(recipients, AsyncIterable):
        others = aiter(recipients)
        return _first(others, count), others
    rows = iter(recipients)
    return islice(rows, count), rows


async def _first(recipients: AsyncIterator[Recipient], count: int) -> AsyncIterator[Recipient]:
    with suppress(StopAsyncIteration):
        for _ in range(count):
            yield await anext(recipients)


async def batches(recipients: Recipients) -> AsyncIterator[Iterable[Recipient]]:
    """One by one as they come, or so many a turn where nobody has to wait for them."""
    if isinstance(recipients, AsyncIterable):
        async for recipient in recipients:
            yield (recipient,)
    else:
        rows = iter(recipients)
        for recipient in rows:
            yield chain((recipient,), islice(rows, ROWS_A_TURN - 1))
