"""Faults by their shares, changed while the simulator runs, and planned for the next requests."""

import httpx
import pytest

from ants_async import ValidationError
from ants_async.simulator import Faults, Sent, Simulator, SimulatorConfig, SimulatorTransport

BODY = {"from": "ANTS", "to": "66847781470", "text": "Hi"}


@pytest.fixture
def simulator(clock):
    return Simulator(SimulatorConfig(delivery_time=1.0), clock)


@pytest.fixture
async def post(simulator):
    """Sends a text, and gives the status of the answer."""
    transport = SimulatorTransport(simulator.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://localhost", auth=("demo", "demo")
    ) as api:

        async def send():
            return (await api.post("/sms/1/text/single", json=BODY)).status_code

        yield send


async def test_faults_may_change_while_it_runs(simulator, post):
    simulator.faults = Faults(error_500=1)
    assert await post() == 500
    simulator.faults = Faults()
    assert await post() == 200


async def test_planned_faults_go_before_the_others_one_a_request(simulator, post):
    simulator.faults = Faults(error_500=1)
    simulator.plan(Faults(error_429=1), Faults())
    assert [await post() for _ in range(3)] == [429, 200, 500]


async def test_a_429_that_is_a_fault_sends_nothing(simulator, post):
    simulator.plan(Faults.parse("429=1"))
    assert await post() == 429
    assert simulator.sent() == []


async def test_what_was_sent_can_be_looked_at_and_what_became_of_it(simulator, post, clock):
    await post()
    (message,) = simulator.sent()
    assert message == Sent(
        message_id=message.message_id,
        bulk_id=message.bulk_id,
        to="66847781470",
        sender="ANTS",
        text="Hi",
        parts=1,
        status="PENDING_ENROUTE",
    )
    clock.now += 2
    assert simulator.sent()[0].status not in {"PENDING_ENROUTE", "PENDING_WAITING_DELIVERY"}
    assert simulator.stats()["accepted"] == 1


def test_shares_are_shares():
    with pytest.raises(ValidationError, match="error_429"):
        Faults(error_429=2)
