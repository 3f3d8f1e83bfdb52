"""One client for an app: opened when it starts, there for every request, closed when it stops."""

import importlib.util
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ants_async import AntsClient, ConfigurationError
from ants_async.testing import simulator_at_work
from ants_async.web import client_of, lifespan

EXAMPLE = Path(__file__).parents[1] / "examples" / "web.py"


@pytest.fixture
def simulator():
    with simulator_at_work() as running:
        yield running


@pytest.fixture
def environment(simulator, monkeypatch):
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    for name, value in simulator.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def made(simulator):
    """Makes clients, and keeps them."""

    def make():
        make.clients.append(simulator.client())
        return make.clients[-1]

    make.clients = []
    return make


@asynccontextmanager
async def served(app):
    """The app as a server runs it: its lifespan around, and what that yields in the state of each request."""
    async with app.router.lifespan_context(app) as state:

        async def serve(scope, receive, send):
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(serve)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as browser:
            browser.serve = serve
            yield browser


async def balance(request):
    client = await client_of(request)
    return PlainTextResponse((await client.account.balance()).currency)


def starlette(**options):
    return Starlette(routes=[Route("/", balance)], **options)


async def test_all_requests_have_one_client_which_lives_as_long_as_the_app(made):
    async with served(starlette(lifespan=lifespan(made))) as browser:
        assert [(await browser.get("/")).text for _ in range(2)] == ["THB", "THB"]
        (client,) = made.clients
        await client.account.balance()
    with pytest.raises(ConfigurationError, match="closed"):
        await client.account.balance()


async def test_another_lifespan_can_be_around_it(made):
    @asynccontextmanager
    async def mine(app):
        async with lifespan(made)(app) as state:
            yield {**state, "mine": 1}

    async with served(starlette(lifespan=mine)) as browser:
        assert (await browser.get("/")).text == "THB"


async def test_without_a_lifespan_it_says_what_is_missing():
    async with served(starlette()) as browser:
        with pytest.raises(ConfigurationError, match="lifespan"):
            await browser.get("/")


@pytest.mark.usefixtures("environment")
async def test_by_default_it_is_made_from_the_environment():
    async with served(starlette(lifespan=lifespan())) as browser:
        assert (await browser.get("/")).text == "THB"


async def test_a_wrong_environment_stops_the_start(monkeypatch):
    for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="ANTS_API_KEY"):
        async with served(starlette(lifespan=lifespan())):
            pass


async def test_it_is_a_dependency_of_fastapi_for_requests_and_web_sockets(made):
    api, ants = FastAPI(lifespan=lifespan(made)), Annotated[AntsClient, Depends(client_of)]

    @api.get("/")
    async def currency(client: ants) -> str:
        return (await client.account.balance()).currency

    @api.websocket("/live")
    async def live(socket: WebSocket, client: ants):
        await socket.accept()
        await socket.send_text((await client.account.balance()).currency)

    told = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        told.append(message)

    async with served(api) as browser:
        assert (await browser.get("/")).json() == "THB"
        scope = {"type": "websocket", "path": "/live", "headers": [], "query_string": b""}
        await browser.serve(scope, receive, send)
    assert [message.get("text") for message in told][:2] == [None, "THB"]


@pytest.mark.usefixtures("environment")
async def test_the_example_sends_and_tells_what_is_unclear(simulator):
    spec = importlib.util.spec_from_file_location("web_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    query = {"to": "66847781470", "text": "Hi"}
    async with served(module.app) as browser:
        answer = await browser.post("/texts", params=query)
        message_id = simulator.sent[0].message_id
        assert answer.json() == {"message_id": message_id, "status": "PENDING_ENROUTE"}
        simulator.fail("drop-after=1")
        assert (await browser.post("/texts", params=query)).status_code == 504
        assert (await browser.post("/texts", params=query | {"to": "12"})).status_code == 502
