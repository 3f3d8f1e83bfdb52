"""What OpenTelemetry gets to see: the conventions for HTTP clients, campaigns in numbers, and no secret."""

import asyncio
import gc
import subprocess
import sys

import anyio
import httpx
import pytest
from engine_world import people
from opentelemetry.trace import SpanKind, StatusCode
from virtual_time import virtual_time

from ants_async import (
    AntsClient,
    ApiKeyAuth,
    BasicAuth,
    Campaign,
    FixedRate,
    Hooks,
    NotFound,
    OutcomeUnknown,
    RateLimit,
    RetryPolicy,
    ValidationError,
)
from ants_async.otel import instrument
from ants_async.simulator import Faults, SimulatorTransport

NUMBER, TEXT = "66847781470", "a text of nobody's business"
HOST = {"server.address": "localhost", "server.port": 80}


@virtual_time
async def test_a_request_is_a_span_as_the_conventions_say(telemetry, connect):
    async with connect() as client:
        telemetry.watch(client)
        await client.sms.send(NUMBER, TEXT)
    (span,) = telemetry.spans
    assert (span.name, span.kind) == ("POST /sms/1/text/single", SpanKind.CLIENT)
    assert span.attributes == {
        "http.request.method": "POST",
        "url.template": "/sms/1/text/single",
        "url.full": "http://localhost/sms/1/text/single",
        "http.response.status_code": 200,
        "ants.operation": "sms.send",
        **HOST,
    }
    assert span.status.status_code is StatusCode.UNSET
    assert span.end_time > span.start_time


@virtual_time
async def test_a_span_belongs_to_the_one_it_was_made_in(telemetry, connect):
    tracer = telemetry.tracers.get_tracer("the app")
    async with connect() as client:
        telemetry.watch(client)
        with tracer.start_as_current_span("POST /texts"):
            await client.sms.send(NUMBER, TEXT)
    request, handler = telemetry.spans
    assert request.parent.span_id == handler.context.span_id


@virtual_time
async def test_a_repeat_is_a_span_of_its_own_with_its_number(telemetry, simulator, connect):
    simulator.plan(Faults(error_500=1), Faults(drop_after=1))
    async with connect() as client:
        telemetry.watch(client)
        await client.account.balance()
    assert [one.attributes.get("http.request.resend_count") for one in telemetry.spans] == [None, 1, 2]
    assert [one.attributes.get("error.type") for one in telemetry.spans] == ["500", "RequestTimeout", None]
    assert [one.status.status_code for one in telemetry.spans] == [StatusCode.ERROR] * 2 + [StatusCode.UNSET]
    assert all(not one.events for one in telemetry.spans)
    why = {"ants.operation": "account.balance", **HOST}
    assert telemetry.points("ants.client.retries") == [
        ({**why, "error.type": "ServerError"}, 1),
        ({**why, "error.type": "RequestTimeout"}, 1),
    ]


@virtual_time
async def test_durations_are_told_by_operation_and_answer(telemetry, simulator, connect):
    simulator.plan(Faults(), Faults(drop_after=1))
    async with connect() as client:
        telemetry.watch(client)
        await client.sms.send(NUMBER, TEXT)
        with pytest.raises(OutcomeUnknown):
            await client.sms.send(NUMBER, TEXT)
    send = {"http.request.method": "POST", "url.template": "/sms/1/text/single", **HOST}
    assert telemetry.points("http.client.request.duration") == [
        ({**send, "http.response.status_code": 200}, 1),
        ({**send, "error.type": "RequestTimeout"}, 1),
    ]
    assert telemetry.points("http.client.active_requests") == [({"http.request.method": "POST", **HOST}, 0)]


@virtual_time
async def test_throttling_rates_and_who_waits_are_told_by_family(telemetry, simulator, connect):
    simulator.plan(Faults(error_429=1))
    async with connect(rate="2/1s") as client:
        telemetry.watch(client)
        calls = [asyncio.create_task(client.account.balance()) for _ in range(3)]
        await asyncio.sleep(0.1)
        account = {"ants.family": "account", **HOST}
        assert (account, 2.0) in telemetry.points("ants.client.rate")
        assert (account, 3) in telemetry.points("ants.client.waiting")
        await asyncio.gather(*calls)
    assert telemetry.points("ants.client.throttled") == [(account, 1)]
    assert telemetry.points("ants.client.wait.duration") == [(account, 4)]
    assert (account, 0) in telemetry.points("ants.client.waiting")


@virtual_time
async def test_no_limit_is_no_rate_and_clients_that_share_one_share_its_figures(telemetry, connect):
    telemetry.watch(free := connect())
    assert telemetry.points("ants.client.rate") == []
    shared = FixedRate(RateLimit("5/1s"))
    telemetry.watch(one := connect(rate=shared), other := connect(rate=shared), third := connect(rate="1/1s"))
    assert ({"ants.family": "send", **HOST}, 6.0) in telemetry.points("ants.client.rate")
    assert len({free, one, other, third}) == 4


@virtual_time
async def test_nothing_is_told_any_more_when_it_is_stopped(telemetry, connect):
    async with connect(rate="5/1s") as client:
        stop = telemetry.watch(client)
        await client.account.balance()
        stop()
        await client.account.balance()
    assert len(telemetry.spans) == 1
    assert telemetry.points("ants.client.rate") == []


def test_a_client_that_is_gone_is_not_kept(telemetry, connect):
    telemetry.watch(connect(rate="5/1s"))
    gc.collect()
    assert telemetry.points("ants.client.rate") == []


