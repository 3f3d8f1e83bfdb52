"""PINs: what goes out, and the limits that are kept before a request is wasted."""

import json
import logging
import traceback

import anyio
import httpx
import pytest
from virtual_time import virtual_time

from ants_async import errors
from ants_async.models.two_factor import ApplicationRequest, PinConfiguration, TemplateRequest

PIN, VERIFY = "/2fa/1/pin", "/2fa/1/pin/P1/verify"
APPLICATION = "/2fa/2/applications/A"
NUMBER, OTHER = "66847781470", "66847781471"
SENT = {"pinId": "P1", "to": NUMBER, "ncStatus": "NC_DESTINATION_REACHABLE", "smsStatus": "MESSAGE_SENT"}
THROTTLED = httpx.Response(429, json={"requestError": {}})
THREE_A_DAY = PinConfiguration(send_pin_per_phone_number_limit="3/1d")


def application(**configuration):
    return {"applicationId": "A", "name": "Shop", "configuration": configuration}


async def send(client, to=NUMBER, **options):
    return await client.two_factor.send_pin(application_id="A", message_id="M", to=to, **options)


SHOP, SHOP_BODY = ApplicationRequest(name="Shop"), {"name": "Shop"}
TEMPLATE = TemplateRequest(message_text="<p>", pin_placeholder="<p>", pin_type="HEX")
TEMPLATE_BODY = {"messageText": "<p>", "pinPlaceholder": "<p>", "pinType": "HEX"}
TEMPLATES = "/2fa/1/applications/A/messages"
FOUND = {"applicationId": "A", "messageId": "M"}

CALLS = [
    (lambda two: two.applications.create(SHOP), "POST /2fa/2/applications", SHOP_BODY, FOUND),
    (lambda two: two.applications.list(), "GET /2fa/2/applications", None, [FOUND]),
    (lambda two: two.applications.get("A"), f"GET {APPLICATION}", None, FOUND),
    (lambda two: two.applications.update("A", SHOP), f"PUT {APPLICATION}", SHOP_BODY, FOUND),
    (lambda two: two.templates.create("A", TEMPLATE), f"POST {TEMPLATES}", TEMPLATE_BODY, FOUND),
    (lambda two: two.templates.list("A"), f"GET {TEMPLATES}", None, [FOUND]),
    (lambda two: two.templates.get("A", "M"), f"GET {TEMPLATES}/M", None, FOUND),
    (lambda two: two.templates.update("A", "M", TEMPLATE), f"PUT {TEMPLATES}/M", TEMPLATE_BODY, FOUND),
    (lambda two: two.resend_pin("P1"), f"POST {PIN}/P1/resend", None, SENT),
    (lambda two: two.resend_pin_voice("P1"), f"POST {PIN}/P1/resend/voice", None, SENT),
    (lambda two: two.verify_pin("P1", "12"), f"POST {VERIFY}", {"pin": "12"}, SENT | {"verified": True}),
]


