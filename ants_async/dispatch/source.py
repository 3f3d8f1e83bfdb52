"""Where recipients come from: any iterable, read lazily."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable
from itertools import chain, islice
from typing import Final, TypeAlias

from ants_async.dispatch.campaign import Recipient

Recipients: TypeAlias = Iterable[Recipient] | AsyncIterable[Recipient]
ROWS_A_TURN: Final = 1000


async def batches(recipients: Recipients) -> AsyncIterator[Iterable[Recipient]]:
    """One by one as they come, or so many a turn where nobody has to wait for them."""
    if isinstance(recipients, AsyncIterable):
        async for recipient in recipients:
            yield (recipient,)
    else:
        rows = iter(recipients)
        for recipient in rows:
            yield chain((recipient,), islice(rows, ROWS_A_TURN - 1))
