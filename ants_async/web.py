"""One client for all requests of a Starlette or FastAPI app.

    app = FastAPI(lifespan=lifespan())

    @app.post("/texts")
    async def send(to: str, text: str, ants: Annotated[AntsClient, Depends(client_of)]) -> str: ...

`client_of(request)` gives it in Starlette, too. An app with a lifespan of its own opens this one in it:

    @asynccontextmanager
    async def mine(app):
        async with lifespan()(app) as state, Database() as database:
            yield {**state, "database": database}
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.requests import HTTPConnection

from ants_async.client import AntsClient
from ants_async.errors import ConfigurationError

__all__ = ["client_of", "lifespan"]

_KEY = "ants_async_client"


def lifespan(
    make: Callable[[], AntsClient] = AntsClient.from_env,
) -> Callable[[object], AbstractAsyncContextManager[Mapping[str, AntsClient]]]:
    """For `FastAPI(lifespan=…)`, or Starlette: a client while the app lives, in the state of its requests.

    `make`: makes it, when the app starts; by default from the environment, whose faults then stop the start.
    """

    @asynccontextmanager
    async def live(_app: object) -> AsyncIterator[Mapping[str, AntsClient]]:
        async with make() as client:
            yield {_KEY: client}

    return live


async def client_of(connection: HTTPConnection) -> AntsClient:
    """The app's client: a dependency of FastAPI, for requests and web sockets.

    Not a plain function, which FastAPI would run in a thread. Raises `ConfigurationError` without `lifespan`.
    """
    client = getattr(connection.state, _KEY, None)
    if not isinstance(client, AntsClient):
        raise ConfigurationError("the app has no client: FastAPI(lifespan=ants_async.web.lifespan())")
    return client
