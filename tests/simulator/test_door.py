"""Who may come in, and in which words the others are told."""

import pytest

from ants_async.simulator import SimulatorConfig, running

KEYS = "/settings/1/accounts/_/api-keys"
NUMBER = "66847781470"


async def new_key(client, **settings):
    response = await client.post(KEYS, json={"name": "key", **settings})
    assert response.status_code == 200, response.text
    return {"Authorization": f"App {response.json()['publicApiKey']}"}, response.json()


async def balance(client, headers):
    return await client.get("/account/1/balance", headers=headers, auth=None)


class TestKeys:
    async def test_one_for_everything_opens_everything_but_the_keys(self, api, refusal):
        async with api() as client:
            headers, key = await new_key(client)
            assert (await balance(client, headers)).status_code == 200
            answer = await client.get(f"{KEYS}/{key['key']}", headers=headers, auth=None)
            assert refusal(answer) == (403, "FORBIDDEN", "An API key cannot manage API keys.")

    async def test_one_for_pins_opens_nothing_else(self, api, refusal):
        async with api() as client:
            headers, _ = await new_key(client, permissions=["TFA"])
            assert refusal(await balance(client, headers))[:2] == (403, "FORBIDDEN")
            body = {"applicationId": "a", "messageId": "m", "to": NUMBER}
            sent = await client.post("/2fa/1/pin", json=body, headers=headers, auth=None)
            assert refusal(sent)[1] == "APPLICATION_NOT_FOUND"  # it was let in

    async def test_pins_want_a_key_not_a_password(self, api, refusal):
        status, code, text = refusal(await api().post("/2fa/1/pin", json={}))
        assert (status, code) == (401, "UNAUTHORIZED")
        assert "App <publicApiKey>" in text

    async def test_a_locked_one_and_one_out_of_its_time_open_nothing(self, api, clock, refusal):
        async with api() as client:
            locked, _ = await new_key(client, enabled=False)
            assert refusal(await balance(client, locked))[0] == 401
            headers, _ = await new_key(
                client, validFrom="2027-01-15T08:10:00.000+0000", validTo="2027-01-15T09:00:00.000+0000"
            )
            assert (await balance(client, headers)).status_code == 401
            clock.now += 1800
            assert (await balance(client, headers)).status_code == 200
            clock.now += 3600
            assert (await balance(client, headers)).status_code == 401

    @pytest.mark.parametrize(("addresses", "status"), [(["127.0.0.1"], 200), (["10.0.0.1"], 403)])
    async def test_one_with_addresses_opens_only_from_there(self, api, addresses, status):
        async with api() as client:
            headers, _ = await new_key(client, allowedIPs=addresses)
            assert (await balance(client, headers)).status_code == status

    @pytest.mark.parametrize(
        ("settings", "named"),
        [
            ({"name": None}, "name"),
            ({"allowedIPs": ["home"]}, "allowedIPs"),
            ({"allowedIPs": "127.0.0.1"}, "allowedIPs"),
            ({"permissions": ["SOME"]}, "permissions"),
            ({"validFrom": "soon"}, "validFrom"),
            ({"enabled": "perhaps"}, "enabled"),
        ],
    )
    async def test_what_a_key_cannot_be_is_named(self, api, refusal, settings, named):
        response = await api().post(KEYS, json={"name": "key", **settings})
        status, code, text = refusal(response)
        assert (status, code) == (400, "BAD_REQUEST")
        assert text.startswith(f"[{named} : ")

    async def test_unknown_keys_and_accounts_are_not_found(self, api, refusal):
        async with api() as client:
            assert refusal(await client.get(f"{KEYS}/nothing"))[:2] == (404, "API_KEY_NOT_FOUND")
            other = await client.get("/settings/1/accounts/other/api-keys")
            assert refusal(other)[:2] == (404, "ACCOUNT_NOT_FOUND")
            _, key = await new_key(client)
            own = await client.get(f"/settings/1/accounts/{key['accountKey']}/api-keys")
            assert own.json() == {"apiKeys": [key]}
            assert refusal(await client.get(KEYS, params={"enabled": "perhaps"}))[0] == 400

    @pytest.mark.parametrize(
        "header", ["App", "App ", "App nothing", "Bearer demo-key", "App \xe9", "Basic x"]
    )
    async def test_whatever_else_is_given_is_a_401(self, api, refusal, header):
        response = await balance(api(), {"Authorization": header.encode("latin-1")})
        assert refusal(response) == (401, "UNAUTHORIZED", "Invalid login details")


class TestFormats:
    @pytest.mark.parametrize(
        ("headers", "kind"),
        [
            ({}, "application/json"),
            ({"Accept": "application/json"}, "application/json"),
            ({"Accept": "application/xml"}, "application/xml"),
            ({"Accept": "text/xml"}, "application/xml"),
            ({"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9"}, "application/json"),
        ],
    )
    async def test_an_answer_comes_in_the_format_that_was_asked_for(self, api, headers, kind):
        response = await api().get("/account/1/balance", headers=headers)
        assert response.headers["Content-Type"].startswith(kind)

    async def test_xml_is_answered_to_xml_unless_something_else_is_asked_for(self, api):
        body = f"<request><to>{NUMBER}</to><text>สวัสดี</text></request>".encode()
        headers = {"content-type": "application/xml", "accept": "*/*"}
        response = await api().post("/sms/1/text/single", content=body, headers=headers)
        assert response.headers["Content-Type"] == "application/xml"
        assert f"<to>{NUMBER}</to>" in response.text
        asked = await api().post(
            "/sms/1/text/single", content=body, headers=headers | {"accept": "application/json"}
        )
        assert asked.json()["messages"][0]["to"] == NUMBER

    async def test_without_a_content_type_the_error_follows_accept(self, api, refusal):
        in_xml = await api().post("/sms/1/text/single", content=b"{}", headers={"Accept": "application/xml"})
        assert in_xml.status_code == 400
        assert "<serviceException><messageId>BAD_REQUEST</messageId>" in in_xml.text
        assert refusal(await api().post("/sms/1/text/single", content=b"{}"))[0] == 400

    async def test_a_format_the_operation_does_not_have_is_refused(self, api, refusal):
        headers = {"Content-Type": "application/xml", "Accept": "application/xml"}
        response = await api().post("/2fa/2/applications", content=b"<request/>", headers=headers)
        assert refusal(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize("body", [b"<request>", b"{}", b"", b"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>"])
    async def test_what_is_no_xml_is_refused(self, api, body):
        headers = {"Content-Type": "application/xml", "Accept": "application/json"}
        response = await api().post("/sms/1/text/single", content=body, headers=headers)
        assert response.status_code == 400

    async def test_another_method_is_405_and_names_those_there_are(self, api, refusal):
        response = await api().request("DELETE", "/2fa/2/applications")
        assert refusal(response)[:2] == (405, "METHOD_NOT_ALLOWED")
        assert set(response.headers["Allow"].split(", ")) >= {"GET", "POST"}


async def test_requests_in_absolute_form_with_lower_case_names_are_served():
    async with running(SimulatorConfig()) as base_url:
        port = int(base_url.rsplit(":", 1)[1])
        body = f'{{"to":"{NUMBER}","text":"\\u0e01"}}'
        request = (
            f"POST {base_url}/sms/1/text/single HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
            "authorization: Basic ZGVtbzpkZW1v\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
        )
        import anyio

        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            await stream.send(request.encode())
            answer = b"".join([piece async for piece in stream])
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"PENDING_ENROUTE" in answer