@virtual_time
async def test_outcomes_are_counted_by_kind_and_group(telemetry, world):
    async with world(unreachable=[one.to for one in people(3)]) as at:
        dispatcher = at.dispatcher()
        telemetry.watch(dispatcher)
        rows = [*people(25), *people(2)]
        outcomes = [one async for one in dispatcher.run(Campaign("songkran", text="Hi"), rows)]
    told = telemetry.points("ants.campaign.outcomes")
    plain = {"ants.outcome.deduplicated": False}
    assert ({**plain, "ants.outcome.kind": "accepted", "ants.status.group": "PENDING"}, 25) in told
    assert ({**plain, "ants.outcome.kind": "duplicate"}, 2) in told
    assert sum(count for _, count in told) == len(outcomes)
    assert telemetry.spans == ()


@virtual_time
async def test_campaigns_are_told_apart_where_that_is_wished_for(telemetry, world):
    async with world() as at:
        dispatcher = at.dispatcher()
        telemetry.watch(dispatcher, by_campaign=True)
        for name in ("first", "second"):
            assert [one async for one in dispatcher.run(Campaign(name, text="Hi"), people(2))]
    told = telemetry.points("ants.campaign.outcomes")
    assert {attributes["ants.campaign.id"] for attributes, _ in told} == {"first", "second"}


@virtual_time
async def test_what_a_dispatcher_has_before_it_is_told(telemetry, world):
    async with world(delivery_time=60.0) as at:
        dispatcher = at.dispatcher()
        telemetry.watch(dispatcher)
        seen = []
        async for outcome in dispatcher.run(Campaign("songkran", text="Hi"), people(40)):
            if outcome.is_last and not seen:
                seen = [
                    telemetry.points(f"ants.dispatcher.{name}") for name in ("campaigns", "tracked", "unread")
                ]
    campaigns, tracked, unread = [points[0][1] for points in seen]
    assert campaigns == 1
    assert tracked > 0
    assert unread >= 0


@virtual_time
async def test_nothing_that_is_told_holds_a_secret_a_number_or_a_text(telemetry, connect, world):
    async with connect(ApiKeyAuth("demo-key"), retry=RetryPolicy(attempts=1)) as client:
        telemetry.watch(client)
        await client.sms.send(NUMBER, TEXT)
        await client.logs.search(to=NUMBER)
        with pytest.raises(NotFound):
            await client.two_factor.verify_pin("A-PIN-ID", "4711")
    async with world() as at:
        dispatcher = at.dispatcher()
        telemetry.watch(dispatcher, at.client)
        assert [one async for one in dispatcher.run(Campaign("songkran", text=TEXT), people(3))]
    told = "".join(span.to_json() for span in telemetry.spans) + telemetry.reader.get_metrics_data().to_json()
    assert "/2fa/1/pin/{pin_id}/verify" in told
    for secret in (NUMBER, TEXT, "A-PIN-ID", "4711", "demo-key", people(1)[0].to):
        assert secret not in told


def test_without_the_extra_it_says_which_one():
    program = """
import sys
sys.modules["opentelemetry"] = None
try:
    import ants_async.otel
except ValueError as error:
    print(type(error).__name__, error)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "ConfigurationError this needs the extra 'otel': pip install 'ants-async[otel]'\n"


class Held(httpx.AsyncBaseTransport):
    """Carries a request on when it is let go."""

    def __init__(self, simulator):
        self.simulator = SimulatorTransport(simulator.app)
        self.arrived, self.go = anyio.Event(), anyio.Event()

    async def handle_async_request(self, request):
        self.arrived.set()
        await self.go.wait()
        return await self.simulator.handle_async_request(request)


@pytest.mark.parametrize("when", ["begins", "ends"])
async def test_requests_under_way_when_it_begins_or_ends_are_not_active_for_ever(telemetry, simulator, when):
    held = Held(simulator)
    hooks = Hooks(on_request=lambda _: None)  # somebody else's
    options = {"transport": held, "rate": None, "hooks": hooks}
    async with AntsClient("http://localhost", BasicAuth("demo", "demo"), **options) as client:
        stop = telemetry.watch(client) if when == "ends" else None
        async with anyio.create_task_group() as group:
            group.start_soon(client.account.balance)
            await held.arrived.wait()
            if stop is None:
                telemetry.watch(client)
            else:
                stop()
            held.go.set()
    assert sum(value for _, value in telemetry.points("http.client.active_requests")) == 0


@pytest.mark.parametrize(("target", "name"), [(None, "NoneType"), ("client", "str")])
async def test_what_cannot_be_traced_is_refused_before_anything_is(telemetry, connect, target, name):
    async with connect() as client:
        with pytest.raises(ValidationError, match=f"targets: '{name}' .* an AntsClient or a Dispatcher"):
            telemetry.watch(client, target)
        with pytest.raises(ValidationError, match="'Sms'"):
            telemetry.watch(client, client.sms)
        await client.account.balance()
        assert not telemetry.spans


async def test_what_is_traced_already_is_refused_whatever_names_it(telemetry, connect):
    async with connect() as client:
        for twice in ((client, client), (client, client.speaking("xml"))):
            with pytest.raises(ValidationError, match="traced once"):
                telemetry.watch(*twice)
        telemetry.watch(client.speaking("xml"))
        with pytest.raises(ValidationError, match="traced once"):
            instrument(client, tracer_provider=telemetry.tracers)
        await client.account.balance()
        assert len(telemetry.spans) == 1


async def test_stopping_twice_leaves_alone_what_was_traced_anew(telemetry, connect):
    async with connect(rate="5/1s") as client:
        stop = telemetry.watch(client)
        stop()
        telemetry.watch(client)
        stop()
        await client.account.balance()
        assert len(telemetry.spans) == 1
        assert telemetry.points("ants.client.rate")
        with pytest.raises(ValidationError, match="traced once"):
            telemetry.watch(client)
