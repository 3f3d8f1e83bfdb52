"""One chunk → one request → its accepted and rejected messages, whatever the network does meanwhile."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

import anyio
import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.answers import Answer, answers_of, logged, outcomes, refused
from ants_async.dispatch.bodies import advanced_request, multi_messages
from ants_async.dispatch.campaign import SUPPRESSED, Mode, Outcome, OutcomeKind
from ants_async.dispatch.delivery import Delivery, SendingRules
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.ledger.protocol import Bulk, Chunk, Ledger, OpenCampaign
from ants_async.dispatch.lookup import LOG_WINDOW, by_message_ids, by_numbers, know_the_time, others_texted
from ants_async.dispatch.messages import Message, Messages
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.push import Push
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
from ants_async.models.reports import LogEntry
from ants_async.models.sms import Receipts
from ants_async.models.statuses import ACCOUNT_REFUSALS
from ants_async.resources.reports import can_be_asked_for
from ants_async.text.limits import SURELY_FITS, check_text
from ants_async.transport.retry import UNCLEAR

T = TypeVar("T")
_log = logging.getLogger("ants_async.dispatch")

_LONGEST_NAP: Final = 60.0  # seconds: a clock may be put right meanwhile
_ID_MEMORY: Final = 3600.0
"""Seconds a server is trusted to remember used ids: after that the logs are asked before a repeat."""

_ALL_REFUSED: Final = 50
"""Single messages refused in a row, none taken in between: then it is not the messages."""


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
        emit: Callable[[Iterable[Outcome]], Awaitable[None]],
        track: Callable[[Bulk], None],
        pause: Callable[[float], Awaitable[bool]],
        clock: Callable[[], float],
        push: Push | None = None,
        is_suppressed: Callable[[str], bool] | None = None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._rules = rules
        self._emit = emit
        self._track = track
        self._pause = pause
        self._now = clock
        self._push = push
        self._is_suppressed = is_suppressed
        self._refused_in_a_row = 0
        self._has_warned = False
        self._taken_ids_level = logging.WARNING  # the first time: on a bad network many repeats meet theirs
        self._started_at = campaign.started_at
        self._maybe_texted: NumberSet | None = NumberSet()

    async def deliver(self, chunk: Chunk, *, is_new: bool = False) -> None:
        """Send until every message has an answer, or the run is stopped.

        Raises `CampaignPaused` when the account is refused or the API stays out of reach.
        """
        unclear = chunk.attempted_at is not None and not is_new
        work = Delivery(chunk, self._rules.pause, is_new, unclear)
        if work.unclear and not await self._settle():
            return
        if not is_new:
            work.chunk = await self._hold_back(chunk, unclear=unclear)
            if not work.chunk.messages:
                return
        while await self.may_send():
            try:
                await self._try(work)
            except (ApiError, TransportError) as error:
                await self._failed(work, error)
            if not work.chunk.messages or not await self._pause(work.wait):
                return
            work.wait = min(2 * work.wait, self._rules.pause_cap)

    async def may_send(self) -> bool:
        """After the quiet hours; False when the run is being stopped."""
        hours = self._campaign.campaign.quiet_hours
        while hours is not None and (left := hours.left(self._now())):
            if not await self._pause(min(left, _LONGEST_NAP)):
                return False
        return True

    async def get_ready(self, known: NumberSet | None) -> None:
        """What has to be known before the first send.

        What time it is at the server, as the logs will be asked by it; and for a campaign that goes on with
        its list, whom the logs have and the ledger, which knows these numbers, has not: it may be an older
        copy put back. While the server remembers our own ids nobody has to be looked for.
        """
        is_advanced = self._campaign.campaign.mode is Mode.ADVANCED
        if not self._client.clock.is_known:
            await self._learn_the_time(must=not is_advanced)
        if self._started_at is None:
            self._started_at = self._now()
        # An older copy cannot say when the latest request left: it may be under way still.
        elif await self._settle() and known is not None and not self._remembers_all(is_advanced=is_advanced):
            sender, since = self._campaign.campaign.sender, self._started_at
            self._maybe_texted = await self._patiently(
                lambda: others_texted(self._client, known, sender, since)
            )

    def _remembers_all(self, *, is_advanced: bool) -> bool:
        """Whether the server still knows every id that this campaign has used."""
        return is_advanced and 0 <= self._now() - (self._started_at or 0.0) < _ID_MEMORY

    async def _learn_the_time(self, *, must: bool) -> None:
        """With ids of our own the logs need not be open to us; what is wrong shows when we send."""
        if must:
            await self._patiently(lambda: know_the_time(self._client))
            return
        try:
            await know_the_time(self._client)
        except (ApiError, TransportError) as error:
            _log.debug("logs: %s; this machine's clock has to do", error, extra=self._fields(error=error))

    async def look_up_only(self, chunk: Chunk) -> None:
        """Of what cannot be sent any more: what became of it if it had been sent before."""
        await self._patiently(lambda: self._look_up(chunk, anyhow=True))

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask until there is an answer; None when the run is stopped."""
        failing_since, wait = anyio.current_time(), self._rules.pause
        while True:
            try:
                return await ask()
            except (AuthenticationError, PermissionDenied) as error:
                raise CampaignPaused(f"the API refuses the account: {error}") from error
            except (ApiError, TransportError) as error:
                self._lose_patience(failing_since, error)
            if not await self._pause(wait):
                return None
            wait = min(2 * wait, self._rules.pause_cap)

    async def _try(self, work: Delivery) -> None:
        if not work.looked_back:
            work.chunk = await self._look_back(work)
            work.looked_back = True
        if work.unclear:
            work.chunk = await self._look_up(work.chunk, anyhow=work.refusal is not None)
        if not work.chunk.messages:
            return
        if work.refusal is not None:
            work.chunk = await self._reject(work.chunk, work.refusal)
            return
        work.chunk = await self._reject_too_long(work.chunk)
        if not work.chunk.messages:
            return
        if work.chunk.attempted_at is None:
            work.chunk = await self._ledger.attempting(work.chunk, self._now())
        elif work.unclear and self._campaign.campaign.mode is Mode.MULTI:
            # A repeat has no ids that would be taken: is the campaign still ours?
            await self._ledger.attempting(work.chunk, work.chunk.attempted_at)
        receipt = await self._send(work.chunk)
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
            seen = await self._seen(chunk)
            if seen is None:
                return attrs.evolve(chunk, messages=chunk.messages[:0])
            chunk = seen
        if is_cancelled:
            if chunk.messages:
                await self._ledger.attempting(chunk, None)
            return attrs.evolve(chunk, messages=chunk.messages[:0])
        found = chunk.messages.where(lambda one: is_suppressed is not None and is_suppressed(one.to))
        return await self._store(chunk, [refused(one, SUPPRESSED) for one in found])

    async def _seen(self, chunk: Chunk) -> Chunk | None:
        """What the logs do not have, once all had the time to arrive; None when the run is being stopped."""
        if not await self._pause(self._rules.settle):
            return None
        return await self._patiently(lambda: self._look_up(chunk, anyhow=True))

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
        return await self._store(chunk, too_long)

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
        if not work.unclear:
            work.chunk = await self._ledger.attempting(work.chunk, None)

    def _be_patient(self, work: Delivery, error: Exception) -> None:
        if work.failing_since is None:
            work.failing_since = anyio.current_time()
        self._lose_patience(work.failing_since, error)

    def _lose_patience(self, failing_since: float, error: Exception) -> None:
        """In the end; whoever sits before it is told at the first time what it waits for."""
        if anyio.current_time() - failing_since > self._rules.patience:
            raise CampaignPaused(f"the API gives no answer: {error}") from error
        if not self._has_warned:
            self._has_warned = True
            what = f"HTTP {error.status_code} {error.code}" if isinstance(error, ApiError) else error
            _log.warning(
                "campaign %s: %s; it is tried again for %g s",
                self._campaign.campaign.id,
                what,
                self._rules.patience,
                extra=self._fields(error=error),
            )

    def _fields(self, *, error: Exception | None = None, bulk_id: str | None = None) -> dict[str, object]:
        """Of a log line, for whoever keeps them by field."""
        return fields_of(self._campaign.campaign.id, error=error, bulk_id=bulk_id)

    async def _settle(self) -> bool:
        """Let a request of an earlier run that is still under way arrive before the logs are asked for it.

        With ids of our own nothing has to settle. False when the run is being stopped.
        """
        if self._campaign.campaign.mode is Mode.ADVANCED:
            return True
        return await self._pause(self._rules.settle)

    async def _send(self, chunk: Chunk) -> Receipts:
        campaign, sms = self._campaign.campaign, self._client.sms
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
        left = await self._store(chunk, answers)
        statuses = (one.status for one in answers)
        refusal = next((one for one in statuses if one is not None and one.id in ACCOUNT_REFUSALS), None)
        if refusal is not None:
            raise CampaignPaused(f"the API refuses the account: {refusal.name}: {refusal.description}")
        return left

    def _usual_bulk_id(self, chunk: Chunk) -> str | None:
        """Ours, or none where the endpoint takes no ids."""
        return chunk.bulk_id if self._campaign.campaign.mode is Mode.ADVANCED else None

    async def _store(self, chunk: Chunk, answers: Sequence[Answer]) -> Chunk:
        """What has no answer yet is left."""
        if not answers:
            return chunk
        if any(one.kind is OutcomeKind.ACCEPTED for one in answers):
            self._refused_in_a_row = 0
        bulk = await self._ledger.answered(chunk, answers, self._now())
        if bulk is not None:
            self._track(bulk)
        await self._emit(outcomes(chunk.messages, answers))
        left = chunk.messages[:0]
        if sum(map(len, answers)) < len(chunk.messages):
            done = {place for one in answers for place in range(one.first, one.last + 1)}
            left = chunk.messages.where(lambda one: one.place not in done)
        return attrs.evolve(chunk, messages=left)

    async def _look_up(self, chunk: Chunk, *, anyhow: bool = False) -> Chunk:
        """What the logs know of an unclear chunk is accepted; what is older than the logs is parked.

        With ids of our own a repeat does no harm as long as the server remembers them, so that the logs
        are asked only after an hour, or `anyhow`. Without ids they are always asked. How old it is the
        server's clock says, as soon as there was an answer: this machine's may be wrong by days.
        """
        since = chunk.attempted_at or self._now()
        age = self._now() - since
        too_old = LOG_WINDOW.total_seconds()
        if self._campaign.campaign.mode is Mode.ADVANCED:
            if 0 <= age < _ID_MEMORY and not anyhow:
                return chunk
            chunk = await self._take(chunk, await self._with_our_ids(chunk.messages))
        elif age <= too_old:
            chunk = await self._take(chunk, await self._with_our_texts(chunk.messages))
        if chunk.messages and self._now() - since > too_old:
            return await self._park(chunk)
        return chunk

    async def _with_our_ids(self, messages: Messages) -> list[tuple[Message, LogEntry]]:
        """Those that the logs have."""
        entries = await by_message_ids(self._client, messages.ids, complete=True)
        return [(one, entries[one.message_id]) for one in messages if one.message_id in entries]

    async def _with_our_texts(self, messages: Messages) -> list[tuple[Message, LogEntry]]:
        """Those that the logs have, by number and text, since the campaign began."""
        since = self._now() if self._started_at is None else self._started_at
        entries = await by_numbers(self._client, messages, self._campaign.campaign.sender, since)
        return [(one, entries[one.to]) for one in messages if one.to in entries]

    async def _look_back(self, work: Delivery) -> Chunk:
        """Whom the logs have without this ledger's knowing is not texted again.

        A chunk that was kept for later may have been sent since, where the ledger is an older copy. With ids
        of our own that does no harm as long as the server remembers them.
        """
        chunk, maybe = work.chunk, self._maybe_texted
        is_advanced = self._campaign.campaign.mode is Mode.ADVANCED
        if not work.is_new and not is_advanced:
            suspects = (
                chunk.messages[:0] if work.unclear else chunk.messages
            )  # what is unclear is looked up anyhow
        else:
            suspects = _those_in(maybe, chunk.messages)
        if not suspects:
            return chunk
        found = await (self._with_our_ids(suspects) if is_advanced else self._with_our_texts(suspects))
        return await self._take(chunk, found)

    async def _take(self, chunk: Chunk, found: Sequence[tuple[Message, LogEntry]]) -> Chunk:
        """What stands in the logs was accepted."""
        return await self._store(chunk, [logged(message, entry) for message, entry in found])

    async def _park(self, chunk: Chunk) -> Chunk:
        """Neither an answer nor the logs will tell any more."""
        reason = "no answer, and too old for the logs: a person must decide"
        outcomes, bulk = await self._ledger.park(self._campaign, chunk.key, reason, self._now())
        if bulk is not None:
            self._track(bulk)
        await self._emit(outcomes)
        return attrs.evolve(chunk, messages=chunk.messages[:0])

    async def _divide(self, chunk: Chunk) -> Chunk:
        """Refused as a whole: halve until the culprit stands alone, so that its neighbours go out."""
        for half in await self._ledger.split(chunk):
            if not await self._pause(0):
                break
            await self.deliver(half)
        return attrs.evolve(chunk, messages=chunk.messages[:0])

    async def _reject(self, chunk: Chunk, error: ApiError) -> Chunk:
        """The one message that was refused."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= _ALL_REFUSED:
            await self._ledger.attempting(chunk, None)
            raise CampaignPaused(f"the API refuses one message after the other: {error}") from error
        (culprit,) = chunk.messages
        reason = f"{error.code}: {error.text}" if self._campaign.stores_texts else error.code  # it may quote
        return await self._store(chunk, [refused(culprit, reason)])


def _those_in(numbers: NumberSet | None, messages: Messages) -> Messages:
    """Those of these numbers; None stands for any number."""
    if numbers is None:
        return messages
    return messages.where(lambda one: int(one.to) in numbers) if numbers else messages[:0]
