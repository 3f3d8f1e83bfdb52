"""What may have been sent without this run's knowing, and what the logs say of it."""

import logging
from collections.abc import Sequence
from typing import Final

from ants_async.client import AntsClient
from ants_async.dispatch.answers import logged
from ants_async.dispatch.campaign import Mode
from ants_async.dispatch.delivery import Delivery
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.ledger.protocol import Chunk, OpenCampaign
from ants_async.dispatch.lookup import LOG_WINDOW, by_message_ids, by_numbers, know_the_time, others_texted
from ants_async.dispatch.messages import Message, Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.patience import Patience
from ants_async.dispatch.recording import Recorder
from ants_async.errors import ApiError, TransportError
from ants_async.models.reports import LogEntry

_log = logging.getLogger("ants_async.dispatch")

_ID_MEMORY: Final = 3600.0
"""Seconds a server is trusted to remember used ids: after that the logs are asked before a repeat."""


class Lookback:
    """Asks the logs, and records as accepted what stands there."""

    def __init__(
        self, client: AntsClient, campaign: OpenCampaign, recorder: Recorder, patience: Patience
    ) -> None:
        self._client = client
        self._campaign = campaign.campaign
        self._recorder = recorder
        self._patience = patience
        self._now = client.clock
        self._is_advanced = campaign.campaign.mode is Mode.ADVANCED
        self._started_at = campaign.started_at
        self._maybe_texted: NumberSet | None = NumberSet()

    async def get_ready(self, known: NumberSet | None) -> None:
        """What has to be known before the first send.

        What time it is at the server, as the logs will be asked by it; and for a campaign that goes on with
        its list, whom the logs have and the ledger, which knows these numbers, has not: it may be an older
        copy put back. While the server remembers our own ids nobody has to be looked for.
        """
        if not self._client.clock.is_known:
            await self._learn_the_time()
        if self._started_at is None:
            self._started_at = self._now()
        # An older copy cannot say when the latest request left: it may be under way still.
        elif await self.settle() and known is not None and not self._remembers_all():
            sender, since = self._campaign.sender, self._started_at
            self._maybe_texted = await self._patience.ask(
                lambda: others_texted(self._client, known, sender, since)
            )

    def _remembers_all(self) -> bool:
        """Whether the server still knows every id that this campaign has used."""
        return self._is_advanced and 0 <= self._now() - (self._started_at or 0.0) < _ID_MEMORY

    async def _learn_the_time(self) -> None:
        """With ids of our own the logs need not be open to us; what is wrong shows when we send."""
        if not self._is_advanced:
            await self._patience.ask(lambda: know_the_time(self._client))
            return
        try:
            await know_the_time(self._client)
        except (ApiError, TransportError) as error:
            fields = fields_of(self._campaign.id, error=error)
            _log.debug("logs: %s; this machine's clock has to do", error, extra=fields)

    async def settle(self) -> bool:
        """Let a request of an earlier run that is still under way arrive before the logs are asked for it.

        With ids of our own nothing has to settle. False when the run is being stopped.
        """
        return self._is_advanced or await self._patience.pause(self._patience.rules.settle)

    async def seen(self, chunk: Chunk) -> Chunk | None:
        """What the logs do not have, once all had the time to arrive; None when the run is being stopped."""
        if not await self._patience.pause(self._patience.rules.settle):
            return None
        return await self.look_up_only(chunk)

    async def look_up_only(self, chunk: Chunk) -> Chunk | None:
        """Of what cannot be sent any more: what became of it if it had been sent before."""
        return await self._patience.ask(lambda: self.look_up(chunk, anyhow=True))

    async def look_up(self, chunk: Chunk, *, anyhow: bool = False) -> Chunk:
        """What the logs know of an unclear chunk is accepted; what is older than the logs is parked.

        With ids of our own a repeat does no harm as long as the server remembers them, so that the logs
        are asked only after an hour, or `anyhow`. Without ids they are always asked. How old it is the
        server's clock says, as soon as there was an answer: this machine's may be wrong by days.
        """
        since = chunk.attempted_at or self._now()
        age = self._now() - since
        too_old = LOG_WINDOW.total_seconds()
        if self._is_advanced and 0 <= age < _ID_MEMORY and not anyhow:
            return chunk
        if self._is_advanced or age <= too_old:
            chunk = await self._take(chunk, chunk.messages)
        if chunk.messages and self._now() - since > too_old:
            return await self._recorder.park(chunk)
        return chunk

    async def look_back(self, work: Delivery) -> Chunk:
        """Whom the logs have without this ledger's knowing is not texted again.

        A chunk that was kept for later may have been sent since, where the ledger is an older copy. With ids
        of our own that does no harm as long as the server remembers them.
        """
        messages = work.chunk.messages
        if work.is_new or self._is_advanced:
            suspects = _those_in(self._maybe_texted, messages)
        else:  # what is unclear is looked up anyhow
            suspects = messages[:0] if work.unclear else messages
        return await self._take(work.chunk, suspects) if suspects else work.chunk

    async def _take(self, chunk: Chunk, suspects: Messages) -> Chunk:
        """What stands in the logs was accepted."""
        found = await (self._with_our_ids if self._is_advanced else self._with_our_texts)(suspects)
        return await self._recorder.store(chunk, [logged(message, entry) for message, entry in found])

    async def _with_our_ids(self, messages: Messages) -> Sequence[tuple[Message, LogEntry]]:
        """Those that the logs have."""
        entries = await by_message_ids(self._client, messages.ids, complete=True)
        return [(one, entries[one.message_id]) for one in messages if one.message_id in entries]

    async def _with_our_texts(self, messages: Messages) -> Sequence[tuple[Message, LogEntry]]:
        """Those that the logs have, by number and text, since the campaign began."""
        since = self._now() if self._started_at is None else self._started_at
        entries = await by_numbers(self._client, messages, self._campaign.sender, since)
        return [(one, entries[one.to]) for one in messages if one.to in entries]


def _those_in(numbers: NumberSet | None, messages: Messages) -> Messages:
    """Those of these numbers; None stands for any number."""
    if numbers is None:
        return messages
    return messages.where(lambda one: int(one.to) in numbers) if numbers else messages[:0]
