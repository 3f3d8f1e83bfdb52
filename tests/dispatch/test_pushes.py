"""Pushed reports in the engine: in whatever order they come and however they are cut off, nothing is lost."""

import asyncio
import json
from collections import Counter
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
import anyio.lowlevel
import attrs
import httpx
import pytest
from engine_world import people, wall_clock
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, Dispatcher, Mode, OutcomeKind
from ants_async.dispatch.arrivals import Arrivals
from ants_async.dispatch.ledger.protocol import Pushed
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.push import Push, PushKey
from ants_async.errors import LedgerError, ReportsNotTaken
from ants_async.models.delivery_errors import DeliveryError
from ants_async.models.reports import DeliveryReport, Price
from ants_async.models.statuses import STATUSES, Status

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
PUSH = Push("https://example.com/ants", PushKey("k1", b"s" * 32))
DELIVERED, PENDING, EXPIRED = STATUSES[5], STATUSES[3], STATUSES[15]
REPORTS = "/sms/1/reports"
FAR = 100_000.0  # seconds to delivery: nothing but pushes says anything


def report(outcome, status=DELIVERED, **fields):
    return DeliveryReport(
        message_id=outcome.message_id, bulk_id=outcome.bulk_id, to=outcome.to, status=status, **fields
    )


def finals(outcomes):
    return sum(one.kind is OutcomeKind.FINAL for one in outcomes)


class Running:
    """A campaign at work whose reader can be made to stop and go on."""

    def __init__(self, world, dispatcher):
        self.world, self.dispatcher = world, dispatcher
        self.read = []
        self.reader_goes_on = anyio.Event()
        self.done = anyio.Event()

    async def main(self, recipients, stop_after):
        async for outcome in self.dispatcher.run(CAMPAIGN, recipients):
            self.read.append(outcome)
            if len(self.read) == stop_after:
                await self.reader_goes_on.wait()
        self.done.set()

    async def accepted(self):
        return await self.world.newest(CAMPAIGN)

    async def ends(self):
        self.reader_goes_on.set()
        with anyio.fail_after(30):
            await self.done.wait()
        return Counter(one.kind for one in self.read)


@pytest.fixture
def running(world):
    @asynccontextmanager
    async def make(count, *, stop_after=None, **options):
        async with world(delivery_time=FAR) as w, anyio.create_task_group() as group:
            run = Running(w, w.dispatcher(push=PUSH, **options))
            group.start_soon(run.main, people(count), stop_after)
            await anyio.sleep(5)
            yield run
            group.cancel_scope.cancel()

    return make


@virtual_time
async def test_pushes_alone_end_a_run_at_once(running):
    async with running(30) as run:
        await run.dispatcher.receive([report(one) for one in await run.accepted()])
        assert await run.ends() == {OutcomeKind.ACCEPTED: 30, OutcomeKind.FINAL: 30}
        assert run.world.network.count(REPORTS) == 0


class TestCutOff:
    """Whoever serves the receiver may cancel a request at any time; the API then pushes again."""

    @staticmethod
    async def by_scope(dispatcher, reports, after):
        with anyio.move_on_after(after):
            await dispatcher.receive(reports)

    @staticmethod
    async def by_task(dispatcher, reports, after):
        task = asyncio.create_task(dispatcher.receive(reports))
        await asyncio.sleep(after)
        task.cancel()
        await asyncio.wait({task})

    @pytest.mark.parametrize("after", [0, 0.0001, 1])
    @pytest.mark.parametrize("cut", ["by_scope", "by_task"])
    @virtual_time
    async def test_the_stream_yields_whatever_the_ledger_has(self, running, cut, after):
        async with running(40, chunk_size=1, stop_after=40) as run:
            for one in await run.accepted():
                await getattr(self, cut)(run.dispatcher, [report(one)], after)
            await run.dispatcher.receive([report(one) for one in await run.accepted()])
            assert await run.ends() == {OutcomeKind.ACCEPTED: 40, OutcomeKind.FINAL: 40}

    @virtual_time
    async def test_one_that_is_cut_off_takes_no_other_with_it(self, running):
        async with running(20) as run:
            ours, others = (await run.accepted())[:10], (await run.accepted())[10:]
            task = asyncio.create_task(run.dispatcher.receive([report(one) for one in ours]))
            other = asyncio.create_task(run.dispatcher.receive([report(one) for one in others]))
            await asyncio.sleep(0)
            task.cancel()
            await other
            assert (await run.ends())[OutcomeKind.FINAL] == 20


