"""PINs as the manual has them: attempts, time to live, limits, Number Lookup."""

import pytest

KEY = {"Authorization": "App demo-key"}
NUMBER, OTHER = "66847781470", "66847781471"
APPLICATIONS = "/2fa/2/applications"
FORMAT = '{timeLength}{timeUnit}". Time units can be: ms, s, m, h, d'


class Shop:
    """An application with a template, on a simulator of its own."""

    def __init__(self, client):
        self.client = client

    async def open(self, **configuration):
        response = await self.client.post(APPLICATIONS, json={"name": "Shop", "configuration": configuration})
        self.application = response.json()["applicationId"]
        self.templates = f"/2fa/1/applications/{self.application}/messages"
        body = {"messageText": "PIN: <p>", "pinPlaceholder": "<p>", "pinType": "NUMERIC", "pinLength": 4}
        self.template = (await self.client.post(self.templates, json=body)).json()["messageId"]
        return self

    async def send(self, to=NUMBER, **query):
        body = {"applicationId": self.application, "messageId": self.template, "to": to}
        return await self.client.post("/2fa/1/pin", json=body, params=query, headers=KEY, auth=None)

    async def sent(self, to=NUMBER):
        """A PIN's id, and what its text says."""
        pin_id = (await self.send(to)).json()["pinId"]
        listed = (await self.client.get("/_simulator/messages?limit=1000")).json()["messages"]
        return pin_id, listed[-1]["text"].removeprefix("PIN: ")

    async def verify(self, pin_id, pin):
        return await self.client.post(
            f"/2fa/1/pin/{pin_id}/verify", json={"pin": pin}, headers=KEY, auth=None
        )

    async def result(self, pin_id, pin):
        body = (await self.verify(pin_id, pin)).json()
        return body["verified"], body["attemptsRemaining"], body.get("pinError")


@pytest.fixture
async def shop(api):
    async with api(unreachable={OTHER}) as client:
        yield Shop(client)


async def test_a_wrong_pin_costs_an_attempt_and_the_last_one_ends_it(shop, clock):
    await shop.open(pinAttempts=2)
    pin_id, pin = await shop.sent()
    for expected in [(False, 1, "WRONG_PIN"), (False, 0, "WRONG_PIN"), (False, 0, "NO_MORE_PIN_ATTEMPTS")]:
        assert await shop.result(pin_id, "wrong") == expected
        clock.now += 3
    assert await shop.result(pin_id, pin) == (False, 0, "NO_MORE_PIN_ATTEMPTS")


async def test_a_pin_lives_its_time_and_a_resend_renews_it(shop, clock):
    await shop.open(pinTimeToLive="15m", allowMultiplePinVerifications=True)
    pin_id, pin = await shop.sent()
    clock.now += 901
    assert await shop.result(pin_id, pin) == (False, 10, "TTL_EXPIRED")
    assert (await shop.client.post(f"/2fa/1/pin/{pin_id}/resend", headers=KEY, auth=None)).status_code == 200
    clock.now += 10
    assert await shop.result(pin_id, pin) == (True, 0, None)


@pytest.mark.parametrize(("multiple", "second"), [(True, True), (False, False)])
async def test_a_verified_pin_verifies_again_only_if_it_may(shop, clock, multiple, second):
    await shop.open(allowMultiplePinVerifications=multiple)
    pin_id, pin = await shop.sent()
    assert (await shop.result(pin_id, pin))[0] is True
    clock.now += 3
    assert (await shop.result(pin_id, pin))[0] is second


async def test_verifications_are_limited_for_each_number(shop, clock, refusal):
    await shop.open(verifyPinLimit="1/3s")
    pin_id, _ = await shop.sent()
    assert (await shop.verify(pin_id, "1")).status_code == 200
    assert refusal(await shop.verify(pin_id, "2")) == (
        429,
        "THROTTLE_EXCEPTION",
        "Too many requests. Try again later.",
    )
    clock.now += 3
    assert (await shop.verify(pin_id, "3")).status_code == 200


