"""Submitting: a list comes into the database with its jobs, as often as it is submitted, and nobody twice."""

import asyncio
from contextlib import aclosing

import anyio
import attrs
import pytest
from scaleout_world import CAMPAIGN, FIRST, everybody, numbered, people

from ants_async.dispatch import Campaign, Dispatcher, Mode, OutcomeKind, Recipient
from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger.postgres import PostgresLedger
from ants_async.errors import CampaignMismatch, LedgerError, LedgerInUse, ValidationError

OWN_TEXTS = Campaign("own", sender="ANTS")


async def state_of(world, campaign=CAMPAIGN):
    return (await world.scaleout.campaign(campaign.id).summary()).state


class TestList:
    async def test_each_is_texted_once_and_has_the_last_word(self, world):
        await world.scaleout.submit(CAMPAIGN, people(95))
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.is_done
        assert await world.texted() == everybody(95)

    async def test_chunks_and_their_jobs_come_together(self, world):
        await world.scaleout.submit(CAMPAIGN, people(95))
        assert [job.args["chunk"] for job in await world.jobs("send")] == await world.chunks()
        assert len(await world.chunks()) == 10

    async def test_where_the_transaction_fails_there_are_neither(self, world, monkeypatch):
        async def fail(connection, chunks, turn):
            await defer(connection, chunks, turn)
            raise LedgerError("planted")

        defer = world.queue.send
        monkeypatch.setattr(world.queue, "send", fail)
        with pytest.raises(LedgerError, match="planted"):
            await world.scaleout.submit(CAMPAIGN, people(95))
        assert await world.chunks() == []
        assert await world.jobs() == []
        assert await world.sql("SELECT FROM lease") == []
        monkeypatch.undo()
        await world.scaleout.submit(CAMPAIGN, people(95))
        await world.work_to_the_end()
        assert await world.texted() == everybody(95)

    async def test_it_may_come_from_an_async_source(self, world):
        async def source():
            for one in people(25):
                yield one

        await world.scaleout.submit(CAMPAIGN, source())
        await world.work_to_the_end()
        assert await world.texted() == everybody(25)

    async def test_an_empty_one_is_finished_at_once(self, world):
        campaign = await world.scaleout.submit(CAMPAIGN, [])
        assert (await campaign.finished()).state is CampaignState.FINISHED

    async def test_it_is_sent_while_it_is_still_being_read(self, world):
        texted = []

        async def source():
            for one in people(250):
                yield one
                if one.to == str(FIRST + 230):
                    await world.work("ants_send")
                    texted.append(len(await world.texted()))

        await world.scaleout.submit(CAMPAIGN, source())
        assert texted == [200]

    async def test_who_stands_in_it_twice_is_noted_and_texted_once(self, world):
        await world.scaleout.submit(CAMPAIGN, numbered(1, 2, 1, 3, 2, 2))
        summary = await world.work_to_the_end()
        assert summary.duplicates == 3
        assert await world.texted() == everybody(3, first=FIRST + 1)
        doubled = [one for one in await world.newest() if one.kind is OutcomeKind.DUPLICATE]
        assert [(one.row, one.to) for one in doubled] == [
            (3, str(FIRST + 1)),
            (5, str(FIRST + 2)),
            (6, str(FIRST + 2)),
        ]


