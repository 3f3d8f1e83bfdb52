"""Without ids of our own a message has the server's, and they may be anything."""

import json

import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, TrackingRules

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS", mode="multi")
ODD = {"comma": "a,b{}", "long": "a" * 70_000 + "{}", "none": ""}


def answering_with(*, message_ids="{}", bulk_id=None, reports=True):
    """Message ids, and the bulk id, are these; reports have the same message ids, or there are none."""

    async def bend(request, send):
        if request.url.path not in {"/sms/1/text/multi", "/sms/1/reports"}:
            return None
        answer = await send(request)
        await answer.aread()
        body = json.loads(answer.content)
        entries = body["results" if "results" in body else "messages"]
        if "results" in body and not reports:
            entries.clear()
        for one in entries:
            one["messageId"] = message_ids.format(one["messageId"])
        if bulk_id is not None:
            body["bulkId"] = bulk_id
        return httpx.Response(200, content=json.dumps(body))

    return bend


@pytest.mark.parametrize("form", ODD.values(), ids=ODD)
@virtual_time
async def test_what_the_logs_cannot_be_asked_for_is_unresolved_in_the_end(world, form):
    async with world() as w:
        w.network.bend = answering_with(message_ids=form, bulk_id="", reports=False)
        outcomes = await w.run(CAMPAIGN, people(1), tracking=TrackingRules(give_up_after=600))
        kinds = [one.kind for one in outcomes]
        assert kinds == [OutcomeKind.ACCEPTED, OutcomeKind.UNRESOLVED]
        assert (await w.stats())["accepted"] == 1


@pytest.mark.parametrize("form", [ODD["comma"], ODD["long"]], ids=["comma", "long"])
@virtual_time
async def test_it_is_told_by_its_report(world, form):
    async with world() as w:
        w.network.bend = answering_with(message_ids=form)
        kinds = [one.kind for one in await w.run(CAMPAIGN, people(3))]
        assert kinds == [OutcomeKind.ACCEPTED] * 3 + [OutcomeKind.FINAL] * 3


@virtual_time
async def test_a_bulk_id_that_cannot_be_asked_for_is_none_and_the_logs_tell(world):
    async with world() as w:
        w.network.bend = answering_with(bulk_id="b" * 70_000)
        kinds = [one.kind for one in await w.run(CAMPAIGN, people(3))]
        assert kinds == [OutcomeKind.ACCEPTED] * 3 + [OutcomeKind.FINAL] * 3