class TestRequests:
    @pytest.mark.parametrize("expected", CALLS, ids=[one[1] for one in CALLS])
    async def test_each_call_is_one_request_of_the_manual(self, api, connect, expected):
        call, request_line, body, answer = expected
        api(*request_line.split(), answer)
        async with connect() as client:
            await call(client.two_factor)
        (request,) = api.requests
        assert api.paths == [request_line]
        assert request.url.query == b""
        assert (json.loads(request.content) if request.content else None) == body
        assert request.headers.get("Content-Type") == (None if body is None else "application/json")

    @pytest.mark.parametrize(
        ("nc_needed", "query"), [(None, b""), (True, b"ncNeeded=true"), (False, b"ncNeeded=false")]
    )
    async def test_whether_the_number_is_looked_up_is_said_only_when_it_was_asked(
        self, api, connect, nc_needed, query
    ):
        api("POST", PIN, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            await send(client, nc_needed=nc_needed)
        assert api.requests[0].url.query == query

    async def test_a_pin_is_asked_for_by_application_template_and_number(self, api, connect):
        api("GET", APPLICATION, application())
        api("POST", PIN, SENT)
        async with connect() as client:
            receipt = await send(client, to=f"+{NUMBER}", sender="ANTS", nc_needed=False)
        request = api.requests[-1]
        assert request.url.query == b"ncNeeded=false"
        expected = {"applicationId": "A", "messageId": "M", "from": "ANTS", "to": NUMBER}
        assert json.loads(request.content) == expected
        assert (receipt.pin_id, receipt.is_sent) == ("P1", True)

    async def test_a_wrong_pin_is_a_result(self, api, connect):
        api(
            "POST",
            VERIFY,
            {"pinId": "P1", "verified": False, "attemptsRemaining": 4, "pinError": "WRONG_PIN"},
        )
        async with connect() as client:
            result = await client.two_factor.verify_pin("P1", "1234")
        assert (result.verified, result.attempts_remaining, result.pin_error) == (False, 4, "WRONG_PIN")
        assert json.loads(api.requests[0].content) == {"pin": "1234"}

    async def test_an_id_cannot_lead_to_another_path(self, api, connect):
        api("GET", "/2fa/2/applications/a/b?c", application())
        async with connect() as client:
            await client.two_factor.applications.get("a/b?c")
            assert api.requests[0].url.raw_path == b"/2fa/2/applications/a%2Fb%3Fc"
            for bad in ("", "..", "a\r\nb"):
                with pytest.raises(errors.ValidationError, match="application_id"):
                    await client.two_factor.applications.get(bad)

    async def test_what_the_api_gave_can_be_sent_back_changed_and_is_checked_then(self, api, connect):
        import attrs

        template = {"messageId": "M", "applicationId": "A", "messageText": "<p>", "pinPlaceholder": "<p>"}
        template |= {"pinType": "NUMERIC", "senderId": "ANTS OTP"}
        api("GET", "/2fa/1/applications/A/messages/M", template)
        api("PUT", "/2fa/1/applications/A/messages/M", template)
        async with connect() as client:
            known = await client.two_factor.templates.get("A", "M")
            with pytest.raises(errors.ValidationError, match="sender_id"):
                await client.two_factor.templates.update("A", "M", known)
            await client.two_factor.templates.update("A", "M", attrs.evolve(known, sender_id="ANTS"))
        sent = json.loads(api.requests[-1].content)
        assert sent == {
            "messageText": "<p>",
            "pinPlaceholder": "<p>",
            "pinType": "NUMERIC",
            "senderId": "ANTS",
        }
        assert isinstance(known, TemplateRequest)


class TestLimits:
    @virtual_time
    async def test_they_are_read_from_the_application_once_and_kept(self, api, connect):
        api("GET", APPLICATION, application(sendPinPerPhoneNumberLimit="2/1h"))
        api("POST", PIN, SENT)
        async with connect() as client:
            await send(client)
            await anyio.sleep(600)
            await send(client)
            with pytest.raises(errors.PinLimitReached) as caught:
                await send(client)
            assert api.paths.count(f"GET {APPLICATION}") == 1
            assert api.paths.count(f"POST {PIN}") == 2
            error = caught.value
            assert (error.limit_name, error.limit) == ("sendPinPerPhoneNumberLimit", "2/1h")
            assert error.retry_after == pytest.approx(3000)
            await send(client, to=OTHER)
            await anyio.sleep(3000)
            await send(client)

    @virtual_time
    async def test_the_applications_own_limit_holds_for_all_numbers(self, api, connect):
        api("POST", PIN, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(send_pin_per_application_limit="2/1d"))
            await send(client)
            await send(client, to=OTHER)
            with pytest.raises(errors.PinLimitReached, match="sendPinPerApplicationLimit of 2/1d"):
                await send(client, to="66847781472")
            await send(client, to="66847781472", wait=True)
            assert anyio.current_time() == 86_400
        assert api.paths == [f"POST {PIN}"] * 3

    @virtual_time
    async def test_verifications_are_limited_for_the_number_the_pin_went_to(self, api, connect):
        api("POST", PIN, SENT)
        api("POST", VERIFY, {"pinId": "P1", "verified": True})
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(verify_pin_limit="1/3s"))
            await send(client)
            await client.two_factor.verify_pin("P1", "1")
            with pytest.raises(
                errors.PinLimitReached, match="verifyPinLimit of 1/3s is reached; try again in 3 s"
            ):
                await client.two_factor.verify_pin("P1", "2")
            await client.two_factor.verify_pin("P1", "2", wait=True)
            assert anyio.current_time() == 3

    @virtual_time
    async def test_two_pins_of_one_number_share_its_verifications(self, api, connect):
        api("POST", PIN, SENT, SENT | {"pinId": "P2"}, SENT | {"pinId": "P3"})
        for pin_id in ("P1", "P2", "P3"):
            api("POST", f"{PIN}/{pin_id}/verify", {"pinId": pin_id, "verified": False})
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(verify_pin_limit="1/3s"))
            for to in (NUMBER, NUMBER, OTHER):
                await send(client, to=to)
            await client.two_factor.verify_pin("P1", "1")
            with pytest.raises(errors.PinLimitReached):
                await client.two_factor.verify_pin("P2", "1")
            await client.two_factor.verify_pin("P3", "1")

    @virtual_time
    async def test_a_resend_counts_as_a_send(self, api, connect):
        api("POST", PIN, SENT)
        api("POST", f"{PIN}/P1/resend", SENT)
        api("POST", f"{PIN}/P1/resend/voice", SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            await send(client)
            await client.two_factor.resend_pin("P1")
            await client.two_factor.resend_pin_voice("P1")
            for again in (client.two_factor.resend_pin, client.two_factor.resend_pin_voice):
                with pytest.raises(errors.PinLimitReached):
                    await again("P1")
        assert len(api.requests) == 3

    @virtual_time
    async def test_a_pin_that_somebody_else_sent_has_no_limits_here(self, api, connect):
        api("POST", VERIFY, {"pinId": "P1", "verified": False})
        api("POST", f"{PIN}/P1/resend", SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(verify_pin_limit="1/1d"))
            for _ in range(5):
                await client.two_factor.verify_pin("P1", "1")
                await client.two_factor.resend_pin("P1")

    @virtual_time
    async def test_who_may_wait_is_sent_as_soon_as_there_is_room(self, api, connect):
        api("POST", PIN, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            for _ in range(4):
                await send(client, wait=True)
            assert anyio.current_time() == 86_400

    @virtual_time
    async def test_a_key_that_may_not_read_the_application_leaves_the_counting_to_the_api(self, api, connect):
        api("GET", APPLICATION, httpx.Response(403))
        api("POST", PIN, SENT)
        async with connect() as client:
            for _ in range(20):
                await send(client)
        assert api.paths.count(f"GET {APPLICATION}") == 1

    @pytest.mark.parametrize(
        "failure", [httpx.ConnectError("refused"), httpx.Response(500)], ids=["no connection", "500"]
    )
    @virtual_time
    async def test_rules_that_cannot_be_read_now_hold_up_no_pin_and_are_read_later(
        self, api, connect, failure
    ):
        api("GET", APPLICATION, *[failure] * 4, application(sendPinPerPhoneNumberLimit="1/1d"))
        api("POST", PIN, SENT)
        async with connect() as client:
            await send(client)
            await send(client)
            with pytest.raises(errors.PinLimitReached):
                await send(client)

    @virtual_time
    async def test_a_429_is_never_repeated_and_holds_back_that_number_alone(self, api, connect):
        hint = httpx.Response(429, headers={"Retry-After": "120"})
        api("POST", PIN, hint, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            with pytest.raises(errors.PinLimitReached, match="try again in 120 s") as caught:
                await send(client)
            assert isinstance(caught.value.__cause__, errors.ThrottledError)
            assert len(api.requests) == 1
            await send(client, to=OTHER)
            with pytest.raises(errors.PinLimitReached):
                await send(client)
            assert len(api.requests) == 2
            await anyio.sleep(120)
            await send(client)

    @virtual_time
    async def test_a_429_holds_back_nobody_else_where_only_the_applications_limit_is_known(
        self, api, connect
    ):
        api("POST", PIN, THROTTLED, SENT)
        async with connect() as client:
            configuration = PinConfiguration(send_pin_per_application_limit="10000/1d")
            client.two_factor.use_configuration("A", configuration)
            with pytest.raises(errors.PinLimitReached) as caught:
                await send(client)
            assert (caught.value.limit_name, caught.value.limit) == ("a limit of the application", None)
            await send(client, to=OTHER)
            with pytest.raises(errors.PinLimitReached, match="sendPinPerPhoneNumberLimit is reached"):
                await send(client)

    @virtual_time
    async def test_a_429_with_a_hint_is_obeyed_by_a_key_that_knows_no_limits(self, api, connect):
        api("GET", APPLICATION, httpx.Response(403))
        api("POST", PIN, httpx.Response(429, headers={"Retry-After": "120"}), THROTTLED, SENT)
        async with connect() as client:
            for _ in range(2):
                with pytest.raises(errors.PinLimitReached, match="try again in 120 s"):
                    await send(client)
            assert api.paths.count(f"POST {PIN}") == 1
            await anyio.sleep(120)
            with pytest.raises(errors.PinLimitReached) as caught:
                await send(client)
            assert caught.value.retry_after is None  # nobody knows: the API is asked again
            await send(client)

    @virtual_time
    async def test_a_429_to_a_verification_names_its_limit_and_holds_back_that_number_alone(
        self, api, connect
    ):
        api("POST", PIN, SENT, SENT | {"pinId": "P2"})
        api("POST", VERIFY, THROTTLED)
        api("POST", f"{PIN}/P2/verify", {"pinId": "P2", "verified": True})
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(verify_pin_limit="2/3s"))
            await send(client)
            await send(client, to=OTHER)
            for _ in range(2):
                with pytest.raises(errors.PinLimitReached) as caught:
                    await client.two_factor.verify_pin("P1", "1")
                assert (caught.value.limit_name, caught.value.limit) == ("verifyPinLimit", "2/3s")
                assert caught.value.retry_after == 3
            assert api.paths.count(f"POST {VERIFY}") == 1
            await client.two_factor.verify_pin("P2", "1")

    @virtual_time
    async def test_a_429_without_a_hint_holds_back_for_a_minute_at_most(self, api, connect):
        api("POST", PIN, THROTTLED, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            with pytest.raises(errors.PinLimitReached) as caught:
                await send(client)
            assert caught.value.retry_after == 60

    @virtual_time
    async def test_a_429_without_any_known_limit_is_said_too(self, api, connect):
        api("POST", VERIFY, THROTTLED)
        async with connect() as client:
            with pytest.raises(errors.PinLimitReached) as caught:
                await client.two_factor.verify_pin("P1", "1")
            assert (caught.value.limit, caught.value.retry_after) == (None, None)

    @pytest.mark.parametrize(
        ("failure", "error", "counts"),
        [
            (httpx.ConnectError("refused"), errors.ConnectionFailed, False),
            (httpx.Response(400), errors.BadRequest, False),
            (httpx.Response(401), errors.AuthenticationError, False),
            (httpx.Response(404), errors.NotFound, False),
            (httpx.ReadError("reset"), errors.OutcomeUnknown, True),
            (httpx.Response(500), errors.OutcomeUnknown, True),
            (httpx.Response(200, text="<html>"), errors.OutcomeUnknown, True),
        ],
        ids=["no connection", "400", "401", "404", "reset", "500", "unreadable"],
    )
    @virtual_time
    async def test_what_never_left_or_was_refused_does_not_count_and_what_is_unclear_does(
        self, api, connect, failure, error, counts
    ):
        api("POST", PIN, SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", PinConfiguration(send_pin_per_phone_number_limit="1/1d"))
            api("POST", PIN, failure)
            with pytest.raises(error):
                await send(client)
            api("POST", PIN, SENT)
            if counts:
                with pytest.raises(errors.PinLimitReached):
                    await send(client)
            else:
                await send(client)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(400, json={"requestError": {}}),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.ReadError("reset"),
        httpx.ConnectError("refused"),
    ],
    ids=["refused", "throttled", "500", "unreadable", "reset", "no connection"],
)
@virtual_time
async def test_a_pin_shows_nowhere(api, connect, caplog, failure):
    caplog.set_level(logging.DEBUG)
    api("POST", VERIFY, failure)
    pin = "-".join("S3CR3T")  # not as it stands here: tracebacks quote lines of code
    async with connect() as client:
        with pytest.raises(errors.AntsError) as caught:
            await client.two_factor.verify_pin("P1", pin)
        chain = "".join(traceback.format_exception(caught.value))
        shown = [caplog.text, repr(caught.value), chain, repr(client), repr(client.two_factor)]
    assert pin.encode() in api.requests[0].content
    assert pin not in "".join(shown)


@pytest.mark.parametrize("pin", ["", " ", None, 51423, "51423 \ud83d"])
@virtual_time
async def test_a_pin_that_is_none_is_refused_and_not_shown(api, connect, pin):
    async with connect() as client:
        with pytest.raises(errors.ValidationError) as caught:
            await client.two_factor.verify_pin("P1", pin)
    assert "51423" not in "".join(traceback.format_exception(caught.value))
    assert api.requests == []