class TestAgain:
    @pytest.mark.parametrize("is_sent", [False, True])
    @pytest.mark.parametrize(
        "again",
        [people(95), people(95, shuffled=7), people(40), people(140), people(140, shuffled=7), []],
        ids=["same", "shuffled", "cut", "extended", "extended and shuffled", "empty"],
    )
    async def test_nobody_is_lost_and_nobody_is_texted_twice(self, world, again, is_sent):
        await world.scaleout.submit(CAMPAIGN, people(95))
        if is_sent:
            assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        await world.scaleout.submit(CAMPAIGN, again)
        summary = await world.work_to_the_end()
        assert summary.state is CampaignState.FINISHED
        assert summary.total == max(95, len(again))
        assert await world.texted() == everybody(max(95, len(again)))

    async def test_doubled_rows_are_those_of_the_last_reading(self, world):
        await world.scaleout.submit(CAMPAIGN, numbered(1, 1, 1, 2))
        await world.scaleout.submit(CAMPAIGN, numbered(1, 2, 2))
        summary = await world.scaleout.campaign(CAMPAIGN.id).summary()
        assert summary.duplicates == 1
        assert summary.total == 2

    @pytest.mark.parametrize("before", [5, 25, 250])
    async def test_a_list_that_breaks_off_is_kept_so_far_and_goes_on_when_it_comes_again(self, world, before):
        def breaking():
            yield from people(before)
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="the disk is gone"):
            await world.scaleout.submit(CAMPAIGN, breaking())
        await world.work_to_the_end()
        texted = await world.texted()
        assert before - 10 < len(texted) <= before  # a chunk is cut when it is full
        assert texted <= everybody(before)
        assert await state_of(world) is CampaignState.RUNNING
        await world.scaleout.submit(CAMPAIGN, people(300))
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(300)

    async def test_of_a_source_that_gives_them_one_by_one_nobody_is_left_out(self, world):
        async def breaking():
            for one in people(37):
                yield one
            raise OSError("the line is gone")

        with pytest.raises(OSError, match="the line is gone"):
            await world.scaleout.submit(CAMPAIGN, breaking())
        await world.work_to_the_end()
        assert await world.texted() == everybody(37)

    async def test_what_may_have_been_stored_is_not_stored_again(self, world, monkeypatch):
        """The connection is lost while the transaction ends: nobody knows how it ended."""
        within = world.ledger.within

        async def lost(do):
            value = await within(do)
            if await world.chunks():
                raise LedgerError("the connection is lost")
            return value

        monkeypatch.setattr(world.ledger, "within", lost)
        with pytest.raises(LedgerError, match="is lost"):
            await world.scaleout.submit(CAMPAIGN, people(300))
        monkeypatch.undo()
        await world.scaleout.submit(CAMPAIGN, people(300))
        assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).total == 300

    async def test_a_bad_row_costs_only_what_stands_behind_it(self, world):
        rows = [*people(20), Recipient(str(FIRST + 20)), *people(10, first=FIRST + 21)]  # it has no name
        with pytest.raises(ValidationError, match="name"):
            await world.scaleout.submit(CAMPAIGN, rows)
        assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).total == 20

    @pytest.mark.parametrize(
        "other",
        [attrs.evolve(CAMPAIGN, text="Hello"), attrs.evolve(CAMPAIGN, sender="OTHER")],
        ids=["text", "sender"],
    )
    async def test_another_campaign_of_the_same_id_is_refused(self, world, other):
        await world.scaleout.submit(CAMPAIGN, people(5))
        before = await world.snapshot()
        with pytest.raises(CampaignMismatch):
            await world.scaleout.submit(other, people(5))
        assert await world.snapshot() == before

    async def test_one_that_was_cancelled_is_refused(self, world):
        campaign = await world.scaleout.submit(CAMPAIGN, people(5))
        await campaign.cancel()
        with pytest.raises(CampaignMismatch, match="was cancelled"):
            await world.scaleout.submit(CAMPAIGN, people(5))
        assert await state_of(world) is CampaignState.CANCELLED


def held_up(count):
    """A list that stops after so many, an event that says so, and one that lets it end."""
    is_reading, goes_on = anyio.Event(), anyio.Event()

    async def slow():
        for one in people(count):
            yield one
        is_reading.set()
        await goes_on.wait()

    return slow(), is_reading, goes_on


class TestRefused:
    async def test_without_ids_of_our_own(self, world):
        multi = Campaign("multi", text="Hi", mode=Mode.MULTI)
        with pytest.raises(ValidationError, match="advanced"):
            await world.scaleout.submit(multi, people(5))
        assert await world.scaleout.campaigns() == []

    async def test_neither_a_list_nor_the_name_of_one(self, world):
        with pytest.raises(ValidationError, match="source"):
            await world.scaleout.submit(CAMPAIGN, None)

    async def test_while_its_list_is_being_read_elsewhere(self, world):
        other = await world.open()
        slow, is_reading, goes_on = held_up(5)
        async with anyio.create_task_group() as group:
            group.start_soon(other.submit, CAMPAIGN, slow)
            await is_reading.wait()
            with pytest.raises(LedgerInUse):
                await world.scaleout.submit(CAMPAIGN, people(10))
            goes_on.set()
        await world.scaleout.submit(CAMPAIGN, people(10))
        assert (await world.scaleout.campaign(CAMPAIGN.id).summary()).total == 10

    async def test_after_one_that_was_cancelled_while_it_read_others_may(self, world):
        slow, is_reading, _ = held_up(15)
        task = asyncio.create_task(world.scaleout.submit(CAMPAIGN, slow))
        await is_reading.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await world.scaleout.submit(CAMPAIGN, people(20))
        await world.work_to_the_end()
        assert await world.texted() == everybody(20)

    @pytest.mark.parametrize("row", [1, 190, 200, 391])
    @pytest.mark.parametrize("is_of_asyncio", [False, True])
    async def test_all_that_one_had_read_is_there_wherever_it_is_cancelled(self, world, row, is_of_asyncio):
        scope, read = anyio.CancelScope(), []

        def cut_off():
            for one in people(1000):
                read.append(one)
                if len(read) == row:
                    asyncio.current_task().cancel() if is_of_asyncio else scope.cancel()
                yield one

        async def submit():
            with scope:
                await world.scaleout.submit(CAMPAIGN, cut_off())

        await asyncio.wait({asyncio.create_task(submit())})
        assert (await world.scaleout.ledger.summary(CAMPAIGN.id)).total == len(read) < 1000

    async def test_what_one_that_was_cancelled_had_read_is_sent(self, world):
        slow, is_reading, _ = held_up(25)
        async with anyio.create_task_group() as group:
            group.start_soon(world.scaleout.submit, CAMPAIGN, slow)
            await is_reading.wait()
            group.cancel_scope.cancel()
        await world.work_to_the_end()
        assert await world.texted() == everybody(25)