@virtual_time
async def test_a_reader_that_stands_still_holds_up_no_push_and_gets_all_in_the_end(running):
    async with running(40, chunk_size=1, stop_after=40) as run:
        with anyio.fail_after(1):
            for one in await run.accepted():
                await run.dispatcher.receive([report(one)])
        assert finals(run.read) == 0
        assert (await run.ends())[OutcomeKind.FINAL] == 40


@virtual_time
async def test_behind_a_reader_too_far_back_pushes_are_refused_and_taken_when_they_come_again(
    running, monkeypatch
):
    monkeypatch.setattr("ants_async.dispatch.engine._MOST_UNREAD", 20)
    async with running(60, stop_after=60) as run:
        reports = [report(one) for one in await run.accepted()]
        await run.dispatcher.receive(reports[:50])
        with pytest.raises(ReportsNotTaken):
            await run.dispatcher.receive(reports)
        run.reader_goes_on.set()
        await anyio.sleep(1)
        await run.dispatcher.receive(reports)
        assert (await run.ends())[OutcomeKind.FINAL] == 60


class TestOrder:
    @pytest.mark.parametrize("statuses", [(DELIVERED, PENDING), (PENDING, DELIVERED), (DELIVERED, EXPIRED)])
    @virtual_time
    async def test_of_several_reports_in_one_body_the_first_final_one_counts(self, running, statuses):
        async with running(1) as run:
            (one,) = await run.accepted()
            await run.dispatcher.receive([report(one, status) for status in statuses])
            await run.ends()
            assert run.read[-1].status == DELIVERED

    @virtual_time
    async def test_an_outcome_is_accepted_before_it_is_final(self, world):
        """Pushes that come while the answer to their send is on its way, each until it is taken."""
        async with world(latency=0.5) as w, anyio.create_task_group() as group:
            dispatcher = w.dispatcher(push=PUSH, chunk_size=1)

            async def push(one):
                with anyio.fail_after(30):
                    while True:
                        try:
                            return await dispatcher.receive([one])
                        except ReportsNotTaken:
                            await anyio.sleep(0.01)

            async def at_once(request, _):
                if request.method == "POST":
                    sent = json.loads(request.content)
                    to = sent["messages"][0]["destinations"][0]
                    one = DeliveryReport(
                        message_id=to["messageId"], to=to["to"], bulk_id=sent["bulkId"], status=DELIVERED
                    )
                    group.start_soon(push, one)

            w.network.bend = at_once
            kinds = {}
            async for outcome in dispatcher.run(CAMPAIGN, people(50)):
                kinds.setdefault(outcome.to, []).append(outcome.kind)
        assert list(kinds.values()) == [[OutcomeKind.ACCEPTED, OutcomeKind.FINAL]] * 50
        assert w.network.count(REPORTS) == 0  # not one run to its first look
        assert anyio.current_time() < 60

    @virtual_time
    async def test_one_on_its_way_is_taken_before_its_send_is_answered_and_a_final_one_is_not(self, world):
        async with world() as w:
            opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=True, now=wall_clock())
            planned = Messages.planned(CAMPAIGN.id, [1], ["66800000000"], ["Hi"])
            chunk = await w.ledger.begin(opened, planned, wall_clock())
            early = DeliveryReport(
                message_id=chunk.messages[0].message_id,
                bulk_id=chunk.bulk_id,
                to="66800000000",
                status=PENDING,
            )
            dispatcher = w.dispatcher(push=PUSH)
            await dispatcher.receive([early])
            with pytest.raises(ReportsNotTaken) as caught:
                await dispatcher.receive([attrs.evolve(early, status=DELIVERED)])
            assert len(caught.value.reports) == 1

    @virtual_time
    async def test_what_is_early_or_unknown_keeps_back_nothing_else_of_the_same_body(self, running):
        async with running(2) as run:
            first, second = (report(one) for one in await run.accepted())
            stranger = attrs.evolve(first, bulk_id="0123456789abcdef-99")
            with pytest.raises(ReportsNotTaken) as caught:
                await run.dispatcher.receive([first, stranger, second])
            assert caught.value.reports == (stranger,)
            assert (await run.ends())[OutcomeKind.FINAL] == 2

    @virtual_time
    async def test_a_bulk_that_ends_by_pushes_while_it_is_looked_up_in_vain_is_not_looked_up_again(
        self, world
    ):
        async def fail(request, _):
            if request.method != "GET":
                return None
            await anyio.sleep(20)
            return httpx.Response(500)

        async with world(delivery_time=FAR) as w, anyio.create_task_group() as group:
            dispatcher = w.dispatcher(push=PUSH)
            w.network.bend = fail
            read = []

            async def run():
                read.extend([one async for one in dispatcher.run(CAMPAIGN, people(10))])
                group.cancel_scope.cancel()

            group.start_soon(run)
            await anyio.sleep(65)  # the first look began after 60
            await dispatcher.receive([report(one) for one in await w.newest(CAMPAIGN)])
            await anyio.sleep(600)
        assert finals(read) == 10
        assert anyio.current_time() < 400


