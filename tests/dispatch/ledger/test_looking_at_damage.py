"""Whoever only looks at a damaged ledger is told so; the checks before sending are no part of looking."""

from traceback import format_exception

import pytest
from engine_world import people
from ledger_damage import changed
from virtual_time import run_virtual

from ants_async.dispatch import Campaign, SqliteLedger
from ants_async.errors import LedgerDamaged

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS")


async def finished(world, path):
    async with world() as w, SqliteLedger(path) as w.ledger:
        await w.run(CAMPAIGN, people(20))


async def look(path, *, read_only):
    async with SqliteLedger(path, read_only=read_only) as ledger:
        await ledger.campaigns()
        await ledger.summary(CAMPAIGN.id)
        return [outcome async for outcome in ledger.outcomes(CAMPAIGN.id)]


UNREADABLE = {
    "a mode that is none": "UPDATE campaign SET mode = 'advinced'",
    "a campaign's state that is none": "UPDATE campaign SET state = 'finithed'",
    "a campaign's id that is none": "UPDATE campaign SET id = ''",
    "a campaign from after the end of time": "UPDATE campaign SET created_at = 1e300",
    "a validity beyond all days": "UPDATE campaign SET validity = 1e300",
    "a message's state that is none": "UPDATE fate SET state = 7 WHERE chunk = 1 AND state = 6",
    "a price that is none": "UPDATE fate SET price = '0.3x' WHERE state = 6",
    "a report from after the end of time": "UPDATE fate SET done_at = 1e300 WHERE state = 6",
    "a status that is not there": "UPDATE fate SET status = 99 WHERE state = 6",
    "a fate of more messages than there are": "UPDATE fate SET last = 1000000000000 WHERE first = 3",
    "messages that are no list": "UPDATE planned SET rows = substr(rows, 2) WHERE chunk = 1",
    "numbers that are no text": "UPDATE planned SET numbers = CAST(x'ff' || numbers AS TEXT) WHERE chunk = 1",
    "a chunk with more messages than there are": "UPDATE chunk SET last = 1000000000000 WHERE key = 2",
    "a chunk that ends before it begins": "UPDATE chunk SET last = 3 WHERE key = 2",
}


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("sql", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_told_as_damage(world, tmp_path, sql, read_only):
    run_virtual(finished, world, tmp_path / "ledger.db")
    changed(tmp_path / "ledger.db", sql)
    with pytest.raises(LedgerDamaged, match="the ledger is damaged") as refused:
        run_virtual(lambda: look(tmp_path / "ledger.db", read_only=read_only))
    assert people(1)[0].to not in "".join(format_exception(refused.value))


def test_a_sound_one_is_read(world, tmp_path):
    run_virtual(finished, world, tmp_path / "ledger.db")
    assert len(run_virtual(lambda: look(tmp_path / "ledger.db", read_only=True))) == 20
