"""PINs: what goes out, and the limits that are kept before a request is wasted."""

import json
import logging

import anyio
import httpx
import pytest
from virtual_time import virtual_time

from ants_async import errors
from ants_async.models.limits import RateLimit
from ants_async.models.two_factor import PinConfiguration, TemplateRequest
from ants_async.resources.pin_limits import PinLimits, Use

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


class TestRequests:
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

    @pytest.mark.parametrize(("voice", "path"), [(False, "resend"), (True, "resend/voice")])
    async def test_the_same_pin_again_has_no_body(self, api, connect, voice, path):
        api("POST", f"{PIN}/P1/{path}", SENT)
        async with connect() as client:
            resend = client.two_factor.resend_pin_voice if voice else client.two_factor.resend_pin
            await resend("P1")
        assert api.requests[0].content == b""

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
        assert api.paths == [f"POST {PIN}"] * 2

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
    async def test_a_resend_counts_as_a_send(self, api, connect):
        api("POST", PIN, SENT)
        api("POST", f"{PIN}/P1/resend", SENT)
        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            await send(client)
            await client.two_factor.resend_pin("P1")
            await client.two_factor.resend_pin("P1")
            with pytest.raises(errors.PinLimitReached):
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
    async def test_of_ten_at_once_only_as_many_leave_as_may(self, api, connect):
        api("POST", PIN, SENT)
        refused = []

        async def one(client):
            try:
                await send(client)
            except errors.PinLimitReached as error:
                refused.append(error)

        async with connect() as client:
            client.two_factor.use_configuration("A", THREE_A_DAY)
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(one, client)
        assert (len(api.requests), len(refused)) == (3, 7)

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
            (httpx.ReadError("reset"), errors.OutcomeUnknown, True),
            (httpx.Response(500), errors.OutcomeUnknown, True),
        ],
        ids=["no connection", "reset", "500"],
    )
    @virtual_time
    async def test_only_what_never_left_is_given_back(self, api, connect, failure, error, counts):
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

    @virtual_time
    async def test_what_is_over_is_forgotten(self):
        limits = PinLimits()
        for number in range(5000):
            await limits.take([Use("limit", RateLimit("1/1s"), number)], wait=False)
            await anyio.sleep(0.01)
        assert len(limits) < 1200


async def test_a_pin_shows_nowhere(api, connect, caplog):
    caplog.set_level(logging.DEBUG)
    api("POST", VERIFY, httpx.Response(400, json={"requestError": {}}))
    async with connect() as client:
        with pytest.raises(errors.BadRequest) as caught:
            await client.two_factor.verify_pin("P1", "S3CR3T")
        with pytest.raises(errors.ValidationError) as empty:
            await client.two_factor.verify_pin("P1", " ")
    shown = "".join([caplog.text, repr(caught.value), repr(empty.value), repr(client.two_factor)])
    assert "S3CR3T" not in shown