class TestForeignValues:
    """One report that no column holds must not cost its own status, nor the reports beside it."""

    @pytest.mark.parametrize(
        "odd",
        [
            {"sms_count": 10**30},
            {"status": Status(3, "DELIVERED", 10**30, "X")},
            {"status": Status(3, "DELIVERED", 5, "half \ud800", "\udfff")},
            {"price": Price(None, "THB")},
            {"price": Price(Decimal("1E+400"), "\ud800")},
            {"error": DeliveryError(1, "X", 5, "\ud800")},
        ],
    )
    @pytest.mark.parametrize("way", ["pushed", "pulled"])
    @virtual_time
    async def test_they_are_stored_as_far_as_they_can_be(self, world, odd, way):
        async with world(delivery_time=FAR) as w:
            dispatcher = w.dispatcher(push=PUSH)
            with anyio.move_on_after(5):
                await w.run(CAMPAIGN, people(2))
            first, second = await w.newest(CAMPAIGN)
            reports = [attrs.evolve(report(first), **odd), report(second)]
            if way == "pushed":
                await dispatcher.receive(reports)
            else:
                opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=wall_clock())
                (bulk,) = await w.ledger.bulks(opened.key)
                await w.ledger.settle(opened, bulk, {one.message_id: one for one in reports})
            outcomes = await w.newest(CAMPAIGN)
            assert finals(outcomes) == 2
            assert all(one.status.is_final for one in outcomes)

    @pytest.mark.parametrize("field", ["to", "message_id"])
    @pytest.mark.parametrize("value", ["\ud800", "", "66800000099", "٦٦٨٠٠٠٠٠٠٠٠", "9" * 40])
    @virtual_time
    async def test_what_names_no_message_of_its_bulk_changes_nothing(self, running, field, value):
        async with running(1) as run:
            (one,) = await run.accepted()
            await run.dispatcher.receive([attrs.evolve(report(one), **{field: value})])
            assert await run.accepted() == [one]

    @pytest.mark.parametrize("to", ["+66800000000", None])
    @virtual_time
    async def test_a_number_may_come_with_its_plus_or_not_at_all(self, running, to):
        async with running(1) as run:
            (one,) = await run.accepted()
            await run.dispatcher.receive([attrs.evolve(report(one), to=to)])
            assert (await run.ends())[OutcomeKind.FINAL] == 1


