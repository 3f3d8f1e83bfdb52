"""What a client tells of its requests: each that leaves has one end, and nothing secret in it."""

import asyncio
import logging
import math

import attrs
import pytest
from virtual_time import virtual_time

from ants_async import (
    AntsClient,
    ApiKeyAuth,
    BasicAuth,
    ConnectionFailed,
    Family,
    Hooks,
    NotFound,
    OutcomeUnknown,
    RetryPolicy,
)
from ants_async.simulator import Faults, Simulator, SimulatorConfig, SimulatorTransport, running

NUMBER, TEXT = "66847781470", "a text of nobody's business"


class Heard(list):
    """All events, in their order."""

    @property
    def hooks(self):
        return Hooks(**{field.name: self.append for field in attrs.fields(Hooks)})

    @property
    def kinds(self):
        return [type(event).__name__.removeprefix("Request") for event in self]


@pytest.fixture
def heard():
    return Heard()


def client_of(simulator, heard, **options):
    return AntsClient(
        "http://localhost",
        BasicAuth("demo", "demo"),
        transport=SimulatorTransport(simulator.app),
        hooks=heard.hooks,
        **{"rate": None} | options,
    )


def simulator(*planned, **config):
    made = Simulator(SimulatorConfig(**config))
    made.plan(*planned)
    return made


@virtual_time
async def test_a_request_starts_and_ends(heard):
    async with client_of(simulator(latency=0.1), heard) as client:
        await client.sms.send(NUMBER, TEXT)
    started, ended = heard
    assert (started.operation, started.method, started.path) == ("sms.send", "POST", "/sms/1/text/single")
    assert (started.family, started.attempt) == (Family.SEND, 1)
    assert started.waited >= 0
    assert ended.request is started
    assert (ended.status_code, ended.error) == (200, None)
    assert ended.elapsed > 0


@virtual_time
async def test_a_path_is_told_with_its_placeholders(heard):
    async with client_of(simulator(), heard) as client:
        with pytest.raises(NotFound):
            await client.two_factor.applications.get("A-SECRET-ID")
    started, ended = heard
    assert started.path == "/2fa/2/applications/{application_id}"
    assert (ended.status_code, ended.error) == (404, "NotFound")
    assert "A-SECRET-ID" not in repr(list(heard))


@virtual_time
async def test_a_repeat_is_told_with_its_wait_and_counted(heard):
    policy = RetryPolicy(base=2.0)
    async with client_of(simulator(Faults(error_500=1), Faults(drop_after=1)), heard, retry=policy) as client:
        await client.account.balance()
    assert heard.kinds == ["Started", "Ended", "Retried"] * 2 + ["Started", "Ended"]
    assert [one.attempt for one in heard[::3]] == [1, 2, 3]
    first, second = heard[2], heard[5]
    assert (first.request, first.status_code, first.error) == (heard[0], 500, "ServerError")
    assert (second.status_code, second.error) == (None, "RequestTimeout")
    assert 0 <= first.wait <= 2


@virtual_time
async def test_what_must_not_be_repeated_ends_and_no_repeat_is_told(heard):
    async with client_of(simulator(Faults(drop_after=1)), heard) as client:
        with pytest.raises(OutcomeUnknown):
            await client.sms.send(NUMBER, TEXT)
    assert heard.kinds == ["Started", "Ended"]
    assert (heard[1].status_code, heard[1].error) == (None, "RequestTimeout")


@virtual_time
async def test_a_429_is_told_with_the_rate_that_follows_and_the_next_try_with_its_wait(heard):
    async with client_of(simulator(Faults(error_429=1)), heard, rate="5/1s") as client:
        await client.account.balance()
    assert heard.kinds == ["Started", "Ended", "Throttled", "Retried", "Started", "Ended"]
    throttled, retried = heard[2:4]
    assert (throttled.retry_after, throttled.rate) == (None, 5.0)
    assert (retried.status_code, retried.error, retried.wait) == (429, "ThrottledError", 0.0)


async def test_what_reached_no_server_has_no_status(heard):
    async with running(SimulatorConfig()) as base_url:
        pass
    policy = RetryPolicy(attempts=1)
    async with AntsClient(
        base_url, BasicAuth("demo", "demo"), retry=policy, hooks=Hooks(on_response=heard.append)
    ) as client:
        with pytest.raises(ConnectionFailed):
            await client.account.balance()
    (ended,) = heard
    assert (ended.status_code, ended.error) == (None, "ConnectionFailed")


