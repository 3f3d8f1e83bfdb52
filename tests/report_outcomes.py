"""Outcomes made by hand, for tests of what is reckoned from them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import attrs

from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Outcome, OutcomeKind
from ants_async.models.statuses import STATUSES
from ants_async.report import Figures

NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
NUMBER = "66812345678"
DELIVERED, UNDELIVERABLE, EXPIRED, PENDING, BLACKLISTED = (STATUSES[one] for one in (5, 9, 15, 7, 14))


def after(seconds):
    return NINE + timedelta(seconds=seconds)


def final(status=DELIVERED, *, sent=0.0, took=1.0, row=1, **fields):
    known = {
        "to": NUMBER,
        "message_id": f"m-{row}",
        "status": status,
        "sms_count": 1,
        "price": Decimal("0.5"),
        "currency": "THB",
        "sent_at": after(sent),
        "done_at": after(sent + took),
    }
    return Outcome(OutcomeKind.FINAL, row, **known | fields)


def rejected(row=1, **fields):
    return Outcome(OutcomeKind.REJECTED, row, **{"to": NUMBER, "status": BLACKLISTED} | fields)


def accepted(row=1, **fields):
    return Outcome(OutcomeKind.ACCEPTED, row, **{"to": NUMBER, "status": PENDING, "sms_count": 1} | fields)


def unresolved(row=1, **fields):
    return Outcome(OutcomeKind.UNRESOLVED, row, **{"to": NUMBER, "error": "no source tells"} | fields)


def duplicate(row=1):
    return Outcome(OutcomeKind.DUPLICATE, row, NUMBER)


def suppressed(row=1):
    return Outcome(OutcomeKind.SUPPRESSED, row, NUMBER)


def unsent(row=1):
    return Outcome(OutcomeKind.UNSENT, row, NUMBER)


def summary(campaign=None, **counts):
    known = CampaignSummary(
        campaign=campaign or Campaign("songkran", text="Hi", sender="ANTS"),
        state=CampaignState.FINISHED,
        created_at=NINE,
        reason=None,
        source=None,
        source_read=True,
        stores_texts=True,
        planned=0,
        accepted=0,
        rejected=0,
        final=0,
        unresolved=0,
        duplicates=0,
        suppressed=0,
        deduplicated=0,
        by_group={},
    )
    return attrs.evolve(known, **counts)


def figures(*outcomes, **options):
    found = Figures(**options)
    for one in outcomes:
        found.add(one)
    return found


async def stream(*outcomes):
    for one in outcomes:
        yield one
