"""A campaign whose reports are pushed: the same outcomes, without the pulls."""

from collections import Counter
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from engine_world import people, wall_clock
from virtual_time import virtual_time

from ants_async import AntsClient, BasicAuth
from ants_async.dispatch import Campaign, Dispatcher, MemoryLedger, OutcomeKind, TrackingRules
from ants_async.errors import ReportsNotTaken
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport
from ants_async.webhooks import Push, PushKey, report_receiver

CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
PUSH = Push("http://127.0.0.1:9000/ants", PushKey("k1", b"s" * 32), intermediate=True)
REPORTS = "/sms/1/reports"


class World:
    """A simulator that pushes to the receiver of a dispatcher, on one virtual clock."""

    def __init__(self, client, dispatcher, requests):
        self.client = client
        self.dispatcher = dispatcher
        self.ledger = dispatcher.ledger
        self.requests = requests
        self.bend = None  # what becomes of a push on its way

    async def pushed(self, request):
        if self.bend is not None:
            answer = await self.bend(request)
            if answer is not None:
                return answer
        return await self.receiver.handle_async_request(request)

    async def run(self, count):
        stream = self.dispatcher.run(CAMPAIGN, people(count))
        return Counter([outcome.kind async for outcome in stream])

    def pulls(self):
        return self.requests.count(REPORTS)


class _Way(httpx.AsyncBaseTransport):
    def __init__(self, handle):
        self.handle_async_request = handle


@asynccontextmanager
async def pushing(push=PUSH, **config):
    simulator = Simulator(SimulatorConfig(**config), wall_clock)
    inner, requests = SimulatorTransport(simulator.app), []

    async def count(request):
        requests.append(request.url.path)
        return await inner.handle_async_request(request)

    async with (
        AntsClient(
            "http://localhost",
            BasicAuth("demo", "demo"),
            transport=_Way(count),
            rate=None,
            wall_clock=wall_clock,
        ) as client,
        MemoryLedger() as ledger,
        anyio.create_task_group() as group,
    ):
        world = World(client, Dispatcher(client, ledger, chunk_size=10, push=push), requests)
        world.receiver = httpx.ASGITransport(report_receiver(push, world.dispatcher.receive))
        group.start_soon(simulator.push_reports, _Way(world.pushed))
        yield world
        group.cancel_scope.cancel()


def final(bulk_id, message_id, status=5):
    return DeliveryReport(message_id=message_id, bulk_id=bulk_id, to="66800000000", status=STATUSES[status])


@virtual_time
async def test_every_recipient_is_final_without_a_single_pull():
    async with pushing(delivery_time=20.0) as world:
        assert await world.run(35) == {OutcomeKind.ACCEPTED: 35, OutcomeKind.FINAL: 35}
        assert world.pulls() == 0
        assert anyio.current_time() < 60


@virtual_time
async def test_pushes_that_are_lost_are_pulled_in_the_end():
    async def lose(request):
        raise httpx.ConnectError("gone", request=request)

    async with pushing(delivery_time=1.0, push_retries=()) as world:
        world.bend = lose
        assert (await world.run(20))[OutcomeKind.FINAL] == 20
        assert world.pulls() > 0


@virtual_time
async def test_pushes_acknowledged_and_repeated_all_the_same_change_nothing():
    async def twice(request):
        await world.receiver.handle_async_request(request)

    async with pushing(delivery_time=5.0) as world:
        world.bend = twice
        assert await world.run(20) == {OutcomeKind.ACCEPTED: 20, OutcomeKind.FINAL: 20}


@virtual_time
async def test_a_push_faster_than_the_answer_to_its_send_comes_again():
    answers = []

    async def watch(request):
        answer = await world.receiver.handle_async_request(request)
        answers.append(answer.status_code)
        return answer

    async with pushing(delivery_time=0.0, latency=2.0, push_retries=(5.0, 5.0)) as world:
        world.bend = watch
        assert await world.run(10) == {OutcomeKind.ACCEPTED: 10, OutcomeKind.FINAL: 10}
    assert Counter(answers) == {503: 10, 204: 10}


@virtual_time
async def test_what_is_pushed_after_the_run_is_stored_all_the_same():
    async with pushing(delivery_time=600.0) as world:
        with anyio.move_on_after(5):
            await world.run(10)
        assert (await world.ledger.summary("songkran")).accepted == 10
        await anyio.sleep(1000)
        assert (await world.ledger.summary("songkran")).final == 10
        assert await world.run(10) == {}


@virtual_time
async def test_a_pending_report_after_a_final_one_changes_nothing():
    async with pushing(delivery_time=5.0) as world:
        await world.run(1)
        (outcome,) = [one async for one in world.ledger.outcomes("songkran")]
        await world.dispatcher.receive([final(outcome.bulk_id, outcome.message_id, status=3)])
        await world.dispatcher.receive([final(outcome.bulk_id, outcome.message_id, status=15)])
        (again,) = [one async for one in world.ledger.outcomes("songkran")]
        assert again == outcome


@pytest.mark.parametrize("bulk_id", [None, "", "stranger", "0-1", "x-99999", "x-" + "9" * 30, "x-٣"])
@virtual_time
async def test_reports_of_bulks_that_are_not_ours_are_left_to_others(bulk_id):
    async with pushing() as world:
        await world.run(1)
        with pytest.raises(ReportsNotTaken) as caught:
            await world.dispatcher.receive([final(bulk_id, "m")])
        assert [report.message_id for report in caught.value.reports] == ["m"]


@virtual_time
async def test_the_same_text_for_many_is_signed_message_by_message():
    async with pushing(delivery_time=1.0) as world:
        await world.run(3)
        entries = await world.client.logs.search(limit=10)
        assert len({entry.callback_data for entry in entries}) == 3
        assert all(PUSH.is_authentic(entry) for entry in entries)


def test_pulls_are_rare_beside_pushes_unless_somebody_wants_them_otherwise():
    assert Dispatcher(None, None, push=PUSH).tracking.first == 60
    rules = TrackingRules(first=1.0)
    assert Dispatcher(None, None, push=PUSH, tracking=rules).tracking is rules
