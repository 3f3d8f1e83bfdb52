"""What the engine asks of a ledger, in few words, for tests of ledgers themselves."""

from ants_async.dispatch import Campaign, OutcomeKind
from ants_async.dispatch.answers import Answer
from ants_async.dispatch.messages import Messages
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES

CAMPAIGN = Campaign("songkran", sender="ANTS")
NUMBERS = [f"668000000{n:02d}" for n in range(10)]
TEXTS = [f"Hi {n}" for n in range(10)]
PENDING, DELIVERED, EXPIRED = STATUSES[7], STATUSES[5], STATUSES[15]
REFUSED = STATUSES[6]


async def opened(ledger, campaign=CAMPAIGN, source=None, *, reads_source=True, now=1.0):
    return await ledger.open_campaign(campaign, source, reads_source=reads_source, now=now)


def messages(campaign=CAMPAIGN, numbers=NUMBERS, texts=None, *, first_row=1):
    rows = list(range(first_row, first_row + len(numbers)))
    return Messages.planned(campaign.id, rows, numbers, texts or [f"Hi {n}" for n in range(len(numbers))])


async def begun(ledger, campaign=CAMPAIGN, numbers=NUMBERS, texts=None):
    """A campaign with one chunk on disk."""
    work = await opened(ledger, campaign)
    return work, await ledger.begin(work, messages(campaign, numbers, texts), 2.0)


async def tracked(ledger, campaign=CAMPAIGN, numbers=NUMBERS, **fields):
    """A campaign with one chunk that was accepted as a whole."""
    work, chunk = await begun(ledger, campaign, numbers)
    return work, chunk, await ledger.answered(chunk, [accepted(chunk, **fields)], 3.0)


def accepted(chunk, first=0, last=None, **fields):
    last = len(chunk.messages) - 1 if last is None else last
    known = {"bulk_id": chunk.bulk_id, "status": PENDING, "sms_count": 1}
    return Answer(first=first, last=last, kind=OutcomeKind.ACCEPTED, **known | fields)


def rejected(first, last, error="no"):
    return Answer(first=first, last=last, kind=OutcomeKind.REJECTED, status=REFUSED, error=error)


def report(chunk, place, **fields):
    """Of the message at a place of a chunk as it was begun."""
    known = {
        "message_id": chunk.messages.ids[place],
        "bulk_id": chunk.bulk_id,
        "to": chunk.messages.to[place],
        "status": DELIVERED,
    }
    return DeliveryReport(**known | fields)


def reports(chunk, places, **fields):
    """By message id, as they are settled."""
    return {one.message_id: one for one in (report(chunk, place, **fields) for place in places)}


async def told(ledger, campaign=CAMPAIGN):
    """All outcomes."""
    return [outcome async for outcome in ledger.outcomes(campaign.id)]


async def counts(ledger, campaign=CAMPAIGN):
    """Planned, accepted, rejected, final, unresolved."""
    found = await ledger.summary(campaign.id)
    return found.planned, found.accepted, found.rejected, found.final, found.unresolved
