"""What a user asks for (`Campaign`, `Recipient`) and what the stream answers (`Outcome`)."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

import attrs

from ants_async.dispatch.quiet import QuietHours
from ants_async.dispatch.template import Template
from ants_async.errors import ValidationError
from ants_async.models.codes import Advice
from ants_async.models.delivery_errors import ERRORS_BY_NAME, advise
from ants_async.models.numbers import parse_number
from ants_async.models.senders import check_sender
from ants_async.models.sms import MAX_VALIDITY_MINUTES
from ants_async.models.statuses import Status
from ants_async.text import check_text

_CAMPAIGN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NO_FIELDS: Final[Mapping[str, str]] = {}  # one for all: a dict each would cost more than the rest
_YEARS: Final = range(2000, 2101)  # beyond, it is a slip, or no clock can say it
_A_DAY: Final = 86_400.0
AT_ONCE: Final = "a day ago at most, for the API would send it at once"
SUPPRESSED: Final = "SUPPRESSED"
"""The `error` of somebody who was planned before a suppression list had the number."""
MAX_VALIDITY: Final = timedelta(minutes=MAX_VALIDITY_MINUTES)


class Mode(StrEnum):
    """Which endpoint carries the messages.

    `ADVANCED` gives every message our own id, so a repeat can never text anybody twice. `MULTI` has no
    ids: after an unclear answer the logs decide what is sent again.
    """

    ADVANCED = "advanced"
    MULTI = "multi"


def _campaign_id(_instance: object, _attribute: object, value: str) -> None:
    if not _CAMPAIGN_ID.fullmatch(value):
        raise ValidationError("campaign id", value, "1 to 100 letters, digits, '.', '_' or '-'")


def _sender(_instance: object, _attribute: object, value: str | None) -> None:
    check_sender(value)


def _moment(_instance: object, _attribute: object, value: datetime | None) -> None:
    if value is None:
        return
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValidationError("send_at", value, "a datetime with a time zone")
    if value.year not in _YEARS:
        raise ValidationError("send_at", value, f"in the years {_YEARS[0]} to {_YEARS[-1]}")


def _send_at(campaign: "Campaign", attribute: object, value: datetime | None) -> None:
    _moment(campaign, attribute, value)
    if value is not None and campaign.mode is Mode.MULTI:
        raise ValidationError("send_at", value, "mode 'multi' has no schedule; use 'advanced'")


def _validity(campaign: "Campaign", _attribute: object, value: timedelta | None) -> None:
    if value is not None and not timedelta(minutes=1) <= value <= MAX_VALIDITY:
        raise ValidationError("validity", value, "1 minute to 48 hours")
    if value is not None and value % timedelta(minutes=1):
        raise ValidationError("validity", value, "whole minutes")
    if value is not None and campaign.mode is Mode.MULTI:
        raise ValidationError("validity", value, "mode 'multi' has no validity period; use 'advanced'")


@attrs.frozen(slots=True)
class Recipient:
    """A row of the source: a number, and what the text needs.

    `to`: international number (`66847781470`; a leading `+` is dropped). `text`: this recipient's own
    text, sent as it is; None takes the campaign's text, a template filled from `fields`. `row`: where it
    stands in the source, for messages and results; counted from 1 when left out. `sender`, `send_at`: in
    place of the campaign's (mode `advanced`).
    Raises `ValidationError` at once for a number that cannot be one.
    """

    to: str = attrs.field(converter=parse_number)
    text: str | None = None
    fields: Mapping[str, str] = attrs.field(default=_NO_FIELDS, repr=False)
    row: int | None = None
    sender: str | None = None
    send_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        if self.sender is not None or self.send_at is not None:  # as validators they would be called for all
            _sender(self, None, self.sender)
            _moment(self, None, self.send_at)


@attrs.frozen(slots=True)
class Campaign:
    """What one run sends. The same id is the same campaign: running it again continues it.

    `id`: letters, digits, `.`, `_`, `-`; at most 100. `text`: a template like `"Hello {name}"`, or None
    when every recipient brings its own. `sender`: at most 11 alphanumeric characters. `validity`: how
    long the network may try, at most 48 hours (the API's own default). `send_at`: when the API is to send
    it; requests leave now. `quiet_hours`: when no request leaves.
    Raises `ValidationError`.
    """

    id: str = attrs.field(validator=_campaign_id)
    text: str | None = None
    sender: str | None = attrs.field(default=None, validator=_sender)
    mode: Mode = attrs.field(default=Mode.ADVANCED, converter=Mode)
    validity: timedelta | None = attrs.field(default=None, validator=_validity)
    send_at: datetime | None = attrs.field(default=None, validator=_send_at)
    quiet_hours: QuietHours | None = None
    template: Template | None = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        template = None if self.text is None else Template(self.text)
        object.__setattr__(self, "template", template)
        if self.send_at is not None:
            self.check_hour(self.send_at)

    def delay(self, now: float, due: float = 0.0) -> float:
        """Seconds until the API may send what leaves now: quiet hours, schedule, and what is `due` by itself.

        `now`, `due`: since 1970.
        """
        quiet = 0.0 if self.quiet_hours is None else self.quiet_hours.left(now)
        return max(quiet, self.until_sent(now), due - now)

    def until_sent(self, now: float) -> float:
        """Seconds until the API sends what has no time of its own."""
        return 0.0 if self.send_at is None else max(0.0, self.send_at.timestamp() - now)

    def text_of(self, recipient: Recipient) -> str:
        """What this one gets: its own text, or the campaign's with its fields. Raises `ValidationError`."""
        text = recipient.text
        if text is None and self.template is not None:
            text = self.template.render(recipient.fields)
        if not isinstance(text, str) or not text.strip():
            raise ValidationError("text", text, "every recipient needs a text, or the campaign one")
        return text

    def check(self, recipient: Recipient) -> None:
        """Whether it could be sent to; a run stops at one that could not, or has it rejected.

        Raises `ValidationError`.
        """
        check_text(self.text_of(recipient))
        self.check_own(recipient)

    def check_own(self, recipient: Recipient) -> None:
        """What it has in place of the campaign's sender and time. Raises `ValidationError`."""
        for field in ("sender", "send_at"):
            value = getattr(recipient, field)
            if self.mode is Mode.MULTI and value is not None:
                raise ValidationError(
                    field, value, "mode 'multi' has one sender and no schedule; use 'advanced'"
                )
        if recipient.send_at is not None:
            self.check_hour(recipient.send_at)

    def check_due(self, now: float) -> None:
        """Whether it can begin now, in seconds since 1970. Raises `ValidationError`."""
        if self.send_at is not None and self.send_at.timestamp() < now - _A_DAY:
            raise ValidationError("send_at", self.send_at, AT_ONCE)

    def check_hour(self, moment: datetime) -> None:
        """A schedule must not go by the quiet hours. Raises `ValidationError`."""
        if self.quiet_hours is not None:
            self.quiet_hours.check(moment)


class OutcomeKind(StrEnum):
    """What happened to a recipient. All but `ACCEPTED` are the last word, said once.

    `DUPLICATE` and `SUPPRESSED` are about a row, and said whenever the source is read.
    """

    ACCEPTED = "accepted"
    """The API took the message; a final outcome follows."""
    REJECTED = "rejected"
    """The API refused the message; nothing was sent."""
    FINAL = "final"
    """The message came to its end: delivered or not, `status` says."""
    UNRESOLVED = "unresolved"
    """No source will tell any more what became of the message."""
    DUPLICATE = "duplicate"
    """The number stood in the source before; it was not sent a second time."""
    UNSENT = "unsent"
    """The campaign was cancelled before the message was sent; the ledger says so, not the stream."""
    SUPPRESSED = "suppressed"
    """The number is on a suppression list; nothing was sent."""


@attrs.frozen(slots=False)  # made by the million, and frozen ones with slots take twice as long to make
class Outcome:
    """What is known of one recipient; times are aware datetimes in UTC.

    `status` is the API's; `error` names what went wrong (a delivery error like `EC_ABSENT_SUBSCRIBER`,
    or the API's words for a refused request). `deduplicated`: an earlier request had already arrived.
    `network`: the phone's, by country and network code (MCC and MNC), as `52001`.
    """

    kind: OutcomeKind
    row: int
    to: str
    message_id: str | None = None
    bulk_id: str | None = None
    status: Status | None = None
    error: str | None = None
    sms_count: int | None = None
    price: Decimal | None = None
    currency: str | None = None
    sent_at: datetime | None = None
    done_at: datetime | None = None
    deduplicated: bool = False
    network: str | None = None

    @property
    def is_last(self) -> bool:
        """Whether nothing will follow for this recipient."""
        return self.kind is not OutcomeKind.ACCEPTED

    @property
    def advice(self) -> Advice:
        """What to do about it: what its status and its delivery error say together."""
        if self.kind is OutcomeKind.ACCEPTED:
            return Advice.WAIT
        if self.kind is OutcomeKind.UNRESOLVED:
            return Advice.MAY_HAVE_ARRIVED
        if self.kind is OutcomeKind.UNSENT:
            return Advice.RETRY_LATER
        if self.status is None:  # nobody said why it was refused; or nobody had to be texted
            if self.kind is not OutcomeKind.REJECTED:
                return Advice.NOTHING
            return Advice.DO_NOT_RETRY if self.error == SUPPRESSED else Advice.FIX_MESSAGE
        return advise(self.status, ERRORS_BY_NAME.get(self.error or ""))


class CampaignState(StrEnum):
    """Where a campaign stands.

    `PAUSED`: the account was refused, or somebody wished so; `INTERRUPTED`: stopped or crashed; `CANCELLED`:
    what was not sent by then never will be.
    """

    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@attrs.frozen(slots=True)
class CampaignSummary:
    """A campaign's counts as the ledger knows them; `by_group` counts final statuses by group name.

    `api`: where it is sent to, as far as that is known. `suppression_size`: numbers on its suppression lists.
    `unclear`: of those planned, to whom a request may have arrived: it is under way, or its run was killed.
    """

    campaign: Campaign
    state: CampaignState
    created_at: datetime
    reason: str | None
    source: str | None
    source_read: bool
    stores_texts: bool
    planned: int
    accepted: int
    rejected: int
    final: int
    unresolved: int
    duplicates: int
    suppressed: int
    deduplicated: int
    by_group: Mapping[str, int]
    api: str | None = None
    suppression_size: int = 0
    unclear: int = 0

    @property
    def total(self) -> int:
        """Recipients so far; duplicates and suppressed ones are none."""
        return self.planned + self.accepted + self.rejected + self.final + self.unresolved

    @property
    def is_done(self) -> bool:
        """Whether every recipient of the whole source has had its last word."""
        return self.source_read and not self.planned and not self.accepted
