"""What httpx logs of our requests holds no secret and no number."""

import logging

import httpx

from ants_async import AntsClient, BasicAuth
from ants_async.models.api_keys import ApiKeyRequest

KEY = {"name": "x", "key": "S3CR3T", "publicApiKey": "S3CR3T"}


async def test_keys_and_numbers_stay_out_of_its_log(caplog):
    caplog.set_level(logging.DEBUG)

    def answer(request):
        return httpx.Response(200, json=KEY if request.url.path.endswith("S3CR3T") else {"results": []})

    transport = httpx.MockTransport(answer)
    async with AntsClient(
        "https://api.ants.co.th", BasicAuth("demo", "p4ssword"), transport=transport, rate=None
    ) as client:
        await client.api_keys.update("S3CR3T", ApiKeyRequest(name="x"))
        await client.api_keys.list(public_api_key="S3CR3T")
        await client.logs.search(to="66847781470")
    assert "GET https://api.ants.co.th/sms/1/logs?***" in caplog.text
    assert "PUT https://api.ants.co.th/settings/1/accounts/_/api-keys/***" in caplog.text
    for secret in ("S3CR3T", "66847781470", "p4ssword", "cDRzc3dvcmQ"):
        assert secret not in caplog.text


async def test_requests_of_others_are_logged_as_they_are(caplog):
    caplog.set_level(logging.INFO)
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("https://example.com/path?a=b")
    assert "GET https://example.com/path?a=b" in caplog.text
