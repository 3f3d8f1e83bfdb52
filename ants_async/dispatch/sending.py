"""One chunk → one request → its accepted and rejected messages, whatever the network does meanwhile."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import anyio
import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.answers import answers_of, refused
from ants_async.dispatch.bodies import advanced_request, multi_messages
from ants_async.dispatch.campaign import SUPPRESSED, Mode, Outcome, OutcomeKind
from ants_async.dispatch.delivery import LATELY, Delivery, Ready, SendingRules
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.leaving import Gate
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, Ledger, OpenCampaign
from ants_async.dispatch.lookback import Lookback
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.patience import Patience
from ants_async.dispatch.push import Push
from ants_async.dispatch.recording import Recorder, nothing_of
from ants_async.errors import (
    ApiError,
    AuthenticationError,
    BadRequest,
    CampaignPaused,
    ConnectionFailed,
    OutcomeUnknown,
    PayloadTooLarge,
    PermissionDenied,
    ThrottledError,
    TransportError,
    ValidationError,
)
from ants_async.models.sms import Receipts
from ants_async.models.statuses import ACCOUNT_REFUSALS
from ants_async.resources.reports import can_be_asked_for
from ants_async.resources.sms import Sms
from ants_async.text.limits import SURELY_FITS, check_text
from ants_async.transport.retry import UNCLEAR
from ants_async.transport.transport import Turn

_log = logging.getLogger("ants_async.dispatch")

_ALL_REFUSED: Final = 50
"""Single messages refused in a row, none taken in between: then it is not the messages.

