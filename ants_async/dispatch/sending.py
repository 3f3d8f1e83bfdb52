"""One chunk → one request → its accepted and rejected messages, whatever the network does meanwhile."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from typing import Final

import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.campaign import Mode, Outcome
from ants_async.dispatch.ledger.protocol import Answer, Bulk, Chunk, Ledger, OpenCampaign
from ants_async.dispatch.lookup import LOG_WINDOW, by_message_ids, by_numbers
from ants_async.errors import (
    ApiError,
    BadRequest,
    CampaignPaused,
    ConnectionFailed,
    OutcomeUnknown,
    PayloadTooLarge,
    ThrottledError,
)
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination, SendReceipt, TextMessage
from ants_async.models.statuses import ACCOUNT_REFUSALS, DUPLICATE_MESSAGE_ID, Status, StatusGroup
from ants_async.transport.retry import UNCLEAR

_log = logging.getLogger("ants_async.dispatch")

_ID_MEMORY: Final = 3600.0
"""Seconds a server is trusted to remember used ids: after that the logs are asked before a repeat."""

_ALL_REFUSED: Final = 50
"""Single messages refused in a row, none taken in between: then it is not the messages."""


@attrs.frozen(slots=True, kw_only=True)
class SendingRules:
    """Waiting, in seconds.

    `settle`: before the logs are asked about a request without an answer, for it may still be under way.
    `patience`: how long the API may be out of reach before the campaign pauses. `pause`: the first wait
    between tries; it doubles up to `pause_cap`.
    """

    settle: float = 10.0
    patience: float = 600.0
    pause: float = 1.0
    pause_cap: float = 30.0


class Sender:
    """Brings chunks to an answer.

    `emit` takes outcomes, `track` what is to be followed; `pause` waits, False when the run is stopped.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        campaign: OpenCampaign,
        rules: SendingRules,
        *,
        emit: Callable[[Sequence[Outcome]], Awaitable[None]],
        track: Callable[[Bulk], None],
        pause: Callable[[float], Awaitable[bool]],
        wall_clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._rules = rules
        self._emit = emit
        self._track = track
        self._pause = pause
        self._now = wall_clock
        self._refused_in_a_row = 0

    async def deliver(self, chunk: Chunk, *, is_new: bool = False) -> None:
        """Send until every message has an answer, or the run is stopped.

        Raises `CampaignPaused` when the account is refused or the API stays out of reach.
        """
        unclear = chunk.attempted_at is not None and not is_new
        failing_since: float | None = None
        wait = self._rules.pause
        while True:
            try:
                if unclear:
                    chunk = await self._look_up(chunk)
                if chunk.messages:
                    if chunk.attempted_at is None:
                        chunk = await self._ledger.attempting(chunk, self._now())
                    chunk = await self._record(chunk, await self._send(chunk))
                    unclear = True  # of what the answer left out
            except (BadRequest, PayloadTooLarge) as error:
                return await self._divide(chunk, error)
            except (*UNCLEAR, OutcomeUnknown) as error:
                unclear, failing_since = True, self._still_patient(failing_since, error)
                wait = max(wait, self._rules.settle) if isinstance(error, OutcomeUnknown) else wait
            except (ThrottledError, ConnectionFailed) as error:
                chunk = await self._not_sent(chunk, unclear=unclear)
                failing_since = self._still_patient(failing_since, error)
            except ApiError as error:
                await self._not_sent(chunk, unclear=unclear)
                raise CampaignPaused(f"the API refuses the account: {error}") from error
            if not chunk.messages or not await self._pause(wait):
                return None
            wait = min(2 * wait, self._rules.pause_cap)

    async def _send(self, chunk: Chunk) -> SendReceipt:
        campaign = self._campaign.campaign
        if campaign.mode is Mode.ADVANCED:
            return await self._client.sms.send_advanced(self._advanced(chunk))
        texts = groupby(chunk.messages, key=lambda message: message.text)
        return await self._client.sms.send_multi(
            TextMessage(to=tuple(one.to for one in some), text=text, sender=campaign.sender)
            for text, some in texts
        )

    def _advanced(self, chunk: Chunk) -> AdvancedRequest:
        """Neighbours with the same text become one message with many destinations."""
        campaign = self._campaign.campaign
        validity = None if campaign.validity is None else int(campaign.validity.total_seconds() // 60)
        return AdvancedRequest(
            bulk_id=chunk.bulk_id,
            messages=tuple(
                AdvancedMessage(
                    destinations=tuple(Destination(one.to, one.message_id) for one in some),
                    text=text,
                    sender=campaign.sender,
                    validity_period=validity,
                )
                for text, some in groupby(chunk.messages, key=lambda message: message.text)
            ),
        )

    async def _record(self, chunk: Chunk, receipt: SendReceipt) -> Chunk:
        """Store an answer, match by id (in multi mode by number), and return what it left out."""
        by_id = {message.message_id: message for message in chunk.messages}
        by_number = {message.to: message for message in chunk.messages}
        answers: dict[str, Answer] = {}
        for entry in receipt.messages:
            message = by_id.get(entry.message_id or "") or by_number.get(entry.to)
            if message is None:
                _log.warning("an answer holds a message that was not in its request; it is passed over")
                continue
            answers[message.to] = Answer(
                message=message,
                accepted=_is_accepted(entry.status),
                status=entry.status,
                sms_count=entry.sms_count,
                message_id=entry.message_id,
                bulk_id=receipt.bulk_id or self._usual_bulk_id(chunk),
                error=None if _is_accepted(entry.status) else entry.status.name,
                deduplicated=entry.status.id == DUPLICATE_MESSAGE_ID,
            )
        left = await self._store(chunk, list(answers.values()))
        refused = next(
            (a.status for a in answers.values() if a.status and a.status.id in ACCOUNT_REFUSALS), None
        )
        if refused is not None:
            raise CampaignPaused(f"the API refuses the account: {refused.name}: {refused.description}")
        return left

    def _usual_bulk_id(self, chunk: Chunk) -> str:
        """Ours, or none where the endpoint takes no ids."""
        return chunk.bulk_id if self._campaign.campaign.mode is Mode.ADVANCED else ""

    async def _store(self, chunk: Chunk, answers: Sequence[Answer]) -> Chunk:
        if any(answer.accepted for answer in answers):
            self._refused_in_a_row = 0
        if answers:
            outcomes, bulk = await self._ledger.answered(chunk, answers, self._now())
            if bulk is not None:
                self._track(bulk)
            await self._emit(outcomes)
        done = {answer.message.key for answer in answers}
        left = tuple(message for message in chunk.messages if message.key not in done)
        return attrs.evolve(chunk, messages=left)

    async def _look_up(self, chunk: Chunk) -> Chunk:
        """What the logs know of an unclear chunk is accepted; what is older than the logs is parked.

        With ids of our own a repeat does no harm as long as the server remembers them, so that the logs
        are asked only after an hour. Without ids they are always asked.
        """
        since = chunk.attempted_at or self._now()
        age = self._now() - since
        if age > LOG_WINDOW.total_seconds():
            reason = "no answer, and too old for the logs: a person must decide"
            await self._emit(await self._ledger.give_up(self._campaign, chunk.key, reason))
            return attrs.evolve(chunk, messages=())
        if self._campaign.campaign.mode is Mode.ADVANCED:
            if age < _ID_MEMORY:
                return chunk
            entries = await by_message_ids(self._client, [one.message_id for one in chunk.messages])
            found = [(one, entries.get(one.message_id)) for one in chunk.messages]
        else:
            entries = await by_numbers(self._client, chunk, self._campaign.campaign.sender, since)
            found = [(one, entries.get(one.to)) for one in chunk.messages]
        answers = [
            Answer(
                message=message,
                accepted=True,
                status=entry.status,
                sms_count=entry.sms_count,
                message_id=entry.message_id,
                bulk_id=entry.bulk_id or "",
                deduplicated=True,
            )
            for message, entry in found
            if entry is not None
        ]
        return await self._store(chunk, answers)

    async def _divide(self, chunk: Chunk, error: ApiError) -> None:
        """Refused as a whole: halve until the culprit stands alone, so that its neighbours go out."""
        culprit, *others = chunk.messages
        if others:
            for half in await self._ledger.split(chunk):
                await self.deliver(half)
            return
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= _ALL_REFUSED:
            await self._ledger.attempting(chunk, None)
            raise CampaignPaused(f"the API refuses one message after the other: {error}")
        refused = Answer(message=culprit, accepted=False, error=f"{error.code}: {error.text}")
        await self._store(chunk, [refused])

    async def _not_sent(self, chunk: Chunk, *, unclear: bool) -> Chunk:
        """This try did not arrive; whether an earlier one did is as open as it was."""
        return chunk if unclear else await self._ledger.attempting(chunk, None)

    def _still_patient(self, failing_since: float | None, error: Exception) -> float:
        since = self._now() if failing_since is None else failing_since
        if self._now() - since > self._rules.patience:
            raise CampaignPaused(f"the API gives no answer: {error}") from error
        return since


def _is_accepted(status: Status) -> bool:
    """Id taken: an earlier request arrived, so the message is on its way. Otherwise the group says."""
    return status.id == DUPLICATE_MESSAGE_ID or not status.is_final or status.group is StatusGroup.DELIVERED
