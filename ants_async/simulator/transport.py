"""The simulator without a network, for tests in one process and on a virtual clock."""

import httpx
from starlette.applications import Starlette

from ants_async.simulator.app import ConnectionDropped


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Carries a client's requests to the app; a dropped connection is an `httpx.ReadError`."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        try:
            return await self._transport.handle_async_request(request)
        except ConnectionDropped:
            raise httpx.ReadError("the connection was dropped", request=request) from None
