"""A campaign that is cancelled sends nothing new, says who was not sent to, and follows what was sent."""

from collections import Counter

import attrs
import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, CampaignState, Mode, OutcomeKind
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.messages import Messages
from ants_async.errors import CampaignMismatch, CampaignPaused, LedgerError, LedgerInUse, ValidationError

SEND = "/sms/1/text/advanced"
CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")


async def interrupted(w):
    """Ten are accepted, ten wait in a chunk that has not left, and the list is not read to its end."""
    stream = w.dispatcher(concurrency=1).run(CAMPAIGN, people(100))
    await anext(stream)
    await stream.aclose()
    opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=1.0)
    sent = (await w.ledger.summary(CAMPAIGN.id)).total
    rows = [*range(sent + 1, sent + 11)]
    to = [one.to for one in people(100)][sent : sent + 10]
    messages = Messages.planned(CAMPAIGN.id, rows, to, ["Hi"] * 10)
    await w.ledger.attempting(await w.ledger.begin(opened, messages, 1.0), None)
    await w.ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
    return sent


@virtual_time
async def test_who_was_not_sent_to_is_unsent(world):
    async with world() as w:
        sent = await interrupted(w)
        await w.ledger.cancel(CAMPAIGN.id)
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert (summary.state, summary.reason) == (CampaignState.CANCELLED, "cancelled by hand")
        unsent = [one for one in await w.newest(CAMPAIGN) if one.kind is OutcomeKind.UNSENT]
        assert [one.row for one in unsent] == [*range(sent + 1, sent + 11)]
        assert all(one.is_last for one in unsent)


@virtual_time
async def test_what_was_sent_comes_to_its_final_status_and_nothing_else_leaves(world):
    async with world() as w:
        sent = await interrupted(w)
        await w.ledger.cancel(CAMPAIGN.id)
        outcomes = await w.run(CAMPAIGN, None)
        assert {one.kind for one in outcomes} == {OutcomeKind.FINAL}
        assert len(outcomes) == (await w.stats())["accepted"] == sent
        summary = await w.ledger.summary(CAMPAIGN.id)
        assert (summary.state, summary.planned) == (CampaignState.CANCELLED, 10)


@pytest.mark.parametrize("mode", Mode)
@virtual_time
async def test_what_may_have_arrived_and_did_not_is_looked_up_and_not_sent(world, mode):
    async with world() as w:
        campaign = attrs.evolve(CAMPAIGN, mode=mode)
        opened = await w.ledger.open_campaign(campaign, None, reads_source=False, now=w.client.clock())
        messages = Messages.planned(campaign.id, [1], [people(1)[0].to], ["Hi"])
        await w.ledger.begin(opened, messages, w.client.clock())
        await w.ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
        await w.ledger.cancel(campaign.id)
        assert not [one for one in await w.newest(campaign) if one.kind is OutcomeKind.UNSENT]
        assert await w.run(campaign, None) == []
        assert (await w.stats())["accepted"] == 0
        assert [one.kind for one in await w.newest(campaign)] == [OutcomeKind.UNSENT]


@virtual_time
async def test_what_may_have_arrived_and_did_comes_to_its_end(world):
    async with world() as w:

        async def cut_off(request, send):
            if request.url.path == SEND:
                await send(request)
                raise httpx.ReadError("cut off")

        w.network.bend = cut_off
        with pytest.raises(CampaignPaused):
            await w.run(CAMPAIGN, people(3), sending=SendingRules(patience=0.0))
        w.network.bend = None
        await w.ledger.cancel(CAMPAIGN.id)
        outcomes = await w.run(CAMPAIGN, None)
        assert Counter(one.kind for one in outcomes) == {OutcomeKind.ACCEPTED: 3, OutcomeKind.FINAL: 3}
        assert (await w.stats())["accepted"] == 3


@virtual_time
async def test_it_takes_no_list_any_more(world):
    async with world() as w:
        await interrupted(w)
        await w.ledger.cancel(CAMPAIGN.id)
        with pytest.raises(CampaignMismatch, match="was cancelled; to send anew take another id"):
            await w.run(CAMPAIGN, people(1))
        await w.ledger.cancel(CAMPAIGN.id)  # is done already


@virtual_time
async def test_one_that_is_at_work_has_to_be_stopped_first(world):
    async with world() as w:
        stream = w.dispatcher().run(CAMPAIGN, people(20))
        await anext(stream)
        with pytest.raises(LedgerInUse, match="stop it first"):
            await w.ledger.cancel(CAMPAIGN.id)
        await stream.aclose()


@virtual_time
async def test_one_that_is_finished_or_not_there_is_told_so(world):
    async with world() as w:
        await w.run(CAMPAIGN, people(1))
        with pytest.raises(ValidationError, match="not finished"):
            await w.ledger.cancel(CAMPAIGN.id)
        with pytest.raises(LedgerError, match="'nobody' is not in"):
            await w.ledger.cancel("nobody")
