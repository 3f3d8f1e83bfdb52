"""Whom a campaign did not reach is texted by a next one; nobody else is."""

import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, MemoryLedger, Outcome, OutcomeKind, Recipient, SqliteLedger
from ants_async.dispatch.follow_up import follow_up
from ants_async.errors import CampaignPaused, LedgerError
from ants_async.models.codes import Advice
from ants_async.models.delivery_errors import DELIVERY_ERRORS
from ants_async.models.statuses import STATUSES

FIRST = Campaign("songkran", text="Hi {name}", sender="ANTS")
SECOND = Campaign("songkran.2", sender="ANTS")
UNDELIVERABLE, DELIVERED, EXPIRED, NO_CREDITS, UNKNOWN = (STATUSES[n] for n in (9, 5, 15, 12, 29))
ABSENT, NO_SUCH_NUMBER = (DELIVERY_ERRORS[n].name for n in (27, 1))


@pytest.mark.parametrize(
    ("kind", "status", "error", "advice"),
    [
        (OutcomeKind.ACCEPTED, STATUSES[7], None, Advice.WAIT),
        (OutcomeKind.FINAL, DELIVERED, None, Advice.NOTHING),
        (OutcomeKind.FINAL, UNDELIVERABLE, ABSENT, Advice.RETRY_LATER),
        (OutcomeKind.FINAL, UNDELIVERABLE, NO_SUCH_NUMBER, Advice.FIX_NUMBER),
        (OutcomeKind.FINAL, EXPIRED, None, Advice.RETRY_LATER),
        (OutcomeKind.FINAL, EXPIRED, "EC_NEVER_HEARD_OF", Advice.RETRY_LATER),
        (OutcomeKind.FINAL, UNKNOWN, None, Advice.MAY_HAVE_ARRIVED),
        (OutcomeKind.REJECTED, NO_CREDITS, NO_CREDITS.name, Advice.TOP_UP),
        (OutcomeKind.REJECTED, None, "text: too long", Advice.FIX_MESSAGE),
        (OutcomeKind.REJECTED, None, "SUPPRESSED", Advice.DO_NOT_RETRY),
        (OutcomeKind.UNRESOLVED, None, "too old", Advice.MAY_HAVE_ARRIVED),
        (OutcomeKind.UNSENT, None, None, Advice.RETRY_LATER),
        (OutcomeKind.DUPLICATE, None, None, Advice.NOTHING),
        (OutcomeKind.SUPPRESSED, None, None, Advice.NOTHING),
    ],
)
def test_an_outcome_says_what_to_do_about_it(kind, status, error, advice):
    assert Outcome(kind, 1, "66800000001", status=status, error=error).advice is advice


@virtual_time
async def test_who_may_be_reached_next_time_gets_the_same_text_under_another_id(world):
    async with world(seed=5) as w:
        await w.run(FIRST, people(60))
        lost = {one.to: one for one in await w.newest(FIRST) if one.advice is Advice.RETRY_LATER}
        assert 0 < len(lost) < 60
        before = {one["to"]: one["text"] for one in await w.sent()}
        outcomes = await w.run(SECOND, follow_up(w.ledger, FIRST.id))
        again = [one for one in outcomes if one.kind is OutcomeKind.ACCEPTED]
        assert {one.to for one in again} == set(lost)
        assert all(one.message_id != lost[one.to].message_id and one.row == lost[one.to].row for one in again)
        sent = (await w.sent())[60:]
        assert {one["to"]: one["text"] for one in sent} == {to: before[to] for to in lost}


@virtual_time
async def test_it_goes_on_where_it_was_stopped(world):
    async with world(seed=5) as w:
        await w.run(FIRST, people(60))
        stream = w.dispatcher(chunk_size=1, concurrency=1).run(SECOND, follow_up(w.ledger, FIRST.id))
        await anext(stream)
        await stream.aclose()
        await w.run(SECOND, follow_up(w.ledger, FIRST.id))
        lost = [one for one in await w.newest(FIRST) if one.advice is Advice.RETRY_LATER]
        stats = await w.stats()
        assert stats["accepted"] == 60 + len(lost)
        assert stats["accepted_recipients"] == 60


@virtual_time
async def test_after_a_top_up_those_who_were_refused_for_credits_are_sent_to(world):
    ledger = MemoryLedger()
    async with world(balance="5", price="0.5") as poor:
        poor.ledger = await ledger.__aenter__()
        with pytest.raises(CampaignPaused, match="NOT_ENOUGH_CREDITS"):
            await poor.run(FIRST, people(20), chunk_size=20)
        assert (await poor.stats())["accepted"] == 10
    async with world() as rich:
        rich.ledger = ledger
        outcomes = await rich.run(SECOND, follow_up(ledger, FIRST.id, [Advice.TOP_UP]))
        assert sorted(one.row for one in outcomes if one.kind is OutcomeKind.FINAL) == [*range(11, 21)]
    await ledger.__aexit__(None, None, None)


@virtual_time
async def test_a_text_that_all_have_is_not_asked_of_the_ledger(world):
    same = Campaign("same", text="Hi", sender="ANTS")
    async with world(unreachable={one.to for one in people(3)}) as w:
        await w.run(same, people(3))
        found = [one async for one in follow_up(w.ledger, same.id)]
        assert [(one.to, one.text) for one in found] == [(one.to, "Hi") for one in people(3)]


@virtual_time
async def test_without_texts_in_the_ledger_it_says_so(world, tmp_path):
    ledger = SqliteLedger(tmp_path / "ledger.db", store_texts=False)
    async with world(ledger, unreachable={one.to for one in people(3)}) as w:
        await w.run(FIRST, [Recipient(one.to, text="Hi") for one in people(3)])
        with pytest.raises(LedgerError, match="without storing texts"):
            await anext(follow_up(w.ledger, FIRST.id))
