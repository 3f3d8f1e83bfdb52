"""Sends and previews: what each call puts on the wire, in either format."""

import json
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from ants_async import errors
from ants_async.endpoints import Family
from ants_async.models.api_keys import ApiKeyRequest
from ants_async.models.sms import (
    UDH,
    AdvancedMessage,
    AdvancedRequest,
    Binary,
    BinaryMessage,
    Destination,
    Language,
    TextMessage,
    Tracking,
)
from ants_async.models.two_factor import ApplicationRequest
from ants_async.wire import xml

NUMBER, OTHER = "66847781470", "66847781471"
STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE"}
RECEIPT = {"messages": [{"to": NUMBER, "status": STATUS, "messageId": "m"}]}
IN_XML = b"<smsResponse><messages><message><to>66847781470</to><status><groupId>1</groupId>\
<groupName>PENDING</groupName><id>7</id><name>PENDING_ENROUTE</name></status><smsCount>2</smsCount>\
<messageId>m</messageId></message></messages></smsResponse>"


def request(**content):
    return AdvancedRequest(messages=[AdvancedMessage(destinations=[Destination(NUMBER, "m")], **content)])


HEX = {"hex": "0f c2", "dataCoding": 0, "esmClass": 0}
BYTES = Binary(b"\x0f\xc2")
DESTINATIONS = [{"to": NUMBER, "messageId": "m"}]
CALLS = {
    "text/single": (
        lambda sms: sms.send([NUMBER, OTHER], "x", sender="ANTS"),
        {"to": [NUMBER, OTHER], "text": "x", "from": "ANTS"},
    ),
    "text/multi": (
        lambda sms: sms.send_multi([TextMessage(to=NUMBER, text="x"), TextMessage(to=[OTHER], text="y")]),
        {"messages": [{"to": NUMBER, "text": "x"}, {"to": OTHER, "text": "y"}]},
    ),
    "text/advanced": (
        lambda sms: sms.send_advanced(request(text="x")),
        {"messages": [{"destinations": DESTINATIONS, "text": "x"}]},
    ),
    "binary/single": (
        lambda sms: sms.send_binary(NUMBER, b"\x0f\xc2"),
        {"to": NUMBER, "binary": HEX},
    ),
    "binary/multi": (
        lambda sms: sms.send_binary_multi([BinaryMessage(to=[NUMBER, OTHER], binary=BYTES, sender="ANTS")]),
        {"messages": [{"to": [NUMBER, OTHER], "binary": HEX, "from": "ANTS"}]},
    ),
    "binary/advanced": (
        lambda sms: sms.send_binary_advanced(request(binary=BYTES)),
        {"messages": [{"destinations": DESTINATIONS, "binary": HEX}]},
    ),
}


def texts(value):
    """As XML has it: every scalar is a text."""
    if isinstance(value, dict):
        return {name: texts(one) for name, one in value.items()}
    return [texts(one) for one in value] if isinstance(value, list) else str(value)


@pytest.mark.parametrize("path", CALLS)
async def test_each_send_has_a_path_and_a_body_of_its_own_in_either_format(api, connect, path):
    call, body = CALLS[path]
    api("POST", f"/sms/1/{path}", RECEIPT)
    async with connect() as client:
        for one in (client, client.speaking("xml")):
            assert (await call(one.sms)).messages[0].message_id == "m"
    in_json, in_xml = api.requests
    assert api.paths == [f"POST /sms/1/{path}"] * 2
    assert json.loads(in_json.content) == body
    assert xml.loads(in_xml.content) == texts(body)
    assert in_xml.content.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<request>')


async def test_content_that_starts_with_a_header_says_so(api, connect):
    api("POST", "/sms/1/binary/single", RECEIPT)
    content = Binary(bytes.fromhex("05 00 03 0a 02 01") + b"hi", data_coding=8, esm_class=UDH)
    async with connect() as client:
        await client.sms.send_binary(NUMBER, content)
    sent = json.loads(api.requests[0].content)["binary"]
    assert sent == {"hex": "05 00 03 0a 02 01 68 69", "dataCoding": 8, "esmClass": 64}


async def test_every_option_of_the_manual_reaches_the_wire(api, connect):
    api("POST", "/sms/1/text/advanced", RECEIPT)
    message = AdvancedMessage(
        destinations=[Destination(NUMBER)],
        text="x",
        sender="ANTS",
        flash=False,
        language=Language(language_code="TR", single_shift=True, locking_shift=False),
        transliteration="TURKISH",
        intermediate_report=True,
        notify_url="https://shop.example/reports",
        notify_content_type="application/xml",
        callback_data="order 7",
        validity_period=2880,
        send_at=datetime(2027, 1, 1, 8, tzinfo=timezone(timedelta(hours=7))),
    )
    tracking = Tracking(track="URL", type="SOCIAL_INVITES")
    async with connect() as client:
        await client.sms.send_advanced(AdvancedRequest(messages=[message], bulk_id="b", tracking=tracking))
    assert json.loads(api.requests[0].content) == {
        "bulkId": "b",
        "tracking": {"track": "URL", "type": "SOCIAL_INVITES"},
        "messages": [
            {
                "destinations": [{"to": NUMBER}],
                "text": "x",
                "from": "ANTS",
                "flash": False,
                "language": {"languageCode": "TR", "singleShift": True, "lockingShift": False},
                "transliteration": "TURKISH",
                "intermediateReport": True,
                "notifyUrl": "https://shop.example/reports",
                "notifyContentType": "application/xml",
                "callbackData": "order 7",
                "validityPeriod": 2880,
                "sendAt": "2027-01-01T08:00:00.000+07:00",
            }
        ],
    }


