"""What is told before anything is sent: to how many, what of the list is left out, what in it is odd."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ants_async.cli.files import Notes
from ants_async.cli.order import Order
from ants_async.cli.tables import clean, counted
from ants_async.cli.terminal import Terminal, say
from ants_async.dispatch.campaign import CampaignState, CampaignSummary

_EXAMPLES: Final = 3  # of changed numbers
_HANDED_OVER: Final = "what the API was handed no call takes back"


def announce(console: Terminal, order: Order, before: CampaignSummary | None) -> None:
    """What is sent, or gone on with."""
    for line in (*_of_rows(order), *_of_lists(order, before), *_of_campaign(order, before)):
        say(console, line)


def _of_rows(order: Order) -> Iterator[str]:
    check = order.check
    if check is not None and check.bad:
        yield f"bad rows: {check.bad:,} left out, listed in {check.rejects}"
    if check is not None:
        yield from in_words(check.notes, check.changes)


def _of_campaign(order: Order, before: CampaignSummary | None) -> Iterator[str]:
    campaign, check = order.campaign, order.check
    is_cancelled = before is not None and before.state is CampaignState.CANCELLED
    if campaign.send_at is not None and campaign.send_at > datetime.now(UTC) and not is_cancelled:
        yield f"scheduled for {campaign.send_at:%Y-%m-%d %H:%M %z}; {_HANDED_OVER}"
    if before is None:
        size = "its list is read by a worker" if check is None else counted(check.good, "recipient")
        yield f"campaign {campaign.id}: {size}"
    elif before.campaign != campaign or (is_cancelled and order.has_list):
        return  # the engine will refuse it
    elif is_cancelled:
        yield f"campaign {campaign.id} was cancelled: reports are asked for, and nothing more is sent"
        if before.unclear:
            yield f"{counted(before.unclear, 'recipient')} may have been sent to: the logs are asked"
    else:
        yield _of_one_that_goes_on(order, before)


def _of_one_that_goes_on(order: Order, before: CampaignSummary) -> str:
    campaign_id = order.campaign.id
    sent = f"{before.total - before.planned - before.rejected:,} already sent"
    refused = f", {before.rejected:,} refused" if before.rejected else ""
    again = "to send to the same people again, run the list under a new --id"
    if before.rejected or order.follows is not None:
        again = f"to whom it did not reach: ants-async campaign follow-up {campaign_id}"
    return f"continues campaign {campaign_id}, {sent}{refused}; {again}"


def _of_lists(order: Order, before: CampaignSummary | None) -> Iterator[str]:
    """Whom not to text, and why."""
    if order.suppress.numbers is not None:
        yield f"not to {counted(len(order.suppress.numbers), 'number')} of {order.suppress.of}"
    if before is not None and before.suppression_size:
        yield f"not to {counted(before.suppression_size, 'number')} that it was given before"


def of_unclear(summary: CampaignSummary, *, by_workers: bool) -> str:
    """To whom a request may have arrived, and who finds that out."""
    who = "the workers ask" if by_workers else f"'ants-async campaign resume {summary.campaign.id}' asks"
    return f"{counted(summary.unclear, 'recipient')} may have been sent to: {who} the logs"


def is_scheduled(order: Order) -> bool:
    """Whether some of it is sent later."""
    times = (order.campaign.send_at, None if order.check is None else order.check.notes.last)
    return any(time is not None and time > datetime.now(UTC) for time in times)


def in_words(notes: Notes, changes: Path | None = None) -> Iterator[str]:
    """What is to be said of a file, a line each."""
    if notes.encoding is not None:
        yield f"read as {notes.encoding}, by what is in it; --encoding says otherwise"
    if notes.changed:
        shown = ", ".join(f"{clean(one.given)} → {one.to}" for one in notes.examples[:_EXAMPLES])
        where = "" if changes is None else f", listed in {changes}"
        yield f"numbers changed: {notes.changed:,}{where}; {shown}"
    if notes.fixed:
        yield f"no mobile phones: {notes.fixed:,}, which may take no texts; --mobile-only leaves them out"
    if notes.last is not None:
        yield (
            f"scheduled by their rows: {notes.scheduled:,}, the last for {notes.last:%Y-%m-%d %H:%M %z}; "
            f"{_HANDED_OVER}"
        )
    if notes.long:
        yield f"long texts: {notes.long:,}, of up to {notes.most_parts} parts; each part is paid for"
