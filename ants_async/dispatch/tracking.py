"""Reports, then logs → final statuses.

A bulk is asked for by its own id, soon after its answer and then ever more rarely while nothing comes; a
pull without a filter would eat the reports of other users of the account. What was answered by an earlier
request (`deduplicated`) stands under another bulk id, and what is long overdue may have been lost on its
way, since reports are handed out once: for both the logs are asked by message id.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Final

import anyio
import attrs

from ants_async.client import AntsClient
from ants_async.dispatch.campaign import Outcome
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.inquiry import Inquiry
from ants_async.dispatch.ledger.protocol import Bulk, Ledger, OpenCampaign
from ants_async.errors import (
    AntsError,
    ApiError,
    AuthenticationError,
    CampaignPaused,
    PermissionDenied,
    TransportError,
)
from ants_async.models.reports import DeliveryReport

_log = logging.getLogger("ants_async.dispatch")
_HOUR = 3600.0
OVERDUE = "no final status within validity period and log window"


@attrs.frozen(slots=True, kw_only=True)
class TrackingRules:
    """When to ask, in seconds.

    `first`: after the answer. Then each wait is `growth` times the last, up to `longest` (after an hour ten
    times that), and half the last when something came. `logs_after`: quiet for so long, the logs are asked
    too. `give_up_after`: counted from the answer, or the time it was scheduled for, past validity period
    (48 h), a grace and the logs' window: then unresolved.
    `patience`: how long the API may be out of reach before the campaign pauses.
    """

    first: float = 2.0
    growth: float = 1.5
    longest: float = 60.0
    logs_after: float = 120.0
    give_up_after: float = 49 * 3600.0
    patience: float = 600.0

    def is_overdue(self, bulk: Bulk, now: float) -> bool:
        """Whether no source will tell any more."""
        return now - bulk.since > self.give_up_after

    def asks_logs(self, bulk: Bulk, quiet: float, now: float) -> bool:
        """Whether nothing came for so many seconds, or since some were sent, which is too long."""
        sent_for = bulk.sent_for(now) if bulk.schedule else quiet
        return min(quiet, sent_for) >= self.logs_after

    def next_look(self, bulk: Bulk, wait: float, came: int, now: float) -> tuple[float, float]:
        """The next wait after one that brought so many statuses, and seconds that come before it.

        What is open for longer than an hour is phones that are off: they are asked for ten times as rarely.
        So are those beside messages that are sent later, as long as there may be news of them. When some are
        sent long after the ones before, it begins anew.
        """
        until, sent_for, rarely = bulk.until_next(now), bulk.sent_for(now), 10 * self.longest
        wait *= 1 / 2 if came else self.growth
        wait = max(self.first, min(wait, rarely if until or sent_for >= _HOUR else self.longest))
        is_idle = not 0 <= sent_for <= self.give_up_after
        if until and (is_idle or (until <= wait and sent_for >= rarely)):
            return self.first, until
        return wait, 0.0


BESIDE_PUSHES: Final = TrackingRules(first=60.0, longest=600.0)  # pulls find only what was lost on its way


@attrs.define(slots=True, order=False)
class _Watched:
    bulk: Bulk
    due: float
    wait: float
    quiet_since: float
    ask_logs: bool


class Tracker:
    """Follows answered bulks to their final statuses. `emit` takes outcomes."""

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        campaign: OpenCampaign,
        rules: TrackingRules,
        *,
        emit: Callable[[Iterable[Outcome]], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._inquiry = Inquiry(client, ledger, campaign, self._settle)
        self._ledger = ledger
        self._campaign = campaign
        self._rules = rules
        self._emit = emit
        self._now = clock
        self._queue: list[tuple[float, int, _Watched]] = []
        self._turns = count()  # a bulk may be watched anew while its old turn still stands in the queue
        self._followed: dict[int, _Watched] = {}
        self._ended: set[int] = set()  # by pushes, before they were followed
        self._busy = 0
        self._changed = anyio.Event()
        self._complete = False
        self._stopped = False
        self._failing_since: float | None = None

    def watch(self, bulk: Bulk, *, is_old: bool = False) -> None:
        """Follow a bulk; its first look-up is soon.

        One of an earlier run asks the logs, too: that run may have died with the reports in its hands.
        """
        if bulk.key in self._ended:
            return
        now, first = anyio.current_time(), self._rules.first
        watched = _Watched(
            bulk,
            now + bulk.until_first(self._now()) + first,
            first,
            quiet_since=now,
            ask_logs=is_old or bulk.stands_elsewhere,
        )
        self._followed[bulk.key] = watched
        self._push(watched)

    def pushed(self, chunk_key: int, left: int) -> None:
        """Reports of a bulk were pushed, and so many of its messages are not at their end yet."""
        watched = self._followed.get(chunk_key)
        if left:
            if watched is not None:
                watched.quiet_since = anyio.current_time()
            return
        if watched is None:
            self._ended.add(chunk_key)
        else:
            del self._followed[chunk_key]
        self._wake()

    @property
    def followed(self) -> int:
        """Bulks that are not at their end."""
        return len(self._followed)

    def no_more(self) -> None:
        """Nothing will be added: `run` ends when all is final."""
        self._complete = True
        self._wake()

    def stop(self) -> None:
        """End `run` after the look-up at hand."""
        self._stopped = True
        self._wake()

    async def run(self) -> None:
        """Look up what is due, one after the other. Several may run side by side."""
        while (watched := await self._next()) is not None:
            try:
                await self._look_up(watched)
            finally:
                self._busy -= 1
                self._wake()

    def _push(self, watched: _Watched) -> None:
        heappush(self._queue, (watched.due, next(self._turns), watched))
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _next(self) -> _Watched | None:
        while not self._stopped:
            now = anyio.current_time()
            while self._queue and not self._is_followed(self._queue[0][2]):
                heappop(self._queue)
            if self._queue and self._queue[0][0] <= now:
                self._busy += 1
                return heappop(self._queue)[2]
            if not self._queue and not self._busy and self._complete:
                return None
            with anyio.move_on_after(self._queue[0][0] - now if self._queue else None):
                await self._changed.wait()
        return None

    def _is_followed(self, watched: _Watched) -> bool:
        """False once pushes have brought it to its end, be it while it is being looked up."""
        return self._followed.get(watched.bulk.key) is watched

    async def _look_up(self, watched: _Watched) -> None:
        bulk = watched.bulk
        came, left, failure, asked = 0, 1, None, False
        try:
            came, left = await self._inquiry.reports(bulk)
            asked = True
        except (ApiError, TransportError) as error:
            failure = error
            watched.ask_logs = True  # what that answer held may be gone
        quiet = anyio.current_time() - watched.quiet_since
        is_quiet = not came and self._rules.asks_logs(bulk, quiet, self._now())
        if left and (watched.ask_logs or is_quiet):
            try:
                found, left = await self._inquiry.logs(bulk)
                watched.ask_logs = bulk.stands_elsewhere
                came += found
                failure = None
            except (ApiError, TransportError) as error:
                failure = error
        self._note(failure)
        if left and asked and failure is None and self._rules.is_overdue(bulk, self._now()):
            await self._emit(await self._ledger.give_up(self._campaign, bulk.key, OVERDUE, self._now()))
            left = 0
        if not left:
            self._followed.pop(bulk.key, None)
        elif self._is_followed(watched):
            self._schedule(watched, came)

    async def _settle(self, bulk: Bulk, reports: Mapping[str, DeliveryReport]) -> tuple[int, int]:
        outcomes: Sequence[Outcome] = ()
        left = len(reports)
        with anyio.CancelScope(shield=True):  # reports come once
            outcomes, left = await self._ledger.settle(self._campaign, bulk, reports)
        await self._emit(outcomes)
        return len(outcomes), left

    def _note(self, failure: AntsError | None) -> None:
        """Nothing is given up while the API does not answer; but when it never does, that has to be said."""
        now = anyio.current_time()
        if failure is None:
            self._failing_since = None
            return
        if isinstance(failure, AuthenticationError | PermissionDenied):
            raise CampaignPaused(f"the API refuses the account: {failure}") from failure
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since > self._rules.patience:
            raise CampaignPaused(f"the API gives no answer: {failure}") from failure
        fields = fields_of(self._campaign.campaign.id, error=failure)
        _log.debug("reports: %s; asked again later, and the logs too", failure, extra=fields)

    def _schedule(self, watched: _Watched, came: int) -> None:
        now = anyio.current_time()
        if came:
            watched.quiet_since = now
        watched.wait, delay = self._rules.next_look(watched.bulk, watched.wait, came, self._now())
        watched.due = now + delay + watched.wait
        self._push(watched)
