"""What is repeated, what is not, and what a broken or hostile answer becomes: the table of design.md."""

import ssl

import httpx
import pytest
from virtual_time import virtual_time

from ants_async import errors
from ants_async.client import AntsClient
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination
from ants_async.simulator import SimulatorConfig, running
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy
from ants_async.transport.transport import MAX_ANSWER

RECEIPT = {
    "messages": [
        {
            "to": "66847781470",
            "status": {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE"},
            "messageId": "m",
        }
    ]
}
BALANCE = {"balance": 1, "currency": "THB"}
THROTTLE = {"requestError": {"serviceException": {"messageId": "THROTTLE_EXCEPTION", "text": "Too many"}}}


class Script(httpx.AsyncBaseTransport):
    """Plays answers one after the other, the last one for ever; an exception is raised."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step


def ok(body):
    return httpx.Response(200, json=body)


def client(script, **options):
    return AntsClient(
        "https://api.ants.co.th", BasicAuth("demo", "demo"), transport=script, **{"rate": None} | options
    )


def identified():
    message = AdvancedMessage(destinations=[Destination("66847781470", "m")], text="x")
    return AdvancedRequest(messages=[message])


async def balance(api):
    return await api.account.balance()


async def single(api):
    return await api.sms.send("66847781470", "x")


async def reports(api):
    return await api.reports.fetch(bulk_id="b")


async def advanced(api):
    return await api.sms.send_advanced(identified())


UNCLEAR = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("bye"),
    httpx.WriteError("pipe"),
    httpx.Response(500),
    httpx.Response(503, text="<html>"),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json={"messages": 5, "results": 5}),
]


@pytest.mark.parametrize("call", [balance, single, advanced])
@virtual_time
async def test_without_a_connection_nothing_was_sent_so_everything_is_repeated(call):
    script = Script(httpx.ConnectError("refused"), ok(BALANCE if call is balance else RECEIPT))
    async with client(script) as api:
        await call(api)
    assert len(script.requests) == 2


@pytest.mark.parametrize("rate", ["adaptive", "100/1s", None])
@pytest.mark.parametrize("call", [balance, single, advanced])
@virtual_time
async def test_a_throttled_request_is_repeated_after_retry_after(call, rate):
    import anyio

    script = Script(
        httpx.Response(429, json=THROTTLE, headers={"Retry-After": "7"}),
        ok(BALANCE if call is balance else RECEIPT),
    )
    async with client(script, rate=rate) as api:
        start = anyio.current_time()
        await call(api)
        assert 7 <= anyio.current_time() - start <= 10
    assert len(script.requests) == 2


@pytest.mark.parametrize("unclear", UNCLEAR, ids=repr)
@virtual_time
async def test_an_unclear_send_with_ids_goes_out_again_with_the_same_ids(unclear):
    script = Script(unclear, ok(RECEIPT))
    async with client(script) as api:
        await advanced(api)
    first, second = script.requests
    assert first.content == second.content


@pytest.mark.parametrize("call", [single, reports])
@pytest.mark.parametrize("unclear", UNCLEAR, ids=repr)
@virtual_time
async def test_an_unclear_request_that_would_take_effect_again_is_never_repeated(unclear, call):
    script = Script(unclear, ok(RECEIPT))
    async with client(script) as api:
        with pytest.raises(errors.OutcomeUnknown, match="look in the logs") as caught:
            await call(api)
    assert len(script.requests) == 1
    assert caught.value.sent_since > 0


@pytest.mark.parametrize(
    "then",
    [httpx.ConnectError("refused"), httpx.Response(400), httpx.Response(401), httpx.Response(429)],
    ids=repr,
)
@virtual_time
async def test_a_refused_repeat_does_not_say_that_the_first_try_did_not_arrive(then):
    script = Script(httpx.ReadError("reset"), then)
    async with client(script, retry=RetryPolicy(attempts=2, deadline=5), rate="10/1s") as api:
        with pytest.raises(errors.OutcomeUnknown, match="look in the logs"):
            await advanced(api)


@virtual_time
async def test_what_has_no_effect_leaves_nothing_open_when_its_repeat_is_refused():
    async with client(Script(httpx.Response(500), httpx.Response(400))) as api:
        with pytest.raises(errors.BadRequest):
            await api.sms.preview("Hi")


@virtual_time
async def test_reads_give_up_after_their_attempts_with_the_last_error():
    script = Script(httpx.ReadTimeout("slow"))
    async with client(script, retry=RetryPolicy(attempts=3)) as api:
        with pytest.raises(errors.RequestTimeout):
            await balance(api)
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 413])
@virtual_time
async def test_a_refusal_is_not_repeated_and_a_redirect_not_followed(status):
    script = Script(httpx.Response(status, headers={"Location": "https://evil.example/"}))
    async with client(script) as api:
        with pytest.raises(errors.ApiError):
            await balance(api)
    assert len(script.requests) == 1


@virtual_time
async def test_a_budget_stops_a_melt_down():
    script = Script(httpx.Response(500))
    async with client(script, retry=RetryPolicy(attempts=4, budget=28)) as api:
        for _ in range(10):
            with pytest.raises(errors.ServerError):
                await balance(api)
    assert len(script.requests) == 10 + 2  # two repeats of 14 each for the whole client


@virtual_time
async def test_a_server_that_fails_is_no_reason_to_go_faster():
    script = Script(httpx.Response(500))
    async with client(script, rate="adaptive", retry=RetryPolicy(attempts=1)) as api:
        for _ in range(50):
            with pytest.raises(errors.ServerError):
                await balance(api)
        assert {limiter.rate for limiter in api.limiters.values()} == {10.0}


@virtual_time
async def test_throttling_ends_at_the_calls_deadline():
    script = Script(httpx.Response(429, json=THROTTLE))
    async with client(script, rate="10/1s", retry=RetryPolicy(deadline=30)) as api:
        with pytest.raises(errors.ThrottledError):
            await balance(api)


@virtual_time
async def test_without_a_limit_a_server_that_throttles_is_not_hammered():
    script = Script(httpx.Response(429, json=THROTTLE))
    async with client(script, rate=None, retry=RetryPolicy(deadline=30)) as api:
        with pytest.raises(errors.ThrottledError):
            await balance(api)
    assert len(script.requests) <= 32


@virtual_time
async def test_a_server_that_drips_is_cut_off_at_the_total_time():
    import anyio

    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                await anyio.sleep(1)
                yield b" "

    script = Script(httpx.Response(200, stream=Drip()))
    async with client(script, timeout=5, retry=RetryPolicy(attempts=1)) as api:
        start = anyio.current_time()
        with pytest.raises(errors.RequestTimeout, match="within 5 s"):
            await balance(api)
        assert anyio.current_time() - start == 5


@virtual_time
async def test_an_endless_answer_is_cut_off_at_the_cap():
    class Flood(httpx.AsyncByteStream):
        sent = 0

        async def __aiter__(self):
            while True:
                self.sent += 1 << 20
                yield bytes(1 << 20)

    flood = Flood()
    async with client(Script(httpx.Response(200, stream=flood)), retry=RetryPolicy(attempts=1)) as api:
        with pytest.raises(errors.DecodeError, match="larger than"):
            await balance(api)
    assert flood.sent <= MAX_ANSWER + (2 << 20)


@pytest.mark.parametrize(
    ("call", "error"), [(balance, errors.ConfigurationError), (advanced, errors.OutcomeUnknown)]
)
@virtual_time
async def test_a_client_closed_while_a_call_waits_to_repeat_is_told_so(call, error):
    class Closing(Script):
        async def handle_async_request(self, request):
            await api._http.aclose()
            return httpx.Response(503)

    async with client(Closing()) as api:
        with pytest.raises(error, match="this client is closed"):
            await call(api)


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.logs.search(bulk_id="s3cret" * 12_000),
        lambda api: api.reports.fetch(message_id="s3cret" * 12_000),
        lambda api: api.two_factor.verify_pin("s3cret" * 12_000, "1234"),
        lambda api: api.api_keys.get("s3cret" * 12_000),
    ],
    ids=["bulk id", "message id", "PIN id", "key"],
)
async def test_an_id_too_long_for_a_url_is_refused_before_anything_is_sent(call):
    script = Script(ok(BALANCE))
    async with client(script) as api:
        with pytest.raises(errors.ValidationError, match="the URL is over 60000 characters") as caught:
            await call(api)
    assert "s3cret" not in str(caught.value)
    assert script.requests == []


@virtual_time
async def test_waiting_for_a_free_connection_is_no_failure():
    import anyio

    class Slow(Script):
        async def handle_async_request(self, request):
            await anyio.sleep(1.5)
            return ok(RECEIPT)

    async with client(Slow(), timeout=2) as api, anyio.create_task_group() as group:
        for _ in range(600):  # more than twice as many as there are connections
            group.start_soon(single, api)


@virtual_time
async def test_connecting_fails_before_the_request_does_so_that_nothing_counts_as_sent():
    import anyio

    class Silent(httpx.AsyncBaseTransport):
        """Stands for a network that swallows the attempt to connect."""

        async def handle_async_request(self, request):
            await anyio.sleep(request.extensions["timeout"]["connect"])
            raise httpx.ConnectTimeout("no answer", request=request)

    async with client(Silent(), timeout=2, retry=RetryPolicy(attempts=1)) as api:
        with pytest.raises(errors.ConnectionFailed):
            await single(api)


@virtual_time
async def test_a_packed_answer_is_refused_before_it_unfolds():
    script = Script(
        httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"bomb"))
    )
    async with client(script, retry=RetryPolicy(attempts=1)) as api:
        with pytest.raises(errors.DecodeError, match="gzip"):
            await balance(api)


@virtual_time
async def test_every_parameter_of_the_logs_reaches_the_wire():
    from datetime import UTC, datetime

    from ants_async.models.statuses import StatusGroup

    script = Script(ok({"results": []}))
    async with client(script) as api:
        await api.logs.search(
            sender="ANTS",
            to="66847781470",
            bulk_id="b",
            message_id=["m1", "m2"],
            general_status=StatusGroup.DELIVERED,
            sent_since=datetime(2026, 1, 1, tzinfo=UTC),
            sent_until=datetime(2026, 1, 2, tzinfo=UTC),
            limit=1000,
            mcc="520",
            mnc="01",
        )
    assert dict(script.requests[0].url.params) == {
        "from": "ANTS",
        "to": "66847781470",
        "bulkId": "b",
        "messageId": "m1,m2",
        "generalStatus": "DELIVERED",
        "sentSince": "2026-01-01T00:00:00.000+00:00",
        "sentUntil": "2026-01-02T00:00:00.000+00:00",
        "limit": "1000",
        "mcc": "520",
        "mnc": "01",
    }


@virtual_time
async def test_naive_times_and_limits_out_of_range_are_refused_before_anything_is_sent():
    from datetime import datetime

    script = Script(ok({"results": []}))
    async with client(script) as api:
        with pytest.raises(errors.ValidationError, match="time zone"):
            await api.logs.search(sent_since=datetime(2026, 1, 1))  # noqa: DTZ001
        with pytest.raises(errors.ValidationError, match="limit"):
            await api.reports.fetch(limit=1001)
        with pytest.raises(errors.ValidationError, match="to"):
            await api.sms.send([], "x")
        with pytest.raises(errors.ValidationError, match="sender"):
            await api.sms.send("66847781470", "x", sender="MY SHOP")
    assert script.requests == []


async def test_an_answer_that_the_transport_has_read_already_is_still_there():
    """As one does that looks at answers over httpx's own: read once, their stream never ends."""

    class Looking(httpx.AsyncBaseTransport):
        def __init__(self):
            self.real = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

        async def handle_async_request(self, request):
            response = await self.real.handle_async_request(request)
            self.seen = await response.aread()
            return response

        async def aclose(self):
            await self.real.aclose()

    looking = Looking()
    async with (
        running(SimulatorConfig()) as base_url,
        AntsClient(base_url, BasicAuth("demo", "demo"), transport=looking, rate=None) as api,
    ):
        assert (await api.account.balance()).currency == "THB"
    assert b"THB" in looking.seen
