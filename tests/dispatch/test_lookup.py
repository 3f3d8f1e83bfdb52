"""What arrived of a chunk that was sent without ids: the logs tell, message by message."""

import httpx
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind
from ants_async.models.sms import TextMessage

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS", mode="multi")
SEND, LOGS = "/sms/1/text/multi", "/sms/1/logs"


def losing_the_first_answer(network):
    """The first send takes effect, its answer is lost."""

    async def bend(request, send):
        if request.url.path == SEND and network.count(SEND) == 1:
            await send(request)
            raise httpx.ReadError("gone", request=request)

    return bend


@virtual_time
async def test_on_a_busy_account_the_logs_are_asked_number_by_number(world, monkeypatch):
    monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", 5)
    async with world() as w:
        w.network.bend = losing_the_first_answer(w.network)
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.deduplicated for one in outcomes if one.kind is OutcomeKind.FINAL) == 10
        assert w.network.count(LOGS) >= 11
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_another_text_to_the_same_number_is_another_message(world):
    async with world() as w:

        async def bend(request, send):
            if request.url.path == SEND and w.network.count(SEND) == 1:
                raise httpx.ReadError("gone", request=request)

        await w.client.sms.send_multi(
            [TextMessage(to=[p.to], text="other", sender="ANTS") for p in people(10)]
        )
        w.network.requests.clear()
        w.network.bend = bend
        outcomes = await w.run(CAMPAIGN, people(10))
        assert not any(one.deduplicated for one in outcomes)
        assert (await w.stats())["accepted"] == 20


@virtual_time
async def test_logs_that_fail_while_being_asked_leave_the_chunk_unclear_and_nobody_is_texted_twice(
    world, monkeypatch
):
    monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", 5)
    async with world() as w:
        lose = losing_the_first_answer(w.network)

        async def bend(request, send):
            if request.url.path == LOGS and 1 < w.network.count(LOGS) < 40:
                return httpx.Response(500)
            return await lose(request, send)

        w.network.bend = bend
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.kind is OutcomeKind.FINAL for one in outcomes) == 10
        assert (await w.stats())["accepted"] == 10
