"""What the API says and no column holds costs neither the status it came with nor those beside it."""

import random
from datetime import UTC, datetime
from decimal import Decimal

import attrs
import pytest
from ledger_work import (
    CAMPAIGN,
    DELIVERED,
    NUMBERS,
    accepted,
    begun,
    counts,
    opened,
    rejected,
    report,
    reports,
    told,
    tracked,
)

from ants_async.dispatch import CampaignState, OutcomeKind
from ants_async.models.delivery_errors import DeliveryError
from ants_async.models.reports import Price

LONG = "".join(random.Random(7).choices("กขคงจฉชซ abcdefghij", k=20_000))  # which nothing packs into a page
NO_NAME = DeliveryError(1, "G", 7, "EC_\ud800\0")
HUGE = Decimal("9" * 500 + "." + "1" * 500)
EARLY, LATE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

WHAT = {
    "half characters in a status": (
        {"status": attrs.evolve(DELIVERED, name="N\ud800", description="\udfff")},
        lambda one: (one.status.name, one.status.description) == ("N?", "?"),
    ),
    "NUL in a status": (
        {"status": attrs.evolve(DELIVERED, name="N\0", description="\0")},
        lambda one: (one.status.name, one.status.description) == ("N?", "?"),
    ),
    "ids of a status beyond 64 bits": (
        {"status": attrs.evolve(DELIVERED, group_id=2**63, id=-(2**200))},
        lambda one: (one.status.group_id, one.status.id, one.status.name) == (0, 0, DELIVERED.name),
    ),
    "the largest ids there are": (
        {"status": attrs.evolve(DELIVERED, group_id=2**63 - 1, id=-(2**63) + 1)},
        lambda one: (one.status.group_id, one.status.id) == (2**63 - 1, -(2**63) + 1),
    ),
    "a status longer than any index": (
        {"status": attrs.evolve(DELIVERED, name=LONG, description=LONG)},
        lambda one: one.status.name == one.status.description == LONG,
    ),
    "an error's name": ({"error": NO_NAME}, lambda one: one.error == "EC_??"),
    "parts beyond 64 bits": ({"sms_count": 2**63}, lambda one: one.sms_count == 1),
    "fewer parts than none": ({"sms_count": -(2**63) - 1}, lambda one: one.sms_count == 1),
    "a huge price": ({"price": Price(HUGE, "THB")}, lambda one: one.price == HUGE),
    "a price with an exponent": (
        {"price": Price(Decimal("1E+999999"), "THB")},
        lambda one: one.price == Decimal("1E+999999"),
    ),
    "a currency": ({"price": Price(Decimal(1), "\0\ud800")}, lambda one: one.currency == "??"),
    "the first year": ({"sent_at": EARLY}, lambda one: one.sent_at is None),
    "the last year": ({"done_at": LATE}, lambda one: one.done_at is None),
}


@pytest.mark.parametrize(("fields", "is_kept"), WHAT.values(), ids=WHAT)
async def test_in_a_report_that_is_settled(ledger, fields, is_kept):
    work, chunk, bulk = await tracked(ledger)
    odd = reports(chunk, [1], **fields)
    outcomes, left = await ledger.settle(work, bulk, reports(chunk, [0, 2]) | odd)
    assert ([one.to for one in outcomes], left) == (NUMBERS[:3], 7)
    check(await told(ledger), is_kept)
    settled, left = await ledger.settle(work, bulk, reports(chunk, [3], **fields))  # when it is known already
    assert is_kept(settled[0])
    assert left == 6


@pytest.mark.parametrize(("fields", "is_kept"), WHAT.values(), ids=WHAT)
async def test_in_a_report_that_is_pushed(ledger, fields, is_kept):
    _, chunk, _ = await tracked(ledger)
    pushed = await ledger.pushed([report(chunk, 0), report(chunk, 1, **fields), report(chunk, 2)])
    assert [one.left for one in pushed.bulks] == [7]
    assert not pushed.not_taken
    check(await told(ledger), is_kept)


def check(outcomes, is_kept):
    assert [one.kind for one in outcomes] == [OutcomeKind.FINAL] * 3 + [OutcomeKind.ACCEPTED] * 7
    assert is_kept(outcomes[1])
    for neighbour in (outcomes[0], outcomes[2]):
        assert (neighbour.status, neighbour.sms_count) == (DELIVERED, 1)


async def test_in_an_answer(ledger):
    work, chunk = await begun(ledger)
    odd = {"message_id": "id\ud800\0", "error": "\0", "sms_count": 2**64, "bulk_id": "b\0\udc00"}
    odd["status"] = attrs.evolve(DELIVERED, id=2**64, name="\ud800", group_name="\0", description=LONG)
    answers = [accepted(chunk, 0, 4), accepted(chunk, 5, 5, **odd, deduplicated=True), accepted(chunk, 6, 9)]
    bulk = await ledger.answered(chunk, answers, 3.0)
    outcome = (await told(ledger))[5]
    assert (outcome.message_id, outcome.error, outcome.sms_count) == ("id??", "?", None)
    assert (outcome.bulk_id, outcome.status.name, outcome.status.group_name) == ("b??", "?", "?")
    assert (await ledger.waiting(work, bulk))[5] == "id??"
    assert await counts(ledger) == (0, 10, 0, 0, 0)


async def test_in_the_name_of_a_bulk_that_the_server_gives(ledger):
    work, chunk = await begun(ledger)
    bulk = await ledger.answered(chunk, [accepted(chunk, bulk_id="b\0\udc00")], 3.0)
    assert bulk.bulk_id == "b??"
    assert await ledger.bulks(work.key) == [bulk]
    assert {one.bulk_id for one in await told(ledger)} == {"b??"}


async def test_in_a_report_of_another_bulk(ledger):
    work, chunk, bulk = await tracked(ledger)
    (outcome,), _ = await ledger.settle(work, bulk, reports(chunk, [0], bulk_id="\0\ud800"))
    assert outcome.bulk_id == "??"


async def test_in_many_reports_at_once(ledger):
    _, chunk = await begun(ledger)
    ids = [f"\\{n}\t\n\r\\N\\.\ud800" for n in range(10)]
    answers = [accepted(chunk, n, n, message_id=one) for n, one in enumerate(ids)]
    await ledger.answered(chunk, answers, 3.0)
    assert [one.message_id for one in await told(ledger)] == [one.replace("\ud800", "?") for one in ids]


async def test_in_a_refusal(ledger):
    _, chunk = await begun(ledger)
    await ledger.answered(chunk, [rejected(0, 9, "EC\0\ud800\\N\t" + LONG)], 3.0)
    assert {one.error for one in await told(ledger)} == {"EC??\\N\t" + LONG}


async def test_in_why_a_chunk_is_given_up_or_a_campaign_ends(ledger):
    work, chunk = await begun(ledger)
    await ledger.park(work, chunk.key, "lost\0\ud800", 3.0)
    assert {one.error for one in await told(ledger)} == {"lost??"}
    await ledger.close_campaign(work.key, CampaignState.PAUSED, "refused\0\ud800")
    assert (await ledger.summary(CAMPAIGN.id)).reason == "refused??"


async def test_in_the_name_of_a_file(ledger):
    for _ in range(2):  # new, and going on
        work = await opened(ledger, source="people\udcff.csv")
        assert (await ledger.summary(CAMPAIGN.id)).source == "people?.csv"
        await ledger.close_campaign(work.key, CampaignState.PAUSED, None)
