"""When a request of a campaign leaves: outside of quiet hours, in its turn by the rate, and not after a stop.

What is written down as attempted has had its turn, so that whatever waits for one can be called back.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import anyio

from ants_async.client import AntsClient
from ants_async.dispatch.delivery import Ready
from ants_async.dispatch.ledger.protocol import Chunk, Ledger, OpenCampaign
from ants_async.dispatch.patience import Patience
from ants_async.endpoints import Family
from ants_async.errors import CampaignPaused, LedgerError
from ants_async.transport.transport import Turn

_LONGEST_NAP: Final = 60.0  # seconds: a clock may be put right meanwhile


class Gate:
    """Of one campaign. `turn` waits for a request's turn by the rate; False when the run is being stopped.

    `stays`: through quiet hours; else whoever takes the chunk after them has it.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        campaign: OpenCampaign,
        patience: Patience,
        turn: Turn,
        *,
        stays: bool,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._hours = campaign.campaign.quiet_hours
        self._patience = patience
        self._turn = turn
        self._stays = stays

    async def ready(self) -> Ready | None:
        """Wait for a request's turn; None when the run is being stopped.

        Raises `CampaignPaused` when the rate cannot be asked for long.
        """
        began, carries = anyio.current_time(), list[Chunk]()
        in_turn = partial(self._client.in_turn, Family.SEND, partial(self._has_turn, carries))
        while await self.is_open():
            client = await self._patience.ask(in_turn)
            if client is not None:
                now = anyio.current_time()
                return Ready(client, now - began, now, carries)
            if not await self._patience.pause(0):
                break
        return None

    async def is_open(self) -> bool:
        """Wait for the end of quiet hours; False when the run is being stopped."""
        while left := self._quiet_for():
            if not self._stays or not await self._patience.pause(min(left, _LONGEST_NAP)):
                return False
        return True

    async def _has_turn(self, carries: list[Chunk], acquire: Callable[[], Awaitable[None]]) -> bool:
        """Before a repeat comes whoever has paused or cancelled the campaign, or suppressed somebody."""
        if not await self._turn(acquire) or self._quiet_for():
            return False
        try:
            for chunk in carries:
                await self._ledger.attempting(chunk, chunk.attempted_at)
        except (CampaignPaused, LedgerError):  # said again when it is tried anew
            return False
        return True

    def _quiet_for(self) -> float:
        return 0.0 if self._hours is None else self._hours.left(self._client.clock())
