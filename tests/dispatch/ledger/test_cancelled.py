"""Calls of the ledger cut off by asyncio itself: `asyncio.timeout`, `wait_for`, `Task.cancel`."""

import asyncio
import threading

import anyio
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, CampaignState, OutcomeKind, SqliteLedger
from ants_async.dispatch.ledger import campaigns
from ants_async.dispatch.messages import Messages
from ants_async.errors import LedgerError

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS")
CHANCE = 0.2  # real seconds in which a call that does not wait would have come between


class Held:
    """A function of the worker thread that stands still until it is let go, after its work or before."""

    def __init__(self, real, *, before=False):
        self._real = real
        self._before = before
        self._loop = asyncio.get_running_loop()
        self._begun = asyncio.Event()
        self._go_on = threading.Event()

    def __call__(self, *args, **kwargs):
        done = None if self._before else self._real(*args, **kwargs)
        self._loop.call_soon_threadsafe(self._begun.set)
        assert self._go_on.wait(30)
        return self._real(*args, **kwargs) if self._before else done

    async def begun(self):
        await self._begun.wait()

    def let_go(self):
        self._go_on.set()


async def turns(count=20):
    """Whatever is ready goes on."""
    for _ in range(count):
        await asyncio.sleep(0)


async def cut_off(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture
async def ledger(tmp_path):
    async with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def one_message():
    return Messages.planned(CAMPAIGN.id, [1], ["66800000001"], ["x"])


def set_both(connection):
    connection.execute("UPDATE campaign SET reason = 'cancelled'")
    connection.execute("UPDATE campaign SET source = 'cancelled'")


async def cut_off_while_another_comes(ledger, work, held):
    """Cancel a call at work, begin a chunk beside it, then let it end; gives what the ledger knows."""
    opened = await ledger.open_campaign(CAMPAIGN, None, reads_source=True, now=1.0)
    cancelled = asyncio.create_task(ledger._database.run(work))
    await held.begun()
    await cut_off(cancelled)
    following = asyncio.create_task(ledger.begin(opened, one_message(), 1.0))
    await asyncio.wait({following}, timeout=CHANCE)
    held.let_go()
    await following
    return await ledger.summary(CAMPAIGN.id)


async def test_the_next_call_waits_for_a_cancelled_one_that_is_still_at_work(ledger):
    held = Held(set_both)
    summary = await cut_off_while_another_comes(ledger, held, held)
    assert (summary.reason, summary.source, summary.planned) == ("cancelled", "cancelled", 1)


async def test_a_cancelled_call_that_fails_at_last_takes_nothing_of_the_next_with_it(ledger):
    def fail(connection):
        set_both(connection)
        held(connection)
        raise LedgerError("no more")

    held = Held(lambda _: None)
    summary = await cut_off_while_another_comes(ledger, fail, held)
    assert (summary.reason, summary.source, summary.planned) == (None, None, 1)


async def test_a_call_cancelled_while_it_waits_for_its_turn_never_begins(ledger):
    held = Held(lambda _: None)
    at_work = asyncio.create_task(ledger._database.run(held))
    await held.begun()
    calls = []
    waiting = asyncio.create_task(ledger._database.run(calls.append))
    await turns()
    await cut_off(waiting)
    held.let_go()
    await at_work
    await ledger.campaigns()
    assert not calls


@pytest.mark.parametrize("before", [True, False])
async def test_a_cancelled_opening_lets_go_of_the_file(tmp_path, monkeypatch, before):
    path = tmp_path / "ledger.db"
    ledger = SqliteLedger(path)
    held = Held(ledger._database._open, before=before)
    monkeypatch.setattr(ledger._database, "_open", held)
    opening = asyncio.create_task(ledger.__aenter__())
    await held.begun()
    opening.cancel()
    await turns()
    opening.cancel()  # and once more, while it waits for the thread
    await turns()
    held.let_go()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with SqliteLedger(path) as again:
        assert not await again.campaigns()


async def test_a_cancelled_closing_still_closes(tmp_path, monkeypatch):
    path = tmp_path / "ledger.db"
    ledger = await SqliteLedger(path).__aenter__()
    held = Held(ledger._database._close, before=True)
    monkeypatch.setattr(ledger._database, "_close", held)
    closing = asyncio.create_task(ledger.__aexit__(None, None, None))
    await held.begun()
    closing.cancel()
    await turns()
    held.let_go()
    with pytest.raises(asyncio.CancelledError):
        await closing
    async with SqliteLedger(path) as again:
        assert not await again.campaigns()


@virtual_time
async def test_a_campaign_cut_off_while_it_is_opened_can_be_run_again(world, tmp_path):
    held = Held(campaigns.open_campaign)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(campaigns, "open_campaign", held)
        async with world() as w, SqliteLedger(tmp_path / "ledger.db") as w.ledger:
            cancelled = asyncio.create_task(w.run(CAMPAIGN, people(3)))
            await held.begun()
            cancelled.cancel()
            await turns()
            held.let_go()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            assert (await w.ledger.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
            await w.run(CAMPAIGN, people(3))
            assert [one.kind for one in await w.newest(CAMPAIGN)] == [OutcomeKind.FINAL] * 3


class SlowToClose(SqliteLedger):
    """On a disk that has come to a stand."""

    async def close_campaign(self, *args):
        await anyio.sleep(60)
        await super().close_campaign(*args)


@virtual_time
async def test_a_campaign_that_is_closed_longer_than_its_grace_can_be_run_again(world, tmp_path):
    async with world() as w, SlowToClose(tmp_path / "ledger.db") as w.ledger:
        cancelled = asyncio.create_task(w.run(CAMPAIGN, people(3), grace=10.0))
        await anyio.sleep(1)
        await cut_off(cancelled)
        assert (await w.ledger.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
        await w.run(CAMPAIGN, people(3))
        assert [one.kind for one in await w.newest(CAMPAIGN)] == [OutcomeKind.FINAL] * 3


@virtual_time
async def test_a_run_that_is_cut_off_again_while_it_ends_is_at_its_end_when_it_says_so(world, tmp_path):
    async with world() as w, SlowToClose(tmp_path / "ledger.db") as w.ledger:
        cancelled = asyncio.create_task(w.run(CAMPAIGN, people(3), grace=10.0))
        await anyio.sleep(1)
        for _ in range(3):
            cancelled.cancel()
            await anyio.sleep(1)
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert (await w.ledger.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
