"""An account's state: messages accepted, ids used, reports not handed out yet.

Nothing runs in the background: what a message has come to follows from its fate and the clock.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import attrs

from ants_async.models.statuses import DUPLICATE_MESSAGE_ID, STATUSES, Status
from ants_async.simulator.config import SimulatorConfig
from ants_async.simulator.delivery import NO_ERROR, Fate, draw
from ants_async.text import count_parts

LOG_WINDOW: Final = 48 * 3600.0
_MAX_BYTES, _MAX_PARTS = 4000, 25
_ENROUTE: Final = STATUSES[7]
_NOT_ENOUGH_CREDITS, _TOO_LONG, _MISSING_TO, _PREFIX_MISSING = (STATUSES[n] for n in (12, 25, 51, 8))
_DUPLICATE: Final = STATUSES[DUPLICATE_MESSAGE_ID]
_MCC_MNC: Final = ("52001", "52003", "52004", "52005")


@attrs.define(slots=True, eq=False)
class Message:
    """A message that was accepted."""

    message_id: str
    bulk_id: str
    to: str
    sender: str | None
    text: str
    parts: int
    sent_at: float
    done_at: float
    fate: Fate
    mcc_mnc: str
    callback_data: str | None
    reported: bool = False

    def status(self, now: float) -> Status:
        """Pending until it is done."""
        return self.fate.status if now >= self.done_at else _ENROUTE


@attrs.frozen(slots=True, kw_only=True)
class Submission:
    """One text to one number, as a request asks for it."""

    to: str
    text: str
    sender: str | None = None
    message_id: str | None = None
    callback_data: str | None = None


class Account:
    """One account; `clock` gives seconds since the epoch."""

    def __init__(self, config: SimulatorConfig, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.balance = config.balance
        self.messages: list[Message] = []
        self.duplicates_rejected = 0
        self.reports_handed_out = 0
        self.recipients: set[str] = set()
        self._rng = Random(config.seed)  # noqa: S311 - reproducible on purpose
        self._by_id: dict[str, Message] = {}
        self._by_bulk: dict[str, list[Message]] = {}
        self._by_number: dict[str, list[Message]] = {}
        self._unreported: dict[str, list[Message]] = {}

    def submit(self, bulk_id: str | None, submissions: list[Submission]) -> dict[str, Any]:
        """Take what can be taken; answers the body of a send."""
        bulk = bulk_id or self._new_id()
        now = self.clock()
        entries = [self._take(bulk, one, now) for one in submissions]
        body: dict[str, Any] = {"messages": entries}
        return {"bulkId": bulk, **body} if bulk_id or len(submissions) > 1 else body

    def _take(self, bulk_id: str, one: Submission, now: float) -> dict[str, Any]:
        parts = count_parts(one.text)
        message_id = one.message_id or self._new_id()
        refusal = self._refusal(one, parts, message_id)
        if refusal is None:
            self._accept(bulk_id, message_id, one, parts, now)
        elif refusal is _DUPLICATE:
            self.duplicates_rejected += 1
        return {
            "to": one.to,
            "status": status_body(refusal or _ENROUTE),
            "smsCount": parts,
            "messageId": message_id,
        }

    def _refusal(self, one: Submission, parts: int, message_id: str) -> Status | None:
        if not one.to:
            return _MISSING_TO
        if not (one.to.isascii() and one.to.isdigit() and 8 <= len(one.to) <= 15):  # noqa: PLR2004
            return _PREFIX_MISSING
        if message_id in self._by_id:
            return _DUPLICATE
        if parts > _MAX_PARTS or len(one.text.encode(errors="replace")) > _MAX_BYTES:
            return _TOO_LONG
        if self.balance < self.config.price * parts:
            return _NOT_ENOUGH_CREDITS
        return None

    def _accept(self, bulk_id: str, message_id: str, one: Submission, parts: int, now: float) -> None:
        self.balance -= self.config.price * parts
        fate_rng = Random(f"{self.config.seed}|{message_id}")  # noqa: S311
        message = Message(
            message_id,
            bulk_id,
            one.to,
            one.sender,
            one.text,
            parts,
            now,
            now + self.config.delivery_time * fate_rng.uniform(0.5, 1.5),
            draw(fate_rng),
            fate_rng.choice(_MCC_MNC),
            one.callback_data,
        )
        self.messages.append(message)
        self.recipients.add(one.to)
        self._by_id[message_id] = message
        self._by_bulk.setdefault(bulk_id, []).append(message)
        self._by_number.setdefault(one.to, []).append(message)
        self._unreported.setdefault(bulk_id, []).append(message)

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
                if message.done_at <= now and (message_ids is None or message.message_id in message_ids):
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
        return [report_body(message, now, self.config) for message in taken]

    def search(self, query: "LogQuery") -> list[dict[str, Any]]:
        """Log entries of the last 48 hours, newest first."""
        now = self.clock()
        found: list[dict[str, Any]] = []
        for message in self._candidates(query):
            if len(found) == query.limit:
                break
            if now - message.sent_at <= LOG_WINDOW and query.fits(message, now):
                entry = report_body(message, now, self.config)
                entry["mccmnc"] = entry.pop("mccMnc")
                found.append({**entry, "from": message.sender, "text": message.text})
        return found

    def _candidates(self, query: "LogQuery") -> Iterable[Message]:
        if query.message_ids is not None:
            return filter(None, map(self._by_id.get, query.message_ids))
        if query.bulk_id is not None:
            return reversed(self._by_bulk.get(query.bulk_id, []))
        if query.to is not None:
            return reversed(self._by_number.get(query.to, []))
        return self._recent(query.since)

    def _recent(self, since: float | None) -> Iterator[Message]:
        """Newest first, and no further back than asked for: messages were added in order of time."""
        for message in reversed(self.messages):
            if since is not None and message.sent_at < since:
                return
            yield message

    def _new_id(self) -> str:
        digits = f"{self._rng.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


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
            (self.sender, message.sender),
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


def status_body(status: Status) -> dict[str, Any]:
    """A status as the API writes it."""
    return {
        "groupId": status.group_id,
        "groupName": status.group_name,
        "id": status.id,
        "name": status.name,
        "description": status.description,
    }


def format_epoch(seconds: float) -> str:
    """`yyyy-MM-dd'T'HH:mm:ss.SSS+0000`, as reports have it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def report_body(message: Message, now: float, config: SimulatorConfig) -> dict[str, Any]:
    """A report as the API writes it."""
    done = now >= message.done_at
    body: dict[str, Any] = {
        "bulkId": message.bulk_id,
        "messageId": message.message_id,
        "to": message.to,
        "sentAt": format_epoch(message.sent_at),
        "doneAt": format_epoch(message.done_at if done else message.sent_at),
        "smsCount": message.parts,
        "mccMnc": message.mcc_mnc,
        "price": {"pricePerMessage": float(config.price), "currency": config.currency},
        "status": status_body(message.status(now)),
        "error": message.fate.error if done else NO_ERROR,
    }
    if message.callback_data is not None:
        body["callbackData"] = message.callback_data
    return body


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
