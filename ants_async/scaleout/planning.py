"""A list of recipients → chunks in the ledger and their jobs, a few at a time, both in one transaction."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from anyio.lowlevel import checkpoint

from ants_async.dispatch.campaign import CampaignState, CampaignSummary
from ants_async.dispatch.canary import Canary, go_ahead
from ants_async.dispatch.ledger import chunks, queries
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.postgres import SNAPSHOT, PostgresLedger, perform
from ants_async.dispatch.ledger.protocol import OpenCampaign
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.dispatch.source import Recipients, batches
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import CampaignMismatch, CampaignPaused
from ants_async.scaleout.control import finish
from ants_async.scaleout.queue import Queue

_CHUNKS_AT_ONCE: Final = 20


class ListReader:
    """Reads the list of one campaign into the ledger; whom it has already is not planned again."""

    def __init__(
        self,
        ledger: PostgresLedger,
        queue: Queue,
        campaign: OpenCampaign,
        *,
        chunk_size: int,
        max_body: int,
        own_bytes: int,
        is_suppressed: Callable[[str], bool] | None = None,
    ) -> None:
        self._ledger = ledger
        self._queue = queue
        self._campaign = campaign
        self._planner = partial(
            Planner,
            campaign.campaign,
            chunk_size=chunk_size,
            max_body=max_body,
            own_bytes=own_bytes,
            is_suppressed=is_suppressed,
        )
        self._turn = -1
        self._first = True

    async def read(self, recipients: Recipients, canary: Canary | None = None) -> None:
        """To the end of the list. What is in the ledger by then is being sent meanwhile.

        Raises `CanaryFailed` when the first ones do not fare as the canary asks for, and `CampaignPaused`.
        """
        planner = self._planner(await self._ledger.within(self._known))
        if canary is not None:
            recipients = await go_ahead(
                canary,
                recipients,
                planner,
                plan=lambda some: self._plan(planner, some),
                look=self._summary,
                delay=lambda due: self._campaign.campaign.delay(time.time(), due),
            )
        await self._plan(planner, recipients)
        await self._ledger.source_read(self._campaign.key)
        await self._ledger.within(lambda connection: finish(connection, self._campaign.key))

    async def _summary(self) -> CampaignSummary:
        campaign_id = self._campaign.campaign.id
        summary = await self._ledger.summary(campaign_id)
        if summary is None or summary.state is CampaignState.CANCELLED:
            raise CampaignMismatch(f"campaign {campaign_id!r} was cancelled meanwhile")
        if summary.state is CampaignState.PAUSED:
            raise CampaignPaused(f"its first ones were paused: {summary.reason}")
        return summary

    async def _plan(self, planner: Planner, recipients: Recipients) -> int:
        """All of them; how many are new."""
        full: list[Messages] = []
        planned = 0
        try:
            async for some in batches(recipients):
                for messages in planner.cut(some):
                    planned += len(messages)
                    full.append(messages)
                    if len(full) == _CHUNKS_AT_ONCE:
                        await to_its_end(self._store(planner, full))
                        await checkpoint()  # a list that nobody has to wait for has no other place to stop
        finally:  # a list may break off, and reading it be cancelled: what was read is sent
            rest = planner.flush()
            full += [] if rest is None else [rest]
            await to_its_end(self._store(planner, full))
        return planned + (0 if rest is None else len(rest))

    async def _check_wanted(self, connection: Connection) -> None:
        cursor = await connection.execute("SELECT state FROM campaign WHERE key = %s", (self._campaign.key,))
        if await cursor.fetchone() == (str(CampaignState.CANCELLED),):
            raise CampaignMismatch(f"campaign {self._campaign.campaign.id!r} was cancelled meanwhile")

    async def _known(self, connection: Connection) -> NumberSet:
        """All numbers of the campaign at one moment: chunks may be divided meanwhile."""
        await connection.execute(SNAPSHOT)
        known = NumberSet()
        for chunk in await perform(connection, queries.chunks_in_order(self._campaign.key)):
            known.add_all(await perform(connection, queries.numbers([chunk])))
        return known

    async def _store(self, planner: Planner, full: list[Messages]) -> None:
        """Takes them away first: what may have been stored must not be stored again."""
        several, left_out, planner.left_out = tuple(full), planner.left_out, []
        full.clear()

        async def do(connection: Connection) -> int:
            key, turn = self._campaign.key, self._turn
            await self._ledger.check_held(connection, key)  # or somebody else reads it, too
            await perform(connection, queries.replace_left_out(key, left_out, self._first))
            if several:
                turn = await self._queue.turn(connection, after=turn)
                begun = await perform(connection, chunks.begin(self._campaign, several, None))
                await self._check_wanted(connection)
                await self._queue.send(connection, [chunk.key for chunk in begun], turn)
            return turn + len(several) - 1

        self._turn = await self._ledger.within(do)
        self._first = False