async def test_a_receipt_without_a_list_of_messages_is_no_receipt(api, connect):
    for body in ({"messages": {}}, {"messages": ""}, {}):
        api("POST", "/sms/1/text/single", body)
        async with connect() as client:
            with pytest.raises(errors.OutcomeUnknown):
                await client.sms.send(NUMBER, "x")


async def test_a_text_is_no_binary_content_and_the_other_way_round(api, connect):
    async with connect() as client:
        with pytest.raises(errors.ValidationError, match="send_binary_advanced"):
            await client.sms.send_advanced(request(binary=Binary(b"x")))
        with pytest.raises(errors.ValidationError, match="send_advanced"):
            await client.sms.send_binary_advanced(request(text="x"))
    assert api.requests == []


@pytest.mark.parametrize("text", ["", " \n"])
async def test_a_text_that_says_nothing_is_not_sent(api, connect, text):
    async with connect() as client:
        with pytest.raises(errors.ValidationError, match="must not be empty"):
            await client.sms.send("66847781470", text)
    assert api.requests == []


async def test_a_preview_takes_the_options_the_text_will_be_sent_with(api, connect):
    api("POST", "/sms/1/preview", {"originalText": "x", "previews": []})
    async with connect() as client:
        await client.sms.preview("x", language_code="TR", transliteration="TURKISH")
    assert json.loads(api.requests[0].content) == {
        "text": "x",
        "languageCode": "TR",
        "transliteration": "TURKISH",
    }


class TestXml:
    async def test_a_client_speaks_it_for_a_call_over_the_same_connections_and_rates(self, api, connect):
        answer = httpx.Response(
            200, headers={"Content-Type": "application/xml;charset=UTF-8"}, content=IN_XML
        )
        api("POST", "/sms/1/text/single", answer)
        async with connect(rate="100/1s") as client:
            other = client.speaking("xml")
            assert other.limiters is client.limiters
            receipt = await other.sms.send(NUMBER, "ก & <b>", sender="ANTS")
            assert other.limiters[Family.SEND] is client.limiters[Family.SEND]
            assert other.two_factor is client.two_factor
        sent = api.requests[0]
        assert (sent.headers["Content-Type"], sent.headers["Accept"]) == (
            "application/xml",
            "application/xml",
        )
        assert sent.headers["Authorization"] == "Basic ZGVtbzpkZW1v"
        assert xml.loads(sent.content) == {"to": NUMBER, "text": "ก & <b>", "from": "ANTS"}
        assert (receipt.messages[0].sms_count, receipt.messages[0].status.id) == (2, 7)

    async def test_the_answer_is_read_as_what_it_says_it_is(self, api, connect):
        api("POST", "/sms/1/text/single", RECEIPT)
        async with connect(wire="xml") as client:
            assert (await client.sms.send(NUMBER, "x")).messages[0].message_id == "m"
        untold = httpx.Response(200, content=IN_XML)
        api("POST", "/sms/1/text/single", untold)
        async with connect() as client:
            assert (await client.sms.send(NUMBER, "x")).messages[0].message_id == "m"

    async def test_a_refusal_is_read_in_it_too(self, api, connect):
        body = b"<requestError><serviceException><messageId>BAD_REQUEST</messageId><text>[to : no]</text>\
</serviceException></requestError>"
        headers = {"Content-Type": "application/xml"}
        api("POST", "/sms/1/text/single", httpx.Response(400, headers=headers, content=body))
        async with connect(wire="xml") as client:
            with pytest.raises(errors.BadRequest) as caught:
                await client.sms.send(NUMBER, "x")
        assert (caught.value.code, caught.value.text) == ("BAD_REQUEST", "[to : no]")

    async def test_the_client_it_was_made_from_goes_on_in_its_own(self, api, connect):
        api("GET", "/account/1/balance", {"balance": 1, "currency": "THB"})
        async with connect() as client:
            for one in (client.speaking("xml"), client, client.speaking("xml").speaking("json")):
                await one.account.balance()
        accepted = [request.headers["Accept"] for request in api.requests]
        assert accepted == ["application/xml", "application/json", "application/json"]

    async def test_what_has_only_json_stays_json(self, api, connect):
        shop = {"applicationId": "A", "name": "Shop", "key": "k"}
        keys = "/settings/1/accounts/_/api-keys"
        api("POST", "/2fa/2/applications", shop)
        api("POST", keys, shop)
        async with connect() as client:
            for one in (client.speaking("xml"), connect(wire="xml")):
                await one.two_factor.applications.create(ApplicationRequest(name="Shop"))
                await one.api_keys.create(ApiKeyRequest(name="Shop"))
        for sent in api.requests:
            kinds = (sent.headers["Content-Type"], sent.headers["Accept"])
            assert kinds == ("application/json", "application/json")

    async def test_an_answer_in_an_unknown_encoding_is_no_clear_one(self, api, connect):
        body = b'<?xml version="1.0" encoding="x-none"?><smsResponse/>'
        headers = {"Content-Type": "application/xml"}
        api("POST", "/sms/1/text/single", httpx.Response(200, headers=headers, content=body))
        async with connect(wire="xml") as client:
            with pytest.raises(errors.OutcomeUnknown):
                await client.sms.send(NUMBER, "x")

    async def test_characters_it_cannot_hold_are_refused_before_anything_is_sent(self, api, connect):
        async with connect(wire="xml") as client:
            with pytest.raises(errors.ValidationError, match="XML cannot hold"):
                await client.sms.send(NUMBER, "bell \x07")
        assert api.requests == []

    def test_another_format_is_refused(self, connect):
        for speak in (lambda: connect(wire="yaml"), lambda: connect().speaking("yaml")):
            with pytest.raises(errors.ValidationError, match="wire: 'yaml' is not valid: one of json, xml"):
                speak()
