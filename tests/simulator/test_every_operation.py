"""Each of the manual's operations, called through the client over a real socket, in each of its formats."""

from datetime import UTC, datetime, timedelta

import pytest

from ants_async import AntsClient, ApiKeyAuth, BasicAuth
from ants_async.endpoints import OPERATIONS, Wire
from ants_async.models.api_keys import ApiKeyRequest, Permission
from ants_async.models.sms import (
    AdvancedMessage,
    AdvancedRequest,
    Binary,
    BinaryMessage,
    Destination,
    Language,
    TextMessage,
    Tracking,
)
from ants_async.models.two_factor import (
    ApplicationRequest,
    PinConfiguration,
    PinType,
    SmsStatus,
    TemplateRequest,
)
from ants_async.simulator import SimulatorConfig, running

A, B = "66847781470", "66847781471"
TEXT = "สวัสดี <Anna> & 'co'"


@pytest.fixture
async def base_url():
    async with running(SimulatorConfig(delivery_time=0.0)) as url:
        yield url


@pytest.fixture(params=list(Wire))
async def client(base_url, request):
    async with AntsClient(base_url, BasicAuth("demo", "demo"), wire=request.param, rate=None) as client:
        yield client


@pytest.fixture
async def pins(base_url):
    """A client with a key that may only send and verify PINs, as the manual wants it."""
    async with AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as owner:
        key = await owner.api_keys.create(ApiKeyRequest(name="OTP", permissions=[Permission.TFA]))
        application = await owner.two_factor.applications.create(ApplicationRequest(name="Shop"))
        template = await owner.two_factor.templates.create(
            application.application_id,
            TemplateRequest(
                message_text="Your PIN is <pin>", pin_placeholder="<pin>", pin_type="NUMERIC", pin_length=6
            ),
        )
        async with AntsClient(base_url, ApiKeyAuth(key.public_api_key), rate=None) as client:
            yield owner, client, application, template


def names(receipt):
    return [(one.to, one.status.name, one.sms_count) for one in receipt.messages]


def test_there_are_26():
    assert len(OPERATIONS) == 26


async def test_send(client):
    receipt = await client.sms.send([A, B], TEXT, sender="ANTS")
    assert names(receipt) == [(A, "PENDING_ENROUTE", 1), (B, "PENDING_ENROUTE", 1)]
    assert receipt.bulk_id
    (entry,) = await client.logs.search(message_id=receipt.messages[0].message_id)
    assert (entry.text, entry.sender, entry.to) == (TEXT, "ANTS", A)


async def test_send_multi(client):
    messages = [TextMessage(to=A, text="ก" * 71), TextMessage(to=[A, B], text="x")]
    receipt = await client.sms.send_multi(messages)
    assert [count for _, _, count in names(receipt)] == [2, 1, 1]


async def test_send_advanced(client):
    message = AdvancedMessage(
        destinations=[Destination(A, "m1"), Destination(B)],
        text="Artık dönüş",
        sender="ANTS",
        flash=True,
        language=Language(language_code="TR", single_shift=True, locking_shift=False),
        transliteration="TURKISH",
        callback_data="data",
        validity_period=720,
        send_at=datetime.now(UTC) + timedelta(hours=1),
    )
    request = AdvancedRequest(messages=[message], bulk_id="b", tracking=Tracking(track="SMS", type="MAY"))
    receipt = await client.sms.send_advanced(request)
    assert receipt.bulk_id == "b"
    assert receipt.messages[0].message_id == "m1"
    (entry,) = await client.logs.search(message_id="m1")
    assert entry.status.name == "PENDING_ACCEPTED"  # scheduled
    assert entry.callback_data == "data"


async def test_send_binary(client):
    receipt = await client.sms.send_binary(A, b"\x0f\xc2\x4a", sender="ANTS")
    (entry,) = await client.logs.search(message_id=receipt.messages[0].message_id)
    assert entry.text == "0f c2 4a"


async def test_send_binary_multi(client):
    receipt = await client.sms.send_binary_multi(
        [BinaryMessage(to=A, binary=Binary(b"x" * 141)), BinaryMessage(to=[A, B], binary=Binary("0f c2"))]
    )
    assert [count for _, _, count in names(receipt)] == [2, 1, 1]


async def test_send_binary_advanced(client):
    binary = Binary(b"\x05\x00\x03\x01\x02\x01Hello", data_coding=8, esm_class=64)
    message = AdvancedMessage(destinations=[Destination(A, "m1")], binary=binary)
    receipt = await client.sms.send_binary_advanced(AdvancedRequest(messages=[message]))
    assert names(receipt) == [(A, "PENDING_ENROUTE", 1)]


