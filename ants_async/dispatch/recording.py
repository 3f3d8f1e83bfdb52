"""Answers, in the ledger before anybody hears of them."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

import attrs

from ants_async.dispatch.answers import Answer, outcomes
from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, Ledger, OpenCampaign


class Recorder:
    """`emit` takes outcomes, `track` what is to be followed."""

    def __init__(
        self,
        ledger: Ledger,
        campaign: OpenCampaign,
        *,
        emit: Callable[[Iterable[Outcome]], Awaitable[None]],
        track: Callable[[Bulk], None],
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._campaign = campaign
        self._emit = emit
        self._track = track
        self._now = clock

    async def store(self, chunk: Chunk, answers: Sequence[Answer]) -> Chunk:
        """What has no answer yet is left."""
        if not answers:
            return chunk
        bulk = await self._ledger.answered(chunk, answers, self._now())
        if bulk is not None:
            self._track(bulk)
        await self._emit(outcomes(chunk.messages, answers))
        if sum(map(len, answers)) == len(chunk.messages):
            return nothing_of(chunk)
        done = {place for one in answers for place in range(one.first, one.last + 1)}
        return attrs.evolve(chunk, messages=chunk.messages.where(lambda one: one.place not in done))

    async def park(self, chunk: Chunk) -> Chunk:
        """Neither an answer nor the logs will tell any more."""
        reason = "no answer, and too old for the logs: a person must decide"
        parked, bulk = await self._ledger.park(self._campaign, chunk.key, reason, self._now())
        if bulk is not None:
            self._track(bulk)
        await self._emit(parked)
        return nothing_of(chunk)


def nothing_of(chunk: Chunk) -> Chunk:
    """The chunk, when there is nothing left to do for it."""
    return attrs.evolve(chunk, messages=chunk.messages[:0])
