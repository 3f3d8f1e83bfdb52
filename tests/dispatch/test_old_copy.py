"""An old copy of the ledger is put back: what it does not know any more is not sent a second time."""

import json
import shutil

import anyio
import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, SqliteLedger
from ants_async.errors import CampaignPaused

CAMPAIGN = {
    mode: Campaign("songkran", text="Hi {name}", sender="ANTS", mode=mode) for mode in ("advanced", "multi")
}
LOGS = "/sms/1/logs"


async def old_copy(w, folder, campaign, *, after):
    """Send to 50, and put back the file as it was when so many had been sent to; gives its path."""
    path = folder / "ledger.db"
    for count in (after, 50):
        async with SqliteLedger(path) as w.ledger:
            await w.run(campaign, people(count))
        if count == after:
            shutil.copy(path, folder / "copy.db")
    shutil.copy(folder / "copy.db", path)
    w.network.requests.clear()
    return path


@pytest.mark.parametrize("mode", CAMPAIGN)
@pytest.mark.parametrize("after", [0, 20])
@virtual_time
async def test_nobody_is_texted_twice(world, tmp_path, mode, after):
    async with world() as w:
        path = await old_copy(w, tmp_path, CAMPAIGN[mode], after=after)
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN[mode], people(60))
            newest = await w.newest(CAMPAIGN[mode])
        assert [one.kind for one in newest] == [OutcomeKind.FINAL] * 60
        assert sum(one.deduplicated for one in newest) == 50 - after
        assert (await w.stats())["accepted"] == 60


@pytest.mark.parametrize("with_list", [True, False])
@virtual_time
async def test_nor_when_the_last_request_was_still_under_way(world, tmp_path, with_list):
    campaign, path = CAMPAIGN["multi"], tmp_path / "ledger.db"

    async def refuse(request, _):
        return httpx.Response(401) if "/text/" in request.url.path else None

    async with world() as w, anyio.create_task_group() as under_way:

        async def late(send, request):
            await anyio.sleep(3)
            await send(request)

        async def slow(request, send):
            if "/text/" not in request.url.path:
                return None
            under_way.start_soon(late, send, request)
            killed.cancel()
            return await anyio.sleep_forever()

        w.network.bend = refuse  # so that all is kept for later
        async with SqliteLedger(path) as w.ledger:
            with pytest.raises(CampaignPaused):
                await w.run(campaign, people(20))
        shutil.copy(path, tmp_path / "copy.db")
        w.network.bend = slow
        async with SqliteLedger(path) as w.ledger:
            with anyio.CancelScope() as killed:
                await w.run(campaign, people(40), grace=0)
        shutil.copy(tmp_path / "copy.db", path)
        w.network.bend = None
        async with SqliteLedger(path) as w.ledger:
            await w.run(campaign, people(40) if with_list else None)
        assert (await w.stats())["accepted"] == (await w.stats())["accepted_recipients"]


@virtual_time
async def test_when_it_fails_half_way_through_looking_back(world, tmp_path):
    campaign = CAMPAIGN["multi"]
    async with world() as w:
        path = await old_copy(w, tmp_path, campaign, after=20)

        async def bend(request, send):
            if request.url.path == LOGS and 2 < w.network.count(LOGS) < 8:
                raise httpx.ReadError("gone", request=request)

        w.network.bend = bend
        async with SqliteLedger(path) as w.ledger:
            await w.run(campaign, people(60))
        assert (await w.stats())["accepted"] == 60


@virtual_time
async def test_where_the_logs_cannot_be_walked_each_chunk_is_looked_up(world, tmp_path, monkeypatch):
    campaign = CAMPAIGN["multi"]
    async with world() as w:
        path = await old_copy(w, tmp_path, campaign, after=20)
        for module in ("reports", "finding"):  # a page holds less than was sent in one moment
            monkeypatch.setattr(f"ants_async.resources.{module}.MAX_LIMIT", 5)
        monkeypatch.setattr("ants_async.dispatch.inquiry.MAX_LIMIT", 5)
        monkeypatch.setattr("ants_async.dispatch.lookup.MAX_LIMIT", 5)
        async with SqliteLedger(path) as w.ledger:
            await w.run(campaign, people(60))
        assert (await w.stats())["accepted"] == 60


@virtual_time
async def test_what_others_sent_to_new_recipients_meanwhile_is_not_ours(world, tmp_path):
    campaign = CAMPAIGN["multi"]
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db") as w.ledger:
            await w.run(campaign, people(20))
            for one in people(60)[50:]:
                await w.client.sms.send(one.to, "another text", sender="ANTS")
            outcomes = await w.run(campaign, people(60))
        assert not any(one.deduplicated for one in outcomes)
        assert (await w.stats())["accepted"] == 70


@virtual_time
async def test_a_ledger_that_is_whole_costs_one_look_at_the_logs(world, tmp_path):
    campaign = CAMPAIGN["multi"]
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db") as w.ledger:
            await w.run(campaign, people(20))
            w.network.requests.clear()
            await w.run(campaign, people(60))
        assert w.network.count(LOGS) == 1


@virtual_time
async def test_a_chunk_that_was_kept_for_later_may_have_been_sent_since(world, tmp_path):
    campaign, path = CAMPAIGN["multi"], tmp_path / "ledger.db"

    async def refuse(request, _):
        return httpx.Response(401) if "/text/" in request.url.path else None

    async with world() as w:
        w.network.bend = refuse
        async with SqliteLedger(path) as w.ledger:
            with pytest.raises(CampaignPaused):
                await w.run(campaign, people(20))
        shutil.copy(path, tmp_path / "copy.db")
        w.network.bend = None
        for put_back in (False, True):
            if put_back:
                shutil.copy(tmp_path / "copy.db", path)
            async with SqliteLedger(path) as w.ledger:
                await w.run(campaign, people(20))
        assert (await w.stats())["accepted"] == 20


@virtual_time
async def test_with_our_own_ids_the_logs_are_asked_when_the_server_may_have_forgotten_them(
    world, tmp_path, monkeypatch
):
    campaign = CAMPAIGN["advanced"]
    async with world() as w:
        path = await old_copy(w, tmp_path, campaign, after=20)
        await anyio.sleep(2 * 3600)

        async def forgetful(request, send):  # whom it is asked to text it texts
            if "/text/" in request.url.path:
                body = json.loads(request.content)
                for message in body["messages"]:
                    for one in message["destinations"]:
                        one["messageId"] += "-again"
                headers = {"Authorization": request.headers["authorization"]}
                return await send(httpx.Request("POST", request.url, headers=headers, json=body))
            return None

        w.network.bend = forgetful
        async with SqliteLedger(path) as w.ledger:
            await w.run(campaign, people(50))
        assert (await w.stats())["accepted"] == 50
