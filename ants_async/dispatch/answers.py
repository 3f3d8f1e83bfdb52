"""What an answer, or the logs, say of a chunk's messages."""

import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import repeat

import attrs

from ants_async.dispatch.campaign import Outcome, OutcomeKind
from ants_async.dispatch.messages import Message, Messages
from ants_async.models.numbers import bare
from ants_async.models.reports import LogEntry
from ants_async.models.sms import Receipts
from ants_async.models.statuses import DUPLICATE_MESSAGE_ID, Status, StatusGroup

_log = logging.getLogger("ants_async.dispatch")


@attrs.frozen(slots=True, kw_only=True)
class Answer:
    """The same for all of some neighbours, as mostly for a whole chunk: accepted or rejected.

    `first` to `last` are their places. `message_id`: where it is not ours. The rest is as in `Outcome`.
    """

    first: int
    last: int
    kind: OutcomeKind
    message_id: str | None = None
    bulk_id: str | None = None
    status: Status | None = None
    error: str | None = None
    sms_count: int | None = None
    deduplicated: bool = False

    def __len__(self) -> int:
        return self.last - self.first + 1


_new, _set = object.__new__, object.__setattr__


def outcomes(messages: Messages, answers: Iterable[Answer]) -> Iterator[Outcome]:
    """One for each message that has an answer, made when it is asked for."""
    for one in answers:
        start = bisect_left(messages.places, one.first)  # they run upwards
        some = slice(start, start + len(one))
        own_id = one.message_id
        alike = vars(
            Outcome(
                one.kind,
                row=0,
                to="",
                bulk_id=one.bulk_id,
                status=one.status,
                error=one.error,
                sms_count=one.sms_count,
                deduplicated=one.deduplicated,
            )
        )
        for row, to, message_id in zip(
            messages.rows[some], messages.to[some], messages.ids[some], strict=True
        ):
            outcome = _new(Outcome)  # setting all its fields, one by one, takes half as long again
            fields = alike.copy()
            fields["row"], fields["to"], fields["message_id"] = row, to, own_id or message_id
            _set(outcome, "__dict__", fields)
            yield outcome


_Said = tuple[Status, int | None, str | None]
"""Of one message: its status, its parts, its id where that is not ours."""


def answers_of(messages: Messages, receipts: Receipts, bulk_id: str | None) -> list[Answer]:
    """By message id, or else (mode `multi` has none) by number, in the order of the messages."""
    found: Iterable[tuple[int, _Said]]
    if receipts.ids == messages.ids:  # as it should be
        said = zip(receipts.statuses, receipts.sms_counts, repeat(None), strict=False)
        found = zip(messages.places, said, strict=True)
    else:
        found = _matched(messages, receipts)
    answers = []
    for first, last, (status, sms_count, own_id) in _runs(found):
        kind, error, deduplicated = _verdict(status)
        answers.append(
            Answer(
                first=first,
                last=last,
                kind=kind,
                message_id=own_id,
                bulk_id=bulk_id,
                status=status,
                error=error,
                sms_count=sms_count,
                deduplicated=deduplicated,
            )
        )
    return answers


def _runs(found: Iterable[tuple[int, _Said]]) -> Iterator[tuple[int, int, _Said]]:
    """Neighbours of whom the same is said, with the first place and the last."""
    first, last = 0, -1
    latest: _Said | None = None
    for place, said in found:
        if said != latest or place != last + 1:
            if latest is not None:
                yield first, last, latest
            first, latest = place, said
        last = place
    if latest is not None:
        yield first, last, latest


def _matched(messages: Messages, receipts: Receipts) -> list[tuple[int, _Said]]:
    """The last word on each."""
    by_id = {message_id: index for index, message_id in enumerate(messages.ids)}
    by_number: dict[str, int] | None = None
    found: dict[int, _Said] = {}
    for message_id, to, status, sms_count in receipts.rows():
        index = by_id.get(message_id or "")
        if index is None:
            if by_number is None:
                by_number = {number: index for index, number in enumerate(messages.to)}
            index = by_number.get(bare(to))
        if index is None:
            _log.warning("an answer holds a message that was not in its request; it is passed over")
            continue
        own_id = None if message_id == messages.ids[index] else message_id or None
        found[index] = (status, sms_count, own_id)
    return [(messages.places[index], found[index]) for index in sorted(found)]


def logged(message: Message, entry: LogEntry) -> Answer:
    """What stands in the logs was accepted."""
    return Answer(
        first=message.place,
        last=message.place,
        kind=OutcomeKind.ACCEPTED,
        message_id=None if entry.message_id == message.message_id else entry.message_id or None,
        bulk_id=entry.bulk_id or None,
        status=entry.status,
        sms_count=entry.sms_count,
        deduplicated=True,
    )


def refused(message: Message, reason: str) -> Answer:
    """Refused without an answer that names it."""
    return Answer(first=message.place, last=message.place, kind=OutcomeKind.REJECTED, error=reason)


def _verdict(status: Status) -> tuple[OutcomeKind, str | None, bool]:
    """What a status makes of its message: its kind, its error, whether an earlier request had arrived.

    Id taken: then one did, so the message is on its way. Otherwise the group says.
    """
    deduplicated = status.id == DUPLICATE_MESSAGE_ID
    if deduplicated or not status.is_final or status.group is StatusGroup.DELIVERED:
        return OutcomeKind.ACCEPTED, None, deduplicated
    return OutcomeKind.REJECTED, status.name, False
