"""The answer as it came, of any call of a client, with the types that the call has."""

import json
import secrets

import pytest
from security.leaks import Canaries
from virtual_time import virtual_time

from ants_async import OPERATIONS, AntsClient, AuthenticationError, BasicAuth, ValidationError
from ants_async.simulator import Faults, Simulator, SimulatorConfig, SimulatorTransport, running

NUMBER = "66847781470"


@pytest.fixture
def simulator():
    return Simulator(SimulatorConfig())


@pytest.fixture
def client(simulator):
    transport = SimulatorTransport(simulator.app)
    return AntsClient("http://localhost", BasicAuth("demo", "demo"), transport=transport, rate=None)


async def test_status_headers_and_body_stand_beside_the_model(client):
    response = await client.with_raw_response(client.sms.send)(NUMBER, "Hi", sender="ANTS")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == response.headers["content-type"] == "application/json"
    assert json.loads(response.content)["messages"][0]["messageId"] == response.model.messages[0].message_id


async def test_it_is_the_same_over_the_network():
    async with (
        running(SimulatorConfig()) as base_url,
        AntsClient(base_url, BasicAuth("demo", "demo")) as client,
    ):
        response = await client.with_raw_response(client.account.balance)()
    assert b"THB" in response.content
    assert response.model.currency == "THB"


async def test_a_view_of_the_client_answers_in_its_format(client):
    xml = client.speaking("xml")
    response = await client.with_raw_response(xml.account.balance)()
    assert response.content.startswith(b"<")


async def test_the_client_itself_keeps_no_answers(client):
    balance = client.with_raw_response(client.account.balance)
    first, second = await balance(), await balance()
    assert first is not second
    assert await client.account.balance() == second.model


@virtual_time
async def test_of_a_call_that_is_repeated_it_is_the_last_answer(simulator, client):
    simulator.plan(Faults(error_500=1))
    assert (await client.with_raw_response(client.account.balance)()).status_code == 200


async def test_a_refusal_is_raised_as_ever(simulator):
    transport = SimulatorTransport(simulator.app)
    client = AntsClient("http://localhost", BasicAuth("demo", "wrong"), transport=transport)
    with pytest.raises(AuthenticationError):
        await client.with_raw_response(client.account.balance)()


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_every_operation_can_be_asked_for_its_answer(client, name):
    method = client
    for part in name.split("."):
        method = getattr(method, part)
    assert callable(client.with_raw_response(method))


async def test_what_makes_no_request_has_no_answer(client):
    with pytest.raises(ValidationError, match="makes a request"):
        await client.with_raw_response(client.logs.search)(message_id=[])


def test_what_is_no_call_of_a_client_is_refused(client):
    for other in (print, client.logs.stream, client.two_factor.use_configuration, client.speaking):
        with pytest.raises(ValidationError, match=f"^method: '{other.__qualname__}' .* a call of a client"):
            client.with_raw_response(other)
    with pytest.raises(ValidationError, match=r"^method: 'NoneType' "):
        client.with_raw_response(None)


async def test_neither_its_repr_nor_its_errors_show_what_was_asked(client):
    pin = secrets.token_hex(8)
    canaries = Canaries(pin=pin)
    with pytest.raises(Exception, match="PIN") as caught:
        await client.with_raw_response(client.two_factor.verify_pin)("an-id", pin)
    assert canaries.in_error(caught.value) == set()
    response = await client.with_raw_response(client.account.balance)()
    assert "THB" in repr(response.model)
    assert "content" not in repr(response)


def test_type_checkers_know_the_model_and_the_arguments(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        """
from ants_async import AntsClient

async def main(client: AntsClient) -> None:
    response = await client.with_raw_response(client.sms.send)("66847781470", "Hi", sender="ANTS")
    reveal_type(response.model)
    reveal_type(response.content)
    await client.with_raw_response(client.sms.send)(text=1)
    client.with_raw_response(client.logs.stream)
"""
    )
    mypy = pytest.importorskip("mypy.api")
    told, _, _ = mypy.run(["--strict", str(program)])
    assert 'Revealed type is "ants_async.models.sms.SendReceipt"' in told
    assert told.count("error:") >= 3