async def test_sends_are_limited_for_each_number_and_for_the_application(shop, clock):
    await shop.open(sendPinPerPhoneNumberLimit="2/1d", sendPinPerApplicationLimit="3/1d")
    codes = [
        (await shop.send(to)).status_code for to in (NUMBER, NUMBER, NUMBER, "66847781479", "66847781478")
    ]
    assert codes == [200, 200, 429, 200, 429]
    clock.now += 86_400
    assert (await shop.send()).status_code == 200


async def test_a_number_out_of_reach_gets_no_pin_unless_nobody_looks(shop):
    await shop.open()
    held = (await shop.send(OTHER)).json()
    assert (held["ncStatus"], held["smsStatus"]) == ("NC_DESTINATION_NOT_REACHABLE", "MESSAGE_NOT_SENT")
    sent = (await shop.send(OTHER, ncNeeded="false")).json()
    assert (sent["ncStatus"], sent["smsStatus"]) == ("NC_NOT_CONFIGURED", "MESSAGE_SENT")


async def test_what_does_not_exist_is_not_found_by_name(shop, refusal):
    await shop.open()
    assert refusal(await shop.client.get(f"{APPLICATIONS}/none"))[1] == "APPLICATION_NOT_FOUND"
    assert refusal(await shop.client.get(f"{shop.templates}/none"))[1] == "MESSAGE_NOT_FOUND"
    assert refusal(await shop.verify("none", "1"))[:2] == (404, "PIN_NOT_FOUND")


async def test_a_disabled_application_sends_nothing(shop, refusal):
    await shop.open()
    body = {"name": "Shop", "enabled": False}
    await shop.client.put(f"{APPLICATIONS}/{shop.application}", json=body)
    assert refusal(await shop.send())[:2] == (400, "INVALID_ARGUMENT")


async def test_new_rules_hold_for_pins_under_way(shop, clock):
    await shop.open(verifyPinLimit="1/1d")
    pin_id, pin = await shop.sent()
    await shop.verify(pin_id, "wrong")
    body = {"name": "Shop", "configuration": {"verifyPinLimit": "9/1s"}}
    await shop.client.put(f"{APPLICATIONS}/{shop.application}", json=body)
    clock.now += 1
    assert (await shop.result(pin_id, pin))[0] is True


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "[name : may not be null]"),
        (
            {"name": "x", "configuration": {"sendPinPerApplicationLimit": "many"}},
            f'[configuration.sendPinPerApplicationLimit : Limit format should be "{{attempts}}/{FORMAT}]',
        ),
        (
            {"name": "x", "configuration": {"pinTimeToLive": "0m"}},
            f'[configuration.pinTimeToLive : Time format should be "{FORMAT}]',
        ),
        (
            {"name": "x", "configuration": {"pinAttempts": 0}},
            "[configuration.pinAttempts : must be between 1 and 1000000]",
        ),
        ({"name": "x", "configuration": 5}, "[configuration : must be an object]"),
    ],
)
async def test_an_application_that_cannot_be_is_refused_in_the_manuals_words(api, refusal, body, text):
    assert refusal(await api().post(APPLICATIONS, json=body)) == (400, "BAD_REQUEST", text)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"messageText": "no placeholder"}, "messageText"),
        ({"pinPlaceholder": ""}, "messageText"),
        ({"pinType": "ROMAN"}, "pinType"),
        ({"language": "th"}, "language"),
        ({"speechRate": 3}, "speechRate"),
        ({"pinLength": "x"}, "pinLength"),
        ({"senderId": "far too long a name"}, "senderId"),
    ],
)
async def test_a_template_that_cannot_be_is_refused_by_field(shop, refusal, change, named):
    await shop.open()
    body = {"messageText": "PIN: <p>", "pinPlaceholder": "<p>", "pinType": "NUMERIC", **change}
    assert refusal(await shop.client.post(shop.templates, json=body))[2].startswith(f"[{named} : ")


async def test_a_pin_for_what_is_no_number_is_refused(shop, refusal):
    await shop.open()
    assert refusal(await shop.send("123"))[2].startswith("[to : ")
