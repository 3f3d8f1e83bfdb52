"""A damaged ledger is told apart from a sound one before anything is sent by it."""

import shutil
import sqlite3
from contextlib import closing
from random import Random

import anyio
import pytest
from engine_world import people
from ledger_damage import changed
from virtual_time import run_virtual, virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, SqliteLedger
from ants_async.errors import LedgerDamaged, LedgerError

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS")


async def half_sent(w, folder):
    """A ledger as a killed process leaves it: 30 of 50 answered, some final, one chunk without an answer."""
    sends = iter(range(10**6))

    async def bend(request, send):
        if "/text/" in request.url.path and next(sends) >= 3:
            await send(request)
            await anyio.sleep_forever()

    async with SqliteLedger(folder / "killed.db") as ledger:
        w.ledger, w.network.bend = ledger, bend
        outcomes = w.dispatcher(concurrency=1).run(CAMPAIGN, people(50))
        async for outcome in outcomes:
            if outcome.kind is OutcomeKind.FINAL:
                break
        for name in ("", "-wal"):  # as it is on disk while the process is at work
            shutil.copy(folder / f"killed.db{name}", folder / f"ledger.db{name}")
        await outcomes.aclose()
    w.network.bend = None
    return folder / "ledger.db"


async def finish(w, path):
    async with SqliteLedger(path) as ledger:
        w.ledger = ledger
        await w.run(CAMPAIGN, people(50))
        return await w.newest(CAMPAIGN)


HARMFUL = {
    "a number": "UPDATE planned SET numbers = replace(numbers, '31', '13') WHERE chunk = 4",
    "numbers into no text": "UPDATE planned SET numbers = CAST(x'ff' || numbers AS TEXT) WHERE chunk = 4",
    "a row": "UPDATE planned SET rows = replace(rows, '31', '13') WHERE chunk = 4",
    "a text": "UPDATE planned SET texts = replace(texts, 'Hi', 'Bye') WHERE chunk = 4",
    "a state": "UPDATE fate SET state = 2 WHERE chunk = 1",
    "another state": "UPDATE fate SET state = 9 WHERE chunk = 2 AND state = 3",
    "whom an answer is about": "UPDATE fate SET last = last - 1 WHERE chunk = 2",
    "which chunk an answer is about": "UPDATE fate SET chunk = 4 WHERE chunk = 2",
    "an answer gone": "DELETE FROM fate WHERE chunk = 2",
    "a chunk's messages gone": "DELETE FROM planned WHERE chunk = 2",
    "the last chunk's messages gone": "DELETE FROM planned WHERE chunk = (SELECT max(chunk) FROM planned)",
    "a chunk gone": "DELETE FROM chunk WHERE key = 2",
    "a chunk's end": "UPDATE chunk SET last = last - 1 WHERE key = 2",
    "a chunk that counts as closed": "UPDATE chunk SET state = 2 WHERE state <> 2",
    "when a chunk was tried": "UPDATE chunk SET attempted_at = attempted_at + 7200",
    "a bulk id": "UPDATE chunk SET bulk_id = 'x' || bulk_id WHERE key = 1",
    "the campaign's text": "UPDATE campaign SET text = 'Bye {name}'",
    "the campaign's id": "UPDATE campaign SET created_at = 1.0",
}


@pytest.mark.parametrize("sql", HARMFUL.values(), ids=HARMFUL)
@virtual_time
async def test_what_was_changed_in_it_is_noticed_before_anything_is_sent(world, tmp_path, sql):
    async with world() as w:
        path = await half_sent(w, tmp_path)
        changed(path, sql)
        w.network.requests.clear()
        with pytest.raises(LedgerDamaged):
            await finish(w, path)
        assert not w.network.requests


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE suppressed SET numbers = zeroblob(5)",
        "UPDATE suppressed SET campaign = campaign + 1",
        "DELETE FROM suppressed",
    ],
)
@virtual_time
async def test_nor_does_a_changed_suppression_list_let_anybody_through(world, tmp_path, sql):
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db") as w.ledger:
            stop = {one.to for one in people(50)}
            assert [one async for one in w.dispatcher().run(CAMPAIGN, people(50), suppress=stop)]
        changed(tmp_path / "ledger.db", sql)
        with pytest.raises(LedgerDamaged, match=r"suppression list|numbers that are not to be texted"):
            await finish(w, tmp_path / "ledger.db")


@virtual_time
async def test_a_sound_one_goes_on(world, tmp_path):
    async with world() as w:
        newest = await finish(w, await half_sent(w, tmp_path))
        assert [one.kind for one in newest] == [OutcomeKind.FINAL] * 50
        assert (await w.stats())["accepted"] == 50


def flipped(rng, content):
    """One bit, or one byte, or a block of zeroes as a disk leaves it."""
    place = rng.randrange(len(content))
    kind = rng.choice(["bit", "byte", "block"])
    if kind == "bit":
        content[place] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        content[place] = rng.randrange(256)
    else:
        content[place : place + 512] = bytes(len(content[place : place + 512]))


def cut_short(rng, content):
    del content[rng.randrange(len(content)) :]


async def go_on(world, folder, rng, damage):
    """Damage a half-sent ledger, and run it; nobody may be lost or texted twice, be it refused or not."""
    async with world() as w:
        path = await half_sent(w, folder)
        victim = folder / rng.choice(["ledger.db", "ledger.db-wal"])
        if victim == path:  # what was written lately stands in the log until it is carried over
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray(victim.read_bytes())
        damage(rng, content)
        victim.write_bytes(content)
        try:
            newest = await finish(w, path)
        except LedgerError:
            return True
        numbers = [one.to for one in people(50)]
        assert sorted(one.to for one in newest) == sorted(numbers)
        assert all(one.is_last for one in newest)
        assert (await w.stats())["accepted_recipients"] == (await w.stats())["accepted"] == 50
        return False


@pytest.mark.parametrize("damage", [flipped, cut_short])
@pytest.mark.parametrize("seed", range(20))
def test_bytes_flipped_or_lost_lose_nobody_and_text_nobody_twice(world, tmp_path, damage, seed):
    run_virtual(go_on, world, tmp_path, Random(seed), damage)


@pytest.mark.parametrize("left", [0.3, 0.6])
def test_a_file_cut_short_is_refused(world, tmp_path, left):
    class OfTheFile(Random):
        def choice(self, options):
            return options[0]

    def cut(_, content):
        del content[int(len(content) * left) :]

    assert run_virtual(go_on, world, tmp_path, OfTheFile(), cut)
