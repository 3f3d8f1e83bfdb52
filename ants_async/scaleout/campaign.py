"""A campaign that workers send, from outside."""

from collections.abc import Collection
from typing import Final

import anyio

from ants_async.dispatch.campaign import CampaignState, CampaignSummary
from ants_async.dispatch.ledger import suppressed
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.postgres import PostgresLedger, perform
from ants_async.dispatch.suppression import SuppressionList
from ants_async.errors import LedgerError, ValidationError
from ants_async.scaleout import control
from ants_async.scaleout.outcomes import Cursor, OutcomeStream
from ants_async.scaleout.queue import Queue

_BEGUN: Final = (CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.INTERRUPTED)


async def wake_all(ledger: PostgresLedger, queue: Queue, key: int) -> None:
    """Have it looked at at once what nobody is at work on, and what was left to a person."""
    await ledger.within(lambda connection: control.try_again(connection, key))

    async def wake(connection: Connection) -> int:
        return await control.wake(connection, queue, grace=0.0, campaign=key)

    while await ledger.within(wake) == control.WOKEN_AT_ONCE:
        pass


class SharedCampaign:
    """Its state and its outcomes.

    Methods but `requests` raise `LedgerError` when there is none; all do when the database is away.
    """

    def __init__(self, ledger: PostgresLedger, queue: Queue, campaign_id: str) -> None:
        self.id = campaign_id
        self._ledger = ledger
        self._queue = queue

    def __repr__(self) -> str:
        return f"SharedCampaign({self.id!r})"

    async def key(self) -> int:
        """Its place in the ledger."""
        return await self._ledger.campaign_key(self.id)

    async def summary(self) -> CampaignSummary:
        """Its counts now."""
        found = await self._ledger.summary(self.id)
        if found is None:
            raise LedgerError(f"campaign {self.id!r} is not in {self._ledger!r}")
        return found

    async def pause(self, reason: str = "paused by hand") -> None:
        """Begin no more chunks. What has begun comes to its end, and reports are still asked for."""
        await self._change(CampaignState.PAUSED, reason, _BEGUN)

    async def cancel(self, reason: str = "cancelled by hand") -> None:
        """As `pause`, for good: what is not sent by now never will be."""
        await self._change(CampaignState.CANCELLED, reason, _BEGUN)

    async def resume(self) -> None:
        """Go on after a pause."""
        key = await self._change(CampaignState.RUNNING, None, _BEGUN)
        await wake_all(self._ledger, self._queue, key)
        await self._ledger.within(lambda connection: control.finish(connection, key))

    async def suppress(self, numbers: Collection[str]) -> None:
        """Text these no more in it, also while workers send it: who is not sent to by now is `REJECTED`.

        A request that is under way is not called back. Raises `ValidationError` for what is no number.
        """
        more, key = SuppressionList.of(numbers), await self.key()

        async def do(connection: Connection) -> None:
            if not await control.locked(connection, key):
                rule = "one of workers; a run is given a list where it runs"
                raise ValidationError("campaign", self.id, rule)
            await perform(connection, suppressed.suppress(key, more))

        await self._ledger.within(do)

    async def _change(self, state: CampaignState, reason: str | None, of: tuple[CampaignState, ...]) -> int:
        key = await self.key()
        if not await self._ledger.within(
            lambda connection: control.set_state(connection, key, state, reason=reason, of=of)
        ):
            now = (await self.summary()).state
            rule = f"one of workers that has not ended; it is {now}"
            raise ValidationError("campaign", self.id, rule)
        return key

    async def requests(self) -> int:
        """How many its list makes, as far as it was read; 0 where there is no such campaign yet."""

        async def count(connection: Connection) -> int:
            cursor = await connection.execute(
                "SELECT count(*) FROM chunk JOIN campaign ON campaign.key = chunk.campaign WHERE id = %s",
                (self.id,),
            )
            return int((await cursor.fetchone() or (0,))[0])

        return await self._ledger.within(count)

    def outcomes(
        self,
        *,
        after: str | Cursor | None = None,
        consumer: str | None = None,
        poll: float = 0.5,
        follow: bool = True,
    ) -> OutcomeStream:
        """Outcomes from a place on, or from where this consumer left off; `poll`: seconds between looks.

        Without `follow` those that are there now.
        """
        return OutcomeStream(self._ledger, self.id, after=after, consumer=consumer, poll=poll, follow=follow)

    async def finished(self, *, poll: float = 1.0) -> CampaignSummary:
        """Wait for its end: everybody had the last word, or it was cancelled."""
        while True:
            summary = await self.summary()
            if summary.state in {CampaignState.FINISHED, CampaignState.CANCELLED}:
                return summary
            await anyio.sleep(poll)
