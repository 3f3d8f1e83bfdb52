"""Sends and previews: what each call puts on the wire, in either format."""

import json

import pytest

from ants_async import errors
from ants_async.endpoints import Family
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Binary, Destination
from ants_async.models.two_factor import ApplicationRequest
from ants_async.wire import xml

NUMBER = "66847781470"
STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE"}
RECEIPT = {"messages": [{"to": NUMBER, "status": STATUS, "messageId": "m"}]}
IN_XML = b"<smsResponse><messages><message><to>66847781470</to><status><groupId>1</groupId>\
<groupName>PENDING</groupName><id>7</id><name>PENDING_ENROUTE</name></status><smsCount>2</smsCount>\
<messageId>m</messageId></message></messages></smsResponse>"


def request(**content):
    return AdvancedRequest(messages=[AdvancedMessage(destinations=[Destination(NUMBER, "m")], **content)])


async def test_bytes_go_out_as_spaced_hex(api, connect):
    api("POST", "/sms/1/binary/single", RECEIPT)
    async with connect() as client:
        await client.sms.send_binary(NUMBER, b"\x0f\xc2\x4a", sender="ANTS")
    sent = json.loads(api.requests[0].content)
    assert sent["binary"] == {"hex": "0f c2 4a", "dataCoding": 0, "esmClass": 0}


async def test_a_text_is_no_binary_content_and_the_other_way_round(api, connect):
    async with connect() as client:
        with pytest.raises(errors.ValidationError, match="send_binary_advanced"):
            await client.sms.send_advanced(request(binary=Binary(b"x")))
        with pytest.raises(errors.ValidationError, match="send_advanced"):
            await client.sms.send_binary_advanced(request(text="x"))
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
        import httpx

        answer = httpx.Response(
            200, headers={"Content-Type": "application/xml;charset=UTF-8"}, content=IN_XML
        )
        api("POST", "/sms/1/text/single", answer)
        async with connect(rate="100/1s") as client:
            other = client.speaking("xml")
            receipt = await other.sms.send(NUMBER, "ก & <b>", sender="ANTS")
            assert other.limiters[Family.SEND] is client.limiters[Family.SEND]
            assert other.two_factor is client.two_factor
        sent = api.requests[0]
        assert (sent.headers["Content-Type"], sent.headers["Accept"]) == (
            "application/xml",
            "application/xml",
        )
        assert xml.loads(sent.content) == {"to": NUMBER, "text": "ก & <b>", "from": "ANTS"}
        assert (receipt.messages[0].sms_count, receipt.messages[0].status.id) == (2, 7)

    async def test_the_answer_is_read_as_what_it_says_it_is(self, api, connect):
        import httpx

        api("POST", "/sms/1/text/single", RECEIPT)
        async with connect(wire="xml") as client:
            assert (await client.sms.send(NUMBER, "x")).messages[0].message_id == "m"
        untold = httpx.Response(200, content=IN_XML)
        api("POST", "/sms/1/text/single", untold)
        async with connect() as client:
            assert (await client.sms.send(NUMBER, "x")).messages[0].message_id == "m"

    async def test_a_refusal_is_read_in_it_too(self, api, connect):
        import httpx

        body = b"<requestError><serviceException><messageId>BAD_REQUEST</messageId><text>[to : no]</text>\
</serviceException></requestError>"
        headers = {"Content-Type": "application/xml"}
        api("POST", "/sms/1/text/single", httpx.Response(400, headers=headers, content=body))
        async with connect(wire="xml") as client:
            with pytest.raises(errors.BadRequest) as caught:
                await client.sms.send(NUMBER, "x")
        assert (caught.value.code, caught.value.text) == ("BAD_REQUEST", "[to : no]")

    async def test_what_has_only_json_stays_json(self, api, connect):
        api("POST", "/2fa/2/applications", {"applicationId": "A", "name": "Shop"})
        async with connect(wire="xml") as client:
            await client.two_factor.applications.create(ApplicationRequest(name="Shop"))
        assert api.requests[0].headers["Content-Type"] == "application/json"

    async def test_characters_it_cannot_hold_are_refused_before_anything_is_sent(self, api, connect):
        async with connect(wire="xml") as client:
            with pytest.raises(errors.ValidationError, match="XML cannot hold"):
                await client.sms.send(NUMBER, "bell \x07")
        assert api.requests == []

    def test_another_format_is_refused(self, connect):
        with pytest.raises(errors.ValidationError, match="wire: 'yaml'"):
            connect(wire="yaml")