async def test_reports_come_once(client):
    receipt = await client.sms.send([A, B], "x")
    reports = [report async for report in client.reports.stream(bulk_id=receipt.bulk_id)]
    assert {report.to for report in reports} == {A, B}
    assert all(one.status.is_final and one.price.currency == "THB" and one.done_at for one in reports)
    assert await client.reports.fetch(bulk_id=receipt.bulk_id) == ()


async def test_logs(client):
    receipt = await client.sms.send([A, B], "x", sender="ANTS")
    now, minute = datetime.now(UTC), timedelta(minutes=1)  # the API's times have milliseconds
    found = await client.logs.search(
        sender="ANTS", bulk_id=receipt.bulk_id, sent_since=now - minute, sent_until=now + minute
    )
    assert {entry.to for entry in found} == {A, B}
    ids = [one.message_id for one in receipt.messages]
    assert {entry.to async for entry in client.logs.stream(message_id=ids)} == {A, B}


async def test_preview_agrees_with_the_manual(client):
    text = "Let's see how many characters will remain unused in this message."
    (preview,) = (await client.sms.preview(text)).previews
    assert (preview.text_preview, preview.message_count, preview.characters_remaining) == (text, 1, 95)
    (turkish,) = (await client.sms.preview("ş", language_code="TR")).previews
    assert turkish.configuration.language.language_code == "TR"


async def test_balance(client):
    before = await client.account.balance()
    await client.sms.send(A, "x")
    assert (await client.account.balance()).balance < before.balance


async def test_applications(base_url):
    async with AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as client:
        applications = client.two_factor.applications
        rules = PinConfiguration(pin_time_to_live="120m", verify_pin_limit="2/1s")
        made = await applications.create(ApplicationRequest(name="Shop", configuration=rules))
        assert (str(made.configuration.pin_time_to_live), made.configuration.pin_attempts) == ("2h", 10)
        assert await applications.get(made.application_id) == made
        changed = await applications.update(
            made.application_id, ApplicationRequest(name="Store", enabled=False)
        )
        assert (changed.name, changed.enabled, changed.process_id) == ("Store", False, made.process_id)
        assert await applications.list() == (changed,)


async def test_templates(base_url):
    async with AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as client:
        application = await client.two_factor.applications.create(ApplicationRequest(name="Shop"))
        templates, home = client.two_factor.templates, application.application_id
        request = TemplateRequest(
            message_text="Your PIN is <pin>",
            pin_placeholder="<pin>",
            pin_type=PinType.HEX,
            pin_length=8,
            sender_id="ANTS-OTP",
            language="en",
            repeat_dtmf="1#",
            speech_rate=1.5,
        )
        made = await templates.create(home, request)
        assert (made.pin_type, made.speech_rate, made.repeat_dtmf) == (PinType.HEX, 1.5, "1#")
        assert await templates.get(home, made.message_id) == made
        changed = await templates.update(
            home,
            made.message_id,
            TemplateRequest(message_text="<pin>!", pin_placeholder="<pin>", pin_type="ALPHA"),
        )
        assert await templates.list(home) == (changed,)
        assert changed.pin_length == 4


async def test_pins(pins):
    owner, client, application, template = pins
    sent = await client.two_factor.send_pin(
        application_id=application.application_id, message_id=template.message_id, to=A, sender="ANTS"
    )
    assert sent.sms_status is SmsStatus.MESSAGE_SENT
    again = await client.two_factor.resend_pin(sent.pin_id)
    assert again.is_sent
    spoken = await client.two_factor.resend_pin_voice(sent.pin_id)
    assert spoken.call_status == "PROCESSING"
    entry, _ = [entry async for entry in owner.logs.stream(to=A)]
    right = await client.two_factor.verify_pin(sent.pin_id, entry.text.removeprefix("Your PIN is "))
    assert (right.verified, right.pin_error, right.msisdn) == (True, None, A)


async def test_api_keys(base_url):
    async with AntsClient(base_url, BasicAuth("demo", "demo"), rate=None) as client:
        now = datetime.now(UTC).replace(microsecond=0)
        made = await client.api_keys.create(
            ApiKeyRequest(
                name="Web",
                allowed_ips=["127.0.0.1"],
                permissions=["ALL"],
                valid_from=now,
                valid_to=now + timedelta(days=1),
            )
        )
        other = await client.api_keys.create(ApiKeyRequest(name="Other"))
        assert await client.api_keys.get(made.key) == made
        assert await client.api_keys.list() == (made, other)
        assert await client.api_keys.list(name="Web") == (made,)
        assert await client.api_keys.list(public_api_key=other.public_api_key) == (other,)
        locked = await client.api_keys.update(other.key, ApiKeyRequest(name="Other", enabled=False))
        assert await client.api_keys.list(enabled=False) == (locked,)
