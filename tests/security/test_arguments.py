"""Secrets in arguments that are refused: neither the error nor the frames it came through hold them."""

import httpx
import pytest
from security.leaks import Canaries

from ants_async import AntsClient, ApiKeyAuth, BasicAuth
from ants_async.errors import AntsError
from ants_async.models.two_factor import VerifyRequest
from ants_async.settings import load_settings

SECRET = "hunter2-topsecret"
NUMBER = 840317
CANARIES = Canaries(secret=SECRET, number=str(NUMBER))
PROXY = f"http://carl:{SECRET}@proxy"
NOWHERE = httpx.MockTransport(lambda _: httpx.Response(200))


@pytest.fixture
def both_kinds(monkeypatch):
    for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
        monkeypatch.setenv(name, SECRET)


@pytest.mark.usefixtures("both_kinds")
@pytest.mark.parametrize(
    "work",
    [
        lambda: BasicAuth(f"an:na{SECRET}", SECRET),
        lambda: BasicAuth("anna", f"{SECRET}\n"),
        lambda: ApiKeyAuth(f"{SECRET}ร"),
        lambda: VerifyRequest(pin=NUMBER),
        lambda: VerifyRequest(pin=[SECRET]),
        load_settings,
        lambda: load_settings(environ={"ANTS_PASSWORD": SECRET}),
        AntsClient.from_env,
        lambda: AntsClient("http://x", BasicAuth("anna", SECRET), proxy=PROXY),
        lambda: AntsClient("https://x", BasicAuth("anna", SECRET), proxy=PROXY, wire="yaml"),
        lambda: AntsClient("https://x", BasicAuth("anna", SECRET), proxy=PROXY, transport=NOWHERE),
        lambda: AntsClient("https://x", BasicAuth("anna", SECRET), proxy=f"ftp://carl:{SECRET}@proxy"),
    ],
)
def test_when_it_is_made(work):
    with pytest.raises(AntsError) as caught:
        work()
    assert CANARIES.in_error(caught.value) == set()


@pytest.mark.parametrize(
    "work",
    [
        lambda client: client.two_factor.verify_pin("p", NUMBER),
        lambda client: client.two_factor.verify_pin("p\0", SECRET),
        lambda client: client.two_factor.verify_pin("p", f"{SECRET}\udc80"),
        lambda client: client.api_keys.get(f"{SECRET}\n"),
        lambda client: client.api_keys.get("k", account_key=f"{SECRET}\n"),
        lambda client: client.api_keys.list(public_api_key=f"{SECRET}\udc80"),
        lambda client: client.api_keys.update(SECRET, object()),
    ],
)
async def test_when_it_is_called(work):
    async with AntsClient("https://x", BasicAuth("anna", SECRET), transport=NOWHERE) as client:
        with pytest.raises((AntsError, TypeError, AttributeError)) as caught:
            await work(client)
    assert CANARIES.in_error(caught.value) == set()