class TestReadByAWorker:
    @staticmethod
    async def reader(world, read_source):
        return await world.worker_of_its_own(read_source=read_source)

    async def test_it_is_read_there_and_sent(self, world):
        names = []

        def read(name):
            names.append(name.source)
            return people(25)

        reader = await self.reader(world, read)
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
        assert await world.work(scaleout=reader)
        assert names == ["customers.csv"]
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(25)
        assert (await campaign.summary()).source == "customers.csv"
        assert await world.sql("SELECT FROM reading") == []

    @pytest.mark.parametrize("error", [OSError("gone"), UnicodeError("no UTF-8"), KeyError("phone")])
    async def test_what_cannot_be_read_pauses_it_with_a_reason(self, world, error):
        def read(_):
            yield from people(25)
            raise error

        reader = await self.reader(world, read)
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
        await world.work(scaleout=reader)
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        # What a reader of the user's own says may quote anything: its kind has to do.
        assert (str(error) if isinstance(error, OSError) else type(error).__name__) in summary.reason

    async def test_and_after_it_was_mended_it_is_resumed(self, world):
        contents = [people(5), people(25)]

        def read(_):
            yield from contents.pop(0)
            if contents:
                raise OSError("gone")

        reader = await self.reader(world, read)
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
        await world.work(scaleout=reader)
        await reader.sweep()
        assert await world.jobs("read") == []
        await campaign.resume()
        await reader.sweep()
        await world.work(scaleout=reader)
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(25)

    async def test_a_worker_that_does_not_know_how_says_so(self, world):
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
        await world.work()
        summary = await campaign.summary()
        assert summary.state is CampaignState.PAUSED
        assert "read_source" in summary.reason

    async def test_one_that_was_paused_or_cancelled_before_is_not_read(self, world):
        read = []
        reader = await self.reader(world, lambda name: read.append(name) or [])
        campaign = await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")
        await campaign.cancel()
        await world.work(scaleout=reader)
        assert read == []
        assert await state_of(world) is CampaignState.CANCELLED

    async def test_an_outage_of_the_database_is_no_fault_of_the_list(self, world, monkeypatch):
        reader = await self.reader(world, lambda _: people(25))
        await world.scaleout.submit(CAMPAIGN, None, source="customers.csv")

        async def away(*_):
            raise LedgerError("the database is away")

        monkeypatch.setattr(reader._queue, "send", away)
        with pytest.raises(LedgerError):
            await world.work(scaleout=reader)
        monkeypatch.undo()
        assert await state_of(world) is CampaignState.RUNNING
        await reader.sweep()
        await world.work(scaleout=reader)
        await world.work_to_the_end()
        assert await world.texted() == everybody(25)


class TestOneProcessAndMany:
    @staticmethod
    async def begun_by_one(world, *, stop_after, store_texts=True, campaign=CAMPAIGN, recipients=None):
        async with PostgresLedger(world.url, store_texts=store_texts) as ledger:
            dispatcher = Dispatcher(world.client, ledger, chunk_size=10, concurrency=1, grace=0)
            async with aclosing(dispatcher.run(campaign, recipients or people(40))) as outcomes:
                seen = 0
                async for _ in outcomes:
                    seen += 1
                    if seen == stop_after:
                        break

    async def test_workers_go_on_with_what_a_single_process_began(self, world):
        await self.begun_by_one(world, stop_after=15)
        assert await state_of(world) is CampaignState.INTERRUPTED
        await world.scaleout.submit(CAMPAIGN, people(60))
        await world.scaleout.sweep()
        assert (await world.work_to_the_end()).state is CampaignState.FINISHED
        assert await world.texted() == everybody(60)

    async def test_while_it_is_at_work_there_it_is_refused_here(self, world):
        async with PostgresLedger(world.url) as ledger:
            dispatcher = Dispatcher(world.client, ledger, chunk_size=10)
            async with aclosing(dispatcher.run(CAMPAIGN, people(40))) as outcomes:
                await anext(outcomes)
                with pytest.raises(LedgerInUse):
                    await world.scaleout.submit(CAMPAIGN, people(40))

    async def test_a_single_process_is_refused_what_workers_have(self, world):
        await world.scaleout.submit(CAMPAIGN, people(5))
        before = await world.snapshot()
        with pytest.raises(LedgerInUse, match="submitted to workers"):
            await self.begun_by_one(world, stop_after=1)
        assert await world.snapshot() == before

    async def test_what_stands_in_a_ledger_without_its_texts_is_not_for_workers(self, world):
        """They would have nothing to send: only the process that has the list has the texts."""
        own = [Recipient(str(FIRST + number), text=f"Hello {number}") for number in range(40)]
        await self.begun_by_one(world, stop_after=5, store_texts=False, campaign=OWN_TEXTS, recipients=own)
        with pytest.raises(CampaignMismatch, match="texts"):
            await world.scaleout.submit(OWN_TEXTS, own)
        assert await state_of(world, OWN_TEXTS) is CampaignState.INTERRUPTED