@virtual_time
async def test_a_cancelled_request_ends_too_and_one_that_never_had_its_turn_does_not_start(heard):
    async with client_of(simulator(latency=60), heard, rate="1/1h") as client:
        calls = [asyncio.create_task(client.account.balance()) for _ in range(2)]
        await asyncio.sleep(1)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
    assert heard.kinds == ["Started", "Ended"]
    assert (heard[1].status_code, heard[1].error) == (None, "CancelledError")


@virtual_time
async def test_hooks_can_be_added_later_for_all_views_of_a_client_and_removed(heard):
    made = simulator()
    async with client_of(made, Heard()) as client:
        xml = client.speaking("xml")
        remove = client.add_hooks(Hooks(on_request=heard.append))
        await xml.account.balance()
        remove()
        await xml.account.balance()
    assert [one.operation for one in heard] == ["account.balance"]


@virtual_time
async def test_a_hook_that_fails_breaks_no_send_and_is_logged_once(caplog):
    def broken(event):
        raise RuntimeError("out of order")

    made = simulator()
    options = {"transport": SimulatorTransport(made.app), "rate": None}
    options["hooks"] = Hooks(on_request=broken, on_response=broken)
    with caplog.at_level(logging.WARNING, logger="ants_async.hooks"):
        async with AntsClient("http://localhost", BasicAuth("demo", "demo"), **options) as client:
            for _ in range(3):
                await client.sms.send(NUMBER, TEXT)
    assert len(made.sent()) == 3
    assert len(caplog.records) == 2


@virtual_time
async def test_no_event_and_no_log_of_a_failed_hook_holds_what_was_sent(heard, caplog):
    def broken(event):
        heard.append(event)
        raise RuntimeError("out of order")

    options = {"transport": SimulatorTransport(simulator().app), "rate": None}
    options["hooks"] = Hooks(on_request=broken, on_response=broken)
    async with AntsClient("http://localhost", ApiKeyAuth("demo-key"), **options) as client:
        await client.sms.send(NUMBER, TEXT)
        with pytest.raises(NotFound):
            await client.two_factor.verify_pin("A-PIN-ID", "4711")
    said = f"{list(heard)!r} {caplog.text}"
    for secret in (NUMBER, TEXT, "A-PIN-ID", "4711", "demo-key"):
        assert secret not in said
    contexts = [record.exc_info[1].__context__ for record in caplog.records if record.exc_info]
    assert contexts == [None, None]  # each hook is complained of once


@virtual_time
async def test_an_unlimited_rate_is_told_as_such(heard):
    async with client_of(simulator(Faults(error_429=1)), heard) as client:
        await client.account.balance()
    assert heard[2].rate == math.inf


class TestInTurn:
    """A request whose turn was waited for before its call."""

    @staticmethod
    async def turn(acquire):
        await acquire()
        return True

    @virtual_time
    async def test_its_wait_is_told_with_it_and_not_with_its_repeat_or_another_call(self, heard, monkeypatch):
        clock = iter([1000.0, 1007.5])
        monkeypatch.setattr("ants_async.client.perf_counter", lambda: next(clock))
        async with client_of(simulator(Faults(error_429=1)), heard) as client:
            ready = await client.in_turn(Family.SEND, self.turn)
            for _ in range(2):
                await ready.sms.send(NUMBER, TEXT)
        first, *others = (event.waited for event in heard if type(event).__name__ == "RequestStarted")
        assert 7.5 <= first < 8
        assert len(others) == 2
        assert max(others) < 1

    @virtual_time
    async def test_it_is_one_request_of_its_family(self):
        client = client_of(simulator(), Heard(), rate="1/10s")
        async with client:
            for limiter in client.limiters.values():
                await limiter.acquire()
            ready = await client.in_turn(Family.SEND, self.turn)
            began = asyncio.get_running_loop().time()
            took = []
            for call in (ready.sms.send, ready.account.balance, ready.sms.send):
                await (call() if call == ready.account.balance else call(NUMBER, TEXT))
                took.append(round(asyncio.get_running_loop().time() - began))
            assert took == [0, 0, 10]

    @virtual_time
    async def test_called_off_before_it_left_it_was_not_sent(self, heard):
        async with client_of(simulator(), heard) as client:
            ready = await client.in_turn(Family.SEND, self.turn)
            await ready.sms.send(NUMBER, TEXT)
            assert await client.in_turn(Family.SEND, _never) is None


async def _never(_):
    return False
