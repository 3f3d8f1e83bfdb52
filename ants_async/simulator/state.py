"""An account's messages: accepted, ids used, reports not handed out yet.

Nothing runs in the background: what a message has come to follows from its fate and the clock.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any, Final

import attrs

from ants_async.models.statuses import DUPLICATE_MESSAGE_ID, STATUSES, Status
from ants_async.simulator.config import SimulatorConfig
from ants_async.simulator.delivery import UNREACHABLE, draw
from ants_async.simulator.messages import (
    Message,
    Submission,
    in_milliseconds,
    log_body,
    report_body,
    status_body,
    timed,
)
from ants_async.text import MAX_BYTES, MAX_PARTS

LOG_WINDOW: Final = 48 * 3600.0
_HOUR: Final = 3600.0
_EACH: Final = 2e-6
"""Seconds: messages are sent one after the other, so that a page of the logs ends later than it begins."""
_VARIED, _IDENTICAL = 20, 6  # what the flooding filter lets through to one number in an hour
_ENROUTE: Final = STATUSES[7]
_NOT_ENOUGH_CREDITS, _TOO_LONG, _MISSING_TO, _PREFIX_MISSING = (STATUSES[n] for n in (12, 25, 51, 8))
_FLOODING, _INVALID_UDH = STATUSES[20], STATUSES[24]
_DUPLICATE: Final = STATUSES[DUPLICATE_MESSAGE_ID]
_MCC_MNC: Final = ("52001", "52003", "52004", "52005")

__all__ = ["Account", "LogQuery", "Message", "Submission", "stats"]


class Account:
    """One account; `clock` gives seconds since the epoch. `on_accept` is told of what wants to be pushed."""

    def __init__(
        self,
        config: SimulatorConfig,
        clock: Callable[[], float],
        on_accept: Callable[[Message], None] = lambda _: None,
    ) -> None:
        self.config = config
        self.clock = clock
        self.balance = config.balance
        self.messages: list[Message] = []
        self.duplicates_rejected = 0
        self.reports_handed_out = 0
        self.recipients: set[str] = set()
        self.rng = Random(config.seed)  # noqa: S311 - reproducible on purpose
        self._on_accept = on_accept
        self._by_id: dict[str, Message] = {}
        self._by_bulk: dict[str, list[Message]] = {}
        self._by_number: dict[str, list[Message]] = {}
        self._has_scheduled = False
        self._sent_at: dict[float | None, float] = {}  # the latest, by the hour that it was scheduled for
        self._unreported: dict[str, list[Message]] = {}

    def submit(self, bulk_id: str | None, submissions: list[Submission]) -> dict[str, Any]:
        """Take what can be taken; answers the body of a send."""
        bulk = bulk_id or self.new_id()
        now = self.clock()
        entries = [self._take(bulk, one, now) for one in submissions]
        body: dict[str, Any] = {"messages": entries}
        return {"bulkId": bulk, **body} if bulk_id or len(submissions) > 1 else body

    def _take(self, bulk_id: str, one: Submission, now: float) -> dict[str, Any]:
        message_id = one.message_id or self.new_id()
        refusal = self._refusal(one, message_id, now)
        if refusal is None:
            self._accept(bulk_id, message_id, one, now)
        elif refusal is _DUPLICATE:
            self.duplicates_rejected += 1
        return {
            "to": one.to,
            "status": status_body(refusal or _ENROUTE),
            "smsCount": one.parts,
            "messageId": message_id,
        }

    def _refusal(self, one: Submission, message_id: str, now: float) -> Status | None:
        size = len(one.text.encode(errors="replace")) if one.size is None else one.size
        checks = (
            (not one.to, _MISSING_TO),
            (not (one.to.isascii() and one.to.isdigit() and 8 <= len(one.to) <= 15), _PREFIX_MISSING),  # noqa: PLR2004
            (message_id in self._by_id, _DUPLICATE),
            (not one.valid_udh, _INVALID_UDH),
            (one.parts > MAX_PARTS or size > MAX_BYTES, _TOO_LONG),
            (self.config.flooding_filter and self._floods(one, now), _FLOODING),
            (self.balance < self.config.price * one.parts, _NOT_ENOUGH_CREDITS),
        )
        return next((status for refused, status in checks if refused), None)

    def _floods(self, one: Submission, now: float) -> bool:
        """At most 20 texts an hour to one number, and 6 times the same."""
        total = same = 0
        for message in reversed(self._by_number.get(one.to, ())):
            if now - message.received_at >= _HOUR or total >= _VARIED:
                break
            total += 1
            same += message.asked.text == one.text
        return total >= _VARIED or same >= _IDENTICAL

    def _accept(self, bulk_id: str, message_id: str, one: Submission, now: float) -> None:
        self.balance -= self.config.price * one.parts
        rng = Random(f"{self.config.seed}|{message_id}")  # noqa: S311
        takes = self.config.delivery_time * rng.uniform(0.5, 1.5)
        fate = draw(rng)
        mcc_mnc = rng.choice(_MCC_MNC)
        if one.to in self.config.unreachable:
            fate = UNREACHABLE
        starts_at = max(now, one.send_at or now)
        hour = starts_at if starts_at > now else None
        self._has_scheduled = self._has_scheduled or hour is not None
        sent_at = self._sent_at[hour] = max(starts_at, self._sent_at.get(hour, 0.0) + _EACH)
        done_at, fate = timed(starts_at, takes, one.validity, fate)
        message = Message(
            message_id, bulk_id, one, now, starts_at, done_at, in_milliseconds(sent_at), fate, mcc_mnc
        )
        self.messages.append(message)
        self.recipients.add(one.to)
        self._by_id[message_id] = message
        self._by_bulk.setdefault(bulk_id, []).append(message)
        self._by_number.setdefault(one.to, []).append(message)
        self._unreported.setdefault(bulk_id, []).append(message)
        if one.notify_url is not None:
            self._on_accept(message)

    def take_reports(
        self, bulk_id: str | None, message_ids: set[str] | None, limit: int
    ) -> list[dict[str, Any]]:
        """Reports that are ready; each is handed out once."""
        now = self.clock()
        bulks = [bulk_id] if bulk_id is not None else list(self._unreported)
        taken: list[Message] = []
        for bulk in bulks:
            for message in self._unreported.get(bulk, ()):
                if len(taken) == limit:
                    break
                wanted = message_ids is None or message.message_id in message_ids
                if wanted and message.done_at <= now and not message.reported:
                    message.reported = True
                    taken.append(message)
            left = [message for message in self._unreported.get(bulk, ()) if not message.reported]
            if left:
                self._unreported[bulk] = left
            else:
                self._unreported.pop(bulk, None)
            if len(taken) == limit:
                break
        self.reports_handed_out += len(taken)
        return [self.report(message) for message in taken]

    def report(self, message: Message) -> dict[str, Any]:
        """What is known of a message now."""
        return report_body(message, self.clock(), self.config.price, self.config.currency)

    def search(self, query: "LogQuery") -> list[dict[str, Any]]:
        """Log entries of the last 48 hours, newest first."""
        now = self.clock()
        found: Iterable[Message] = (
            message
            for message in self._candidates(query)
            if now - message.received_at <= LOG_WINDOW and query.fits(message, now)
        )
        if self._has_scheduled:
            found = sorted(found, key=lambda message: message.sent_at, reverse=True)
        some = islice(found, query.limit)
        return [log_body(message, now, self.config.price, self.config.currency) for message in some]

    def _candidates(self, query: "LogQuery") -> Iterable[Message]:
        if query.message_ids is not None:
            return filter(None, map(self._by_id.get, query.message_ids))
        if query.bulk_id is not None:
            return reversed(self._by_bulk.get(query.bulk_id, []))
        if query.to is not None:
            return reversed(self._by_number.get(query.to, []))
        return self._recent(query.since)

    def _recent(self, since: float | None) -> Iterator[Message]:
        """Newest first, and no further back than asked for: messages were added in the order of sending.

        One that was scheduled is sent later than others, so that then all have to be looked at.
        """
        for message in reversed(self.messages):
            if since is not None and message.sent_at < since and not self._has_scheduled:
                return
            yield message

    def new_id(self) -> str:
        """An id as the API makes them."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def new_key(self) -> str:
        """An id as 2FA and the settings make them."""
        return f"{self.rng.getrandbits(128):032X}"


