"""A ledger is one file, for one process at a time, and refuses what it cannot keep faithfully."""

import sqlite3
import stat

import pytest

from ants_async.dispatch import Campaign, SqliteLedger
from ants_async.dispatch.ledger.schema import VERSION
from ants_async.errors import LedgerError, LedgerInUse


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.db"


async def opened(path, **options):
    async with SqliteLedger(path, **options) as ledger:
        return await ledger.campaigns()


async def test_the_file_is_for_its_owner_alone(path):
    async with SqliteLedger(path):
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes.keys() >= {"ledger.db", "ledger.db-wal", "ledger.db-lock"}
    assert set(modes.values()) == {0o600}


async def test_a_second_opening_is_refused_until_the_first_has_ended(path):
    async with SqliteLedger(path):
        with pytest.raises(LedgerInUse, match="in use"):
            await opened(path)
    await opened(path)


async def test_a_link_to_it_is_the_same_ledger(path, tmp_path):
    await opened(path)
    link = tmp_path / "link.db"
    link.symlink_to(path)
    async with SqliteLedger(path):
        with pytest.raises(LedgerInUse):
            await opened(link)


async def test_what_cannot_be_opened_leaves_nothing_behind(tmp_path):
    with pytest.raises(LedgerError):
        await opened(tmp_path)
    assert not list(tmp_path.parent.glob(f"{tmp_path.name}-*"))


async def test_one_that_fails_while_it_is_opened_is_let_go(path, monkeypatch):
    def fail():
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr("ants_async.dispatch.ledger.campaigns.mark_interrupted", fail)
        with pytest.raises(LedgerError, match="disk I/O error"):
            await opened(path)
    await opened(path)


async def test_others_may_look_meanwhile_but_not_write(path):
    async with SqliteLedger(path) as ledger:
        await ledger.open_campaign(Campaign("c", text="x"), None, reads_source=True, now=0.0)
        async with SqliteLedger(path, read_only=True) as looking:
            assert [one.campaign.id for one in await looking.campaigns()] == ["c"]
            with pytest.raises(LedgerError):
                await looking.source_read(1)


async def test_nothing_is_created_by_looking(path):
    with pytest.raises(LedgerError, match="does not exist"):
        await opened(path, read_only=True)
    assert not path.exists()


async def test_a_file_that_is_no_database_is_left_alone(path):
    path.write_text("to,text\n" * 1000)
    with pytest.raises(LedgerError, match="not a database"):
        await opened(path)
    assert path.read_text() == "to,text\n" * 1000
    with pytest.raises(LedgerError, match="not a database"):  # and the lock was let go
        await opened(path)


async def test_a_strangers_database_is_left_alone(path):
    with sqlite3.connect(path) as stranger:
        stranger.execute("CREATE TABLE recipes (name TEXT)")
    stranger.close()
    with pytest.raises(LedgerError, match="no ledger of this program"):
        await opened(path)


async def test_a_ledger_of_a_newer_version_is_left_alone(path):
    await opened(path)
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    newer.close()
    with pytest.raises(LedgerError, match="newer version"):
        await opened(path)


async def test_a_folder_that_is_not_there_is_an_error_of_the_ledger(tmp_path):
    with pytest.raises(LedgerError, match="No such file"):
        await opened(tmp_path / "nowhere/ledger.db")