What the logs show was taken earlier, and tells nothing of now.
"""


class Sender:
    """Brings chunks to an answer.

    `emit` takes outcomes, `track` what is to be followed; `pause` waits, False when the run is stopped;
    `turn` waits for a request's turn by the rate as that has it, False when the run is stopped meanwhile.
    `stays`: through quiet hours, see `Gate`.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        campaign: OpenCampaign,
        rules: SendingRules,
        *,
        emit: Callable[[Iterable[Outcome]], Awaitable[None]],
        track: Callable[[Bulk], None],
        pause: Callable[[float], Awaitable[bool]],
        turn: Turn,
        stays: bool = True,
        push: Push | None = None,
        is_suppressed: Callable[[str], bool] | None = None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._rules = rules
        self._pause = pause
        self._now = client.clock
        self._push = push
        self._is_suppressed = is_suppressed
        self._recorder = Recorder(ledger, campaign, emit=emit, track=track, clock=client.clock)
        self._patience = Patience(campaign.campaign.id, rules, pause)
        self.gate = Gate(client, ledger, campaign, self._patience, turn, stays=stays)
        self._logs = Lookback(client, campaign, self._recorder, self._patience)
        self._refused_in_a_row = 0
        self._taken_ids_level = logging.WARNING  # the first time: on a bad network many repeats meet theirs

    async def get_ready(self, known: NumberSet | None) -> None:
        """What has to be known before the first send; `known`: the ledger's, for a list that goes on."""
        await self._logs.get_ready(known)

    async def look_up_only(self, chunk: Chunk) -> None:
        """Of what cannot be sent any more: what became of it if it had been sent before."""
        await self._logs.look_up_only(chunk)

    async def deliver(self, chunk: Chunk, *, ready: Ready | None = None) -> None:
        """Send until every message has an answer, or the run is stopped.

        `ready`: of a chunk that was begun a moment ago, and has its turn. Raises `CampaignPaused` when the
        account is refused or the API stays out of reach.
        """
        is_new = ready is not None
        unclear = chunk.attempted_at is not None and not is_new
        work = Delivery(chunk, self._rules.pause, is_new, unclear, ready)
        if work.unclear and not await self._logs.settle():
            return
        if not is_new:
            work.chunk = await self._hold_back(chunk, unclear=unclear)
            if not work.chunk.messages:
                return
        while await self.gate.is_open():
            try:
                await self._try(work)
            except (ApiError, TransportError) as error:
                await self._failed(work, error)
            if not work.chunk.messages or not await self._pause(work.wait):
                return
            work.wait = min(2 * work.wait, self._rules.pause_cap)

    async def _try(self, work: Delivery) -> None:
        if not work.looked_back:
            work.chunk = await self._logs.look_back(work)
            work.looked_back = True
        if work.unclear:
            work.chunk = await self._logs.look_up(work.chunk, anyhow=work.refusal is not None)
        if not work.chunk.messages:
            return
        if work.refusal is not None:
            work.chunk = await self._reject(work.chunk, work.refusal)
            return
        work.chunk = await self._reject_too_long(work.chunk)
        if work.chunk.messages:
            await self._leave(work)

    async def _leave(self, work: Delivery) -> None:
        """With a turn, and not before it is written down; unless the run is being stopped."""
        ready, work.ready = work.ready, None
        if ready is None or ready.is_stale:
            ready = await self.gate.ready()
        asked = work.chunk
        if ready is not None and ready.waited > LATELY:
            work.chunk = await self._hold_back(asked, unclear=work.unclear)
        if ready is None or work.chunk is not asked:  # what is left is tried anew
            if work.chunk.messages:
                await self._not_sent(work)
            return
        if work.chunk.attempted_at is None:
            work.chunk = await self._ledger.attempting(work.chunk, self._now())
        elif work.unclear:  # a repeat: is it still ours, and to be texted?
            await self._ledger.attempting(work.chunk, work.chunk.attempted_at)
        receipt = await self._send(work.chunk, ready.leaves(work.chunk).sms)
        work.chunk = await self._record(work.chunk, receipt, is_first=not work.unclear)
        if work.chunk.messages:  # what the answer left out
            work.unclear = True
            work.wait = max(work.wait, self._rules.settle)

    async def _hold_back(self, chunk: Chunk, *, unclear: bool) -> Chunk:
        """Whom a suppression list has since; all, where the campaign was cancelled. What is left is sent."""
        is_cancelled, is_suppressed = self._campaign.is_cancelled, self._is_suppressed
        if not is_cancelled and (is_suppressed is None or not any(map(is_suppressed, chunk.messages.to))):
            return chunk
        if unclear:  # they may have been sent before; nothing is sent again to learn that
            seen = await self._logs.seen(chunk)
            if seen is None:
                return nothing_of(chunk)
            chunk = seen
        if is_cancelled:
            if chunk.messages:
                await self._ledger.attempting(chunk, None)
            return nothing_of(chunk)
        found = chunk.messages.where(lambda one: is_suppressed is not None and is_suppressed(one.to))
        return await self._recorder.store(chunk, [refused(one, SUPPRESSED) for one in found])

    async def _reject_too_long(self, chunk: Chunk) -> Chunk:
        """What the API would refuse for its length is refused here; its neighbours go out."""
        if max(map(len, chunk.messages.texts)) <= SURELY_FITS:
            return chunk
        too_long = []
        for index, text in enumerate(chunk.messages.texts):
            try:
                check_text(text)
            except ValidationError as error:
                too_long.append(refused(chunk.messages[index], f"{error.field}: {error.rule}"))
        return await self._recorder.store(chunk, too_long)

    async def _failed(self, work: Delivery, error: ApiError | TransportError) -> None:
        """What a failure means for the chunk, by the table of design.md."""
        if isinstance(error, BadRequest | PayloadTooLarge):
            await self._refused(work, error)
        elif isinstance(error, (*UNCLEAR, OutcomeUnknown)):
            work.unclear = True
            self._be_patient(work, error)
            if isinstance(error, OutcomeUnknown):
                work.wait = max(work.wait, self._rules.settle)
        elif isinstance(error, ThrottledError | ConnectionFailed):
            await self._not_sent(work)
            self._be_patient(work, error)
        else:
            await self._not_sent(work)
            what = "account" if isinstance(error, AuthenticationError | PermissionDenied) else "request"
            raise CampaignPaused(f"the API refuses the {what}: {error}") from error

    async def _refused(self, work: Delivery, error: ApiError) -> None:
        if not work.unclear:  # a refusal is an answer: nothing was sent
            work.chunk = attrs.evolve(work.chunk, attempted_at=None)
        if len(work.chunk.messages) > 1:
            work.chunk = await self._divide(work.chunk)
        elif not work.unclear:
            work.chunk = await self._reject(work.chunk, error)
        else:
            work.refusal = error  # of this try; an earlier one may have been taken, and the logs know
            work.wait = max(work.wait, self._rules.settle)

    async def _not_sent(self, work: Delivery) -> None:
        """This try did not arrive; whether an earlier one did is as open as it was."""
        if not work.unclear and work.chunk.attempted_at is not None:
            work.chunk = await self._ledger.attempting(work.chunk, None)

    def _be_patient(self, work: Delivery, error: Exception) -> None:
        if work.failing_since is None:
            work.failing_since = anyio.current_time()
        self._patience.lose(work.failing_since, error)

    def _fields(self, *, error: Exception | None = None, bulk_id: str | None = None) -> dict[str, object]:
        """Of a log line, for whoever keeps them by field."""
        return fields_of(self._campaign.campaign.id, error=error, bulk_id=bulk_id)

    async def _send(self, chunk: Chunk, sms: Sms) -> Receipts:
        campaign = self._campaign.campaign
        if campaign.mode is Mode.ADVANCED:
            return await sms.send_advanced(advanced_request(campaign, chunk, self._push))
        return Receipts.of(await sms.send_multi(multi_messages(campaign, chunk)))

    async def _record(self, chunk: Chunk, receipts: Receipts, *, is_first: bool) -> Chunk:
        """Store an answer, and return what it left out."""
        bulk_id = receipts.bulk_id
        if not bulk_id or not can_be_asked_for(bulk_id):
            bulk_id = self._usual_bulk_id(chunk)
        answers = answers_of(chunk.messages, receipts, bulk_id)
        if is_first and any(one.deduplicated for one in answers):
            _log.log(
                self._taken_ids_level,
                "campaign %s: ids of bulk %s were taken by an earlier request; they count as accepted",
                self._campaign.campaign.id,
                chunk.bulk_id,
                extra=self._fields(bulk_id=chunk.bulk_id),
            )
            self._taken_ids_level = logging.DEBUG
        if any(one.kind is OutcomeKind.ACCEPTED for one in answers):
            self._refused_in_a_row = 0
        left = await self._recorder.store(chunk, answers)
        statuses = (one.status for one in answers)
        refusal = next((one for one in statuses if one is not None and one.id in ACCOUNT_REFUSALS), None)
        if refusal is not None:
            raise CampaignPaused(f"the API refuses the account: {refusal.name}: {refusal.description}")
        return left

    def _usual_bulk_id(self, chunk: Chunk) -> str | None:
        """Ours, or none where the endpoint takes no ids."""
        return chunk.bulk_id if self._campaign.campaign.mode is Mode.ADVANCED else None

    async def _divide(self, chunk: Chunk) -> Chunk:
        """Refused as a whole: halve until the culprit stands alone, so that its neighbours go out."""
        for half in await self._ledger.split(chunk):
            if not await self._pause(0):
                break
            await self.deliver(half)
        return nothing_of(chunk)

    async def _reject(self, chunk: Chunk, error: ApiError) -> Chunk:
        """The one message that was refused."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= _ALL_REFUSED:
            await self._ledger.attempting(chunk, None)
            raise CampaignPaused(f"the API refuses one message after the other: {error}") from error
        (culprit,) = chunk.messages
        reason = f"{error.code}: {error.text}" if self._campaign.stores_texts else error.code  # it may quote
        return await self._recorder.store(chunk, [refused(culprit, reason)])
