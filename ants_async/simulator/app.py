"""The API as an ASGI app: the endpoint table's paths, each with its operation."""

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from random import Random
from typing import Any, Final

import anyio
import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ants_async.endpoints import OPERATIONS as ENDPOINTS
from ants_async.endpoints import Endpoint
from ants_async.simulator import formats
from ants_async.simulator.api_keys import ApiKeys
from ants_async.simulator.config import Faults, SimulatorConfig
from ants_async.simulator.door import Door, throttled
from ants_async.simulator.messages import Sent, sent
from ants_async.simulator.operations import OPERATIONS, Call, Services
from ants_async.simulator.pushes import Pushes
from ants_async.simulator.reading import Refusal, bad
from ants_async.simulator.state import Account, stats
from ants_async.simulator.two_factor import TwoFactor
from ants_async.wire import json

SLOW_SECONDS: Final = 5.0
_NOT_FOUND: Final = 404


class ConnectionDropped(Exception):
    """The connection is to be closed without an answer."""


class Simulator:
    """One account behind the API. `app` is the ASGI app; `push_reports` runs beside it.

    `faults` may be changed while it runs.
    """

    def __init__(self, config: SimulatorConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self.faults = config.faults
        self._planned: deque[Faults] = deque()
        self._clock = clock
        self._pushes = Pushes(config, clock)
        account = Account(config, clock, self._pushes.expect)
        self._services = Services(account, TwoFactor(account, clock), ApiKeys(account, clock))
        self._door = Door(config, self._services.api_keys, clock)
        self._rng = Random(config.seed)  # noqa: S311 - reproducible on purpose
        self._requests: Counter[str] = Counter()
        self.app = self._make_app()

    def plan(self, *faults: Faults) -> None:
        """The faults of the next requests, one each; after them it is as it was."""
        self._planned.extend(faults)

    async def push_reports(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Push delivery reports to whoever asked for them, until cancelled."""
        await self._pushes.run(self._services.account, transport)

    def _make_app(self) -> Starlette:
        routes = [
            Route(endpoint.path, self._serving(endpoint), methods=[endpoint.method])
            for endpoint in ENDPOINTS.values()
        ]
        routes += [
            Route("/_simulator/stats", self._stats, methods=["GET"]),
            Route("/_simulator/messages", self._messages, methods=["GET"]),
        ]
        return Starlette(
            routes=_by_path(routes),
            exception_handlers={HTTPException: _http_error, ConnectionDropped: _drop},
        )

    def _serving(self, endpoint: Endpoint[Any]) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return await self._handle(request, endpoint)

        return serve

    async def _handle(self, request: Request, endpoint: Endpoint[Any]) -> Response:
        """Faults, the door, the operation itself; then latency and the other faults."""
        self._requests[f"{request.method} {endpoint.path}"] += 1
        faults, draw = self._planned.popleft() if self._planned else self.faults, self._rng.random
        drop_before, drop_after = draw() < faults.drop_before, draw() < faults.drop_after
        broken, slow = draw() < faults.error_500, draw() < faults.slow
        if drop_before:
            raise ConnectionDropped
        content = await self._body(request)
        try:
            self._door.check_rate()
            if faults.error_429 and draw() < faults.error_429:  # none drawn without: equal seeds, equal fates
                raise throttled()
            self._door.check_authorization(request, endpoint)
            response = self._operate(request, endpoint, content, broken=broken)
        except Refusal as refusal:
            response = formats.refuse(request, refusal, endpoint)
        if drop_after:
            raise ConnectionDropped
        response.headers["Date"] = formatdate(self._clock(), usegmt=True)
        delay = self._config.latency + (SLOW_SECONDS if slow else 0)
        if delay:
            await anyio.sleep(delay)
        return response

    def _operate(
        self, request: Request, endpoint: Endpoint[Any], content: bytes, *, broken: bool
    ) -> Response:
        if broken:
            raise Refusal(500, "GENERAL_ERROR", "Something went wrong. Please contact support.")
        if len(content) > self._config.max_body:
            raise Refusal(413, "REQUEST_ENTITY_TOO_LARGE", "The request body is too large.")
        body = None if endpoint.body is None else formats.read_body(request, content, endpoint)
        call = Call(request.path_params, request.query_params, body)
        return formats.answer(request, endpoint, OPERATIONS[endpoint.name](self._services, call))

    async def _body(self, request: Request) -> bytes:
        """At most one piece more than the cap: enough to know that it is too large."""
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > self._config.max_body:
                break
        return bytes(content)

    async def _stats(self, _: Request) -> Response:
        """`GET /_simulator/stats`."""
        return _json(self.stats())

    def stats(self) -> dict[str, Any]:
        """Counts of requests and messages."""
        return stats(self._services.account, self._requests, self._door.throttled)

    async def _messages(self, request: Request) -> Response:
        """`GET /_simulator/messages?offset=&limit=`: what was accepted, oldest first.

        An offset below 0 counts from the end.
        """
        total = len(self._services.account.messages)
        try:
            start = int(request.query_params.get("offset", "0"))
            count = max(0, int(request.query_params.get("limit", "100")))
        except ValueError:
            return formats.refuse(request, bad("offset", "offset and limit must be numbers"))
        page = [
            {
                "messageId": message.message_id,
                "bulkId": message.bulk_id,
                "to": message.to,
                "from": message.sender,
                "text": message.text,
                "smsCount": message.parts,
                "status": message.status,
            }
            for message in self.sent(start if start >= 0 else max(0, total + start), count)
        ]
        return _json({"total": total, "messages": page})

    def sent(self, start: int = 0, count: int | None = None) -> list[Sent]:
        """What was accepted, oldest first, and what has become of it by now."""
        end = None if count is None else start + count
        now = self._clock()
        return [sent(message, now) for message in self._services.account.messages[start:end]]


def _by_path(routes: list[Route]) -> list[Route]:
    """Those of one path as one, so that another method is 405 with the methods there are."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        for method in route.methods or ():
            paths.setdefault(route.path, {})[method] = route.endpoint

    def dispatching(methods: dict[str, Any]) -> Any:
        async def serve(request: Request) -> Response:
            response: Response = await methods["GET" if request.method == "HEAD" else request.method](request)
            return response

        return serve

    return [
        Route(path, dispatching(methods), methods=[name for name in methods if name != "HEAD"])
        for path, methods in paths.items()
    ]


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 with the API's error body."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = "NOT_FOUND" if status == _NOT_FOUND else "METHOD_NOT_ALLOWED"
    response = formats.refuse(request, Refusal(status, code, str(error)))
    response.headers.update(getattr(error, "headers", None) or {})
    return response


class _Dropped(Response):
    """No response at all: the connection is cut, where there is one; in process, the exception is enough."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI's signature
        transport = scope.get("state", {}).get("ants_async.transport")
        if transport is None:
            raise ConnectionDropped
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def _drop(_: Request, __: Exception) -> Response:
    return _Dropped()


def _json(body: Any) -> Response:
    return Response(json.dumps(body), media_type="application/json")
