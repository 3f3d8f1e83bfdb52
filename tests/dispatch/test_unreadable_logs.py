"""Of log entries that cannot be read nobody knows whom they are about: nobody counts as missing from them."""

import json

import anyio
import attrs
import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, SqliteLedger
from ants_async.errors import CampaignPaused, IncompleteResult, OutcomeUnknown

SEND = {"advanced": "/sms/1/text/advanced", "multi": "/sms/1/text/multi"}
CAMPAIGN = {mode: Campaign("songkran", text="Hi {name}", sender="ANTS", mode=mode) for mode in SEND}
LOGS = "/sms/1/logs"


def unreadable_logs(*, until):
    """The logs leave out the `status` of every entry for so many seconds."""
    end = anyio.current_time() + until

    async def bend(request, send):
        if request.url.path != LOGS or anyio.current_time() >= end:
            return None
        answer = await send(request)
        await answer.aread()
        entries = [{**one, "status": None} for one in json.loads(answer.content)["results"]]
        return httpx.Response(200, json={"results": entries})

    return bend


def sends(network, mode, *answers, then=None):
    """Sends are answered so, one after the other: `None` takes effect, and its answer is lost."""
    left = list(answers)

    async def bend(request, send):
        if request.url.path == SEND[mode] and left:
            answer = left.pop(0)
            if answer is not None:
                return httpx.Response(answer)
            await send(request)
            raise httpx.ReadError("gone", request=request)
        return await then(request, send) if then else None

    network.bend = bend


@pytest.mark.parametrize("until", [10, 60], ids=["ten seconds", "a minute"])
@virtual_time
async def test_nobody_whose_send_got_no_answer_is_texted_again(world, until):
    async with world() as w:
        sends(w.network, "multi", None, then=unreadable_logs(until=until))
        outcomes = await w.run(CAMPAIGN["multi"], people(2))
        assert sum(one.kind is OutcomeKind.FINAL for one in outcomes) == 2
        assert (await w.stats())["accepted"] == 2


@virtual_time
async def test_a_message_taken_without_an_answer_and_then_refused_is_not_rejected(world):
    async with world() as w:
        w.client._transport._retry = attrs.evolve(w.client._transport._retry, attempts=1)
        sends(w.network, "advanced", None, 400, then=unreadable_logs(until=10))
        outcomes = await w.run(CAMPAIGN["advanced"], people(1))
        assert [one.kind for one in outcomes] == [OutcomeKind.ACCEPTED, OutcomeKind.FINAL]


@virtual_time
async def test_somebody_elses_is_nothing_to_wait_for(world):
    async with world() as w:
        await w.client.sms.send("66899999999", "Hi", sender="ANTS")

        async def bend(request, send):
            answer = await send(request)
            await answer.aread()
            return httpx.Response(200, content=answer.content.replace(b'"66899999999"', b"[]"))

        async def logs(request, send):
            return await bend(request, send) if request.url.path == LOGS else None

        sends(w.network, "multi", None, then=logs)
        outcomes = await w.run(CAMPAIGN["multi"], people(10))
        assert sum(one.deduplicated for one in outcomes if one.kind is OutcomeKind.FINAL) == 10


@virtual_time
async def test_for_ever_pauses_the_campaign_with_everybody_texted_once(world):
    async with world() as w:
        sends(w.network, "multi", None, then=unreadable_logs(until=1e9))
        with pytest.raises(CampaignPaused, match="entries of the logs cannot be read"):
            await w.run(CAMPAIGN["multi"], people(2))
        assert (await w.stats())["accepted"] == 2


@virtual_time
async def test_an_old_copy_of_the_ledger_is_not_taken_for_a_new_one(world, tmp_path):
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    async with world() as w:
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN["multi"], people(10))
        copy.write_bytes(path.read_bytes())
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN["multi"], people(30))
        path.write_bytes(copy.read_bytes())
        w.network.bend = unreadable_logs(until=1)
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN["multi"], people(30))
        assert (await w.stats())["accepted"] == 30


@virtual_time
async def test_find_says_so_instead_of_finding_nothing(world):
    async with world() as w:
        lose = httpx.ReadError("gone")

        async def bend(request, send):
            await send(request)
            raise lose

        w.network.bend = bend
        with pytest.raises(OutcomeUnknown) as caught:
            await w.client.sms.send("66847781470", "Hi", sender="ANTS")
        w.network.bend = unreadable_logs(until=1)
        with pytest.raises(IncompleteResult, match="1 entries of the logs cannot be read"):
            await w.client.sms.find(caught.value)