@attrs.frozen(slots=True, kw_only=True)
class LogQuery:
    """Filters of the logs; None does not filter."""

    sender: str | None = None
    to: str | None = None
    bulk_id: str | None = None
    message_ids: tuple[str, ...] | None = None
    general_status: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int = 50
    mcc: str | None = None
    mnc: str | None = None

    def fits(self, message: Message, now: float) -> bool:
        """Whether every filter that is set lets the message through."""
        wanted = (
            (self.sender, message.asked.sender),
            (self.to, message.to),
            (self.bulk_id, message.bulk_id),
            (self.general_status, message.status(now).group_name),
            (self.mcc, message.mcc_mnc[:3]),
            (self.mnc, message.mcc_mnc[3:]),
        )
        return (
            all(value is None or value == actual for value, actual in wanted)
            and (self.since is None or message.sent_at >= self.since)
            and (self.until is None or message.sent_at <= self.until)
        )


def stats(account: Account, requests: Counter[str], throttled: int) -> dict[str, Any]:
    """What `GET /_simulator/stats` answers."""
    return {
        "requests": requests.total(),
        "throttled": throttled,
        "accepted": len(account.messages),
        "accepted_recipients": len(account.recipients),
        "duplicates_rejected": account.duplicates_rejected,
        "reports_handed_out": account.reports_handed_out,
        "by_endpoint": dict(requests),
        "balance": str(account.balance),
    }
