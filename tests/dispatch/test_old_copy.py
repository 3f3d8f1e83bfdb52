"""An old copy of the ledger is put back: what it does not know any more is not sent a second time."""

import shutil

import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, SqliteLedger

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
        monkeypatch.setattr("ants_async.dispatch.tracking.MAX_LIMIT", 5)
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
        assert w.network.count(LOGS) == 2  # what time it is, and whom the ledger does not know