class TestStoring:
    """What comes while a transaction is under way goes together into the next one."""

    class Ledger:
        def __init__(self, *failures):
            self.failures = list(failures)
            self.transactions = []

        async def pushed(self, reports):
            self.transactions.append([one.message_id for one in reports])
            await anyio.sleep(1)
            if self.failures:
                raise self.failures.pop(0)
            return Pushed([], frozenset(p for p, one in enumerate(reports) if one.message_id == "odd"))

    @staticmethod
    def some(*ids):
        return [DeliveryReport(message_id=one, status=DELIVERED) for one in ids]

    @virtual_time
    async def test_many_at_a_time_take_two_transactions(self):
        ledger = self.Ledger()
        arrivals = Arrivals(ledger, None)
        async with anyio.create_task_group() as group:
            group.start_soon(arrivals.store, self.some("0"))
            await anyio.sleep(0.5)
            for n in range(1, 100):
                group.start_soon(arrivals.store, self.some(str(n)))
        assert [len(one) for one in ledger.transactions] == [1, 99]
        assert anyio.current_time() == 2

    @virtual_time
    async def test_each_hears_of_its_own(self):
        arrivals = Arrivals(self.Ledger(), None)
        answers = await asyncio.gather(
            arrivals.store(self.some("a", "odd")),
            arrivals.store(self.some("b")),
            arrivals.store(self.some("odd")),
        )
        assert [[one.message_id for one in answer] for answer in answers] == [["odd"], [], ["odd"]]

    @virtual_time
    async def test_a_ledger_that_fails_is_everybodys_error_and_the_next_try_goes_through(self):
        arrivals = Arrivals(self.Ledger(LedgerError("disk full")), None)
        first = await asyncio.gather(
            arrivals.store(self.some("a")), arrivals.store(self.some("b")), return_exceptions=True
        )
        assert [type(one) for one in first] == [LedgerError, LedgerError]
        assert await arrivals.store(self.some("a")) == []

    @virtual_time
    async def test_an_error_that_nobody_waits_for_is_no_noise(self):
        arrivals = Arrivals(self.Ledger(LedgerError("disk full")), None)
        noise = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
        with anyio.move_on_after(0.5):
            await arrivals.store(self.some("a"))
        await anyio.sleep(5)
        assert noise == []

    @virtual_time
    async def test_more_than_memory_is_for_are_refused_until_there_is_room(self, monkeypatch):
        monkeypatch.setattr("ants_async.dispatch.arrivals._MOST_WAITING", 3)
        arrivals = Arrivals(self.Ledger(), None)
        async with anyio.create_task_group() as group:
            group.start_soon(arrivals.store, self.some("a"))
            await anyio.sleep(0.5)
            group.start_soon(arrivals.store, self.some("b", "c"))
            await anyio.lowlevel.checkpoint()
            with pytest.raises(ReportsNotTaken):
                await arrivals.store(self.some("d", "e"))
        assert await arrivals.store(self.some("d", "e")) == []


@virtual_time
async def test_a_campaign_without_pushes_is_looked_up_as_if_there_were_none(world):
    async with world(delivery_time=1.0) as w:
        await w.run(Campaign("m", text="Hi", mode=Mode.MULTI), people(20), push=PUSH)
        assert anyio.current_time() < 10


@virtual_time
async def test_pulled_reports_still_count_where_pushes_stay_away(world):
    async with world(delivery_time=10.0) as w:
        outcomes = await w.run(CAMPAIGN, people(20), push=PUSH)
        assert finals(outcomes) == 20
        assert w.network.count(REPORTS) == 2


@virtual_time
async def test_a_body_with_all_that_pushes_add_keeps_to_its_size(world):
    async with world(delivery_time=1.0) as w:
        await w.run(Campaign("b", text="x" * 600), people(300), push=PUSH, chunk_size=1000, max_body=100_000)
        sizes = [len(one.content) for one in w.network.requests if one.method == "POST"]
        assert 80_000 < max(sizes) <= 100_000


def test_a_dispatcher_can_be_made_before_there_is_an_event_loop():
    assert Dispatcher(None, None, push=PUSH).push is PUSH
