"""Reports pushed to whoever asked for them: each until it is taken, and what was pushed is not fetched."""

from contextlib import asynccontextmanager
from itertools import pairwise

import anyio
import httpx
import pytest
from engine_world import wall_clock
from virtual_time import virtual_time

from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport
from ants_async.wire import xml

HERE = "http://127.0.0.1:9000/reports"


class Receiver:
    """Takes pushes, or answers otherwise as it is told to."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.pushed = []

    def __call__(self, request):
        self.pushed.append((anyio.current_time(), request))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer)

    @property
    def names(self):
        return [request.read() and self.body(request)["status"]["name"] for _, request in self.pushed]

    @staticmethod
    def body(request):
        (result,) = httpx.Response(200, content=request.content).json()["results"]
        return result


@asynccontextmanager
async def world(receiver, **config):
    simulator = Simulator(SimulatorConfig(**config), wall_clock)
    client = httpx.AsyncClient(
        transport=SimulatorTransport(simulator.app), base_url="http://localhost", auth=("demo", "demo")
    )
    async with client, anyio.create_task_group() as group:
        group.start_soon(simulator.push_reports, httpx.MockTransport(receiver))
        yield client
        group.cancel_scope.cancel()


async def send(client, **fields):
    message = {"destinations": [{"to": "66847781470", "messageId": "m"}], "text": "Hi", "notifyUrl": HERE}
    response = await client.post("/sms/1/text/advanced", json={"messages": [message | fields]})
    assert response.status_code == 200


async def fetched(client):
    return (await client.get("/sms/1/reports")).json()["results"]


@virtual_time
async def test_a_final_report_is_pushed_once_and_not_handed_out_again():
    receiver = Receiver()
    async with world(receiver, delivery_time=10.0) as client:
        await send(client, callbackData="data")
        await anyio.sleep(60)
        ((_, request),) = receiver.pushed
        assert request.headers["Content-Type"] == "application/json"
        report = receiver.body(request)
        assert (report["messageId"], report["callbackData"]) == ("m", "data")
        assert report["status"]["groupName"] in {"DELIVERED", "UNDELIVERABLE", "EXPIRED", "REJECTED"}
        assert await fetched(client) == []


@virtual_time
async def test_intermediate_reports_come_before_when_they_are_asked_for():
    receiver = Receiver()
    async with world(receiver, delivery_time=10.0) as client:
        await send(client, intermediateReport=True)
        await anyio.sleep(60)
    first, second = receiver.names
    assert first == "PENDING_WAITING_DELIVERY"
    assert not second.startswith("PENDING")


@virtual_time
async def test_in_xml_when_that_is_asked_for():
    receiver = Receiver()
    async with world(receiver, delivery_time=1.0) as client:
        await send(client, notifyContentType="application/xml")
        await anyio.sleep(60)
    ((_, request),) = receiver.pushed
    assert request.headers["Content-Type"] == "application/xml"
    assert xml.loads(request.content)["results"][0]["messageId"] == "m"


@virtual_time
async def test_it_is_repeated_ever_more_rarely_until_it_is_taken():
    receiver = Receiver(500, httpx.ConnectError("refused"), 404)
    async with world(receiver, delivery_time=1.0, push_retries=(1.0, 5.0, 30.0)) as client:
        await send(client)
        await anyio.sleep(600)
        times = [at for at, _ in receiver.pushed]
        waits = [round(later - sooner) for sooner, later in pairwise(times)]
        assert waits == [1, 5, 30]
        assert await fetched(client) == []


@virtual_time
async def test_what_nobody_takes_can_still_be_fetched():
    receiver = Receiver(*[503] * 10)
    async with world(receiver, delivery_time=1.0, push_retries=(1.0,)) as client:
        await send(client)
        await anyio.sleep(600)
        assert len(receiver.pushed) == 2
        assert len(await fetched(client)) == 1


@virtual_time
async def test_what_was_fetched_meanwhile_is_not_pushed_any_more():
    receiver = Receiver(503)
    async with world(receiver, delivery_time=1.0, push_retries=(60.0,)) as client:
        await send(client)
        await anyio.sleep(10)
        assert len(await fetched(client)) == 1
        await anyio.sleep(600)
        assert len(receiver.pushed) == 1


@pytest.mark.parametrize("url", ["http://example.com/x", "https://10.0.0.1/", "nonsense", "http://"])
@virtual_time
async def test_nothing_is_pushed_off_this_machine_unless_that_is_wanted(url):
    receiver = Receiver()
    async with world(receiver, delivery_time=1.0) as client:
        await send(client, notifyUrl=url)
        await anyio.sleep(600)
        assert receiver.pushed == []
        assert len(await fetched(client)) == 1


@virtual_time
async def test_off_this_machine_when_that_is_wanted():
    receiver = Receiver()
    async with world(receiver, delivery_time=1.0, push_anywhere=True) as client:
        await send(client, notifyUrl="http://example.com/x")
        await anyio.sleep(60)
    assert len(receiver.pushed) == 1
