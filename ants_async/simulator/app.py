"""The API as an ASGI app."""

import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable
from math import floor
from random import Random
from secrets import compare_digest
from typing import Any, Final

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ants_async.simulator import requests as read
from ants_async.simulator.config import SimulatorConfig
from ants_async.simulator.requests import Refusal
from ants_async.simulator.state import Account, Submission, stats
from ants_async.wire import json

SLOW_SECONDS: Final = 5.0
_Answer = dict[str, Any]


class ConnectionDropped(Exception):
    """The connection is to be closed without an answer."""


class Simulator:
    """One account behind the API: what every request passes before and after its operation."""

    def __init__(self, config: SimulatorConfig, clock: Callable[[], float] = time.time) -> None:
        self.account = Account(config, clock)
        self._config = config
        self._clock = clock
        self._rng = Random(config.seed)  # noqa: S311 - reproducible on purpose
        self._requests: Counter[str] = Counter()
        self._throttled = 0
        self._window: tuple[int, int] = (0, 0)
        self._authorized = ["Basic " + b64encode(config.user.encode()).decode()]
        if config.api_key:
            self._authorized.append(f"App {config.api_key}")

    async def handle(self, request: Request, operation: "Operation") -> Response:
        """Rate, faults, authorization, the operation itself; then latency and the other faults."""
        self._requests[f"{request.method} {request.url.path}"] += 1
        faults, draw = self._config.faults, self._rng.random
        drop_before, drop_after = draw() < faults.drop_before, draw() < faults.drop_after
        broken, slow = draw() < faults.error_500, draw() < faults.slow
        if drop_before:
            raise ConnectionDropped
        content = await self._body(request)
        response = self._answer(request, content, operation, broken=broken)
        if drop_after:
            raise ConnectionDropped
        delay = self._config.latency + (SLOW_SECONDS if slow else 0)
        if delay:
            await anyio.sleep(delay)
        return response

    async def stats(self, _: Request) -> Response:
        """`GET /_simulator/stats`."""
        return _json(200, stats(self.account, self._requests, self._throttled))

    async def messages(self, request: Request) -> Response:
        """`GET /_simulator/messages?offset=&limit=`: what was accepted, oldest first."""
        try:
            start = max(0, int(request.query_params.get("offset", "0")))
            count = max(0, int(request.query_params.get("limit", "100")))
        except ValueError:
            return _refused(read.bad("offset", "offset and limit must be numbers"))
        accepted = self.account.messages
        page = [
            {
                "messageId": message.message_id,
                "bulkId": message.bulk_id,
                "to": message.to,
                "from": message.sender,
                "text": message.text,
                "smsCount": message.parts,
                "status": message.status(self._clock()).name,
            }
            for message in accepted[start : start + count]
        ]
        return _json(200, {"total": len(accepted), "messages": page})

    async def _body(self, request: Request) -> bytes:
        """At most one byte more than the cap: enough to know that it is too large."""
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > self._config.max_body:
                break
        return bytes(content)

    def _answer(self, request: Request, content: bytes, operation: "Operation", *, broken: bool) -> Response:
        try:
            self._check_rate()
            self._check_authorization(request)
            self._check_size(content)
            if broken:
                return _refused(
                    Refusal(500, "GENERAL_ERROR", "Something went wrong. Please contact support.")
                )
            return _json(200, operation(self.account, request, content))
        except Refusal as refusal:
            return _refused(refusal)

    def _check_rate(self) -> None:
        """A fixed window: so many requests in each period of the clock."""
        rate = self._config.rate
        if rate is None:
            return
        window = floor(self._clock() / rate.period)
        count = self._window[1] if self._window[0] == window else 0
        if count >= rate.count:
            self._throttled += 1
            raise Refusal(429, "THROTTLE_EXCEPTION", "Too many requests. Try again later.")
        self._window = (window, count + 1)

    def _check_size(self, content: bytes) -> None:
        if len(content) > self._config.max_body:
            raise Refusal(413, "REQUEST_ENTITY_TOO_LARGE", "The request body is too large.")

    def _check_authorization(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not any([compare_digest(given, one.encode()) for one in self._authorized]):  # noqa: C419 - all, always
            raise Refusal(401, "UNAUTHORIZED", "Invalid login details")


Operation = Callable[[Account, Request, bytes], _Answer]
_Reader = Callable[[_Answer], tuple[str | None, list[Submission]]]


def _sending(reader: _Reader) -> Operation:
    def operation(account: Account, request: Request, content: bytes) -> _Answer:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise read.bad("Content-Type", "must be application/json")
        return account.submit(*reader(read.parse(content)))

    return operation


def _reports(account: Account, request: Request, _: bytes) -> _Answer:
    query = request.query_params
    ids = read.message_ids(query)
    taken = account.take_reports(query.get("bulkId"), None if ids is None else set(ids), read.limit(query))
    return {"results": taken}


def _logs(account: Account, request: Request, _: bytes) -> _Answer:
    return {"results": account.search(read.log_query(request.query_params))}


def _balance(account: Account, _request: Request, _: bytes) -> _Answer:
    return {"balance": float(account.balance), "currency": account.config.currency}


_OPERATIONS: Final[tuple[tuple[str, str, Operation], ...]] = (
    ("POST", "/sms/1/text/single", _sending(read.single)),
    ("POST", "/sms/1/text/multi", _sending(read.multi)),
    ("POST", "/sms/1/text/advanced", _sending(read.advanced)),
    ("GET", "/sms/1/reports", _reports),
    ("GET", "/sms/1/logs", _logs),
    ("GET", "/account/1/balance", _balance),
)


def create_app(config: SimulatorConfig, clock: Callable[[], float] = time.time) -> Starlette:
    """The API for one simulated account. `clock`: seconds since the epoch."""
    simulator = Simulator(config, clock)

    def endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            return await simulator.handle(request, operation)

        return handle

    routes = [Route(path, endpoint(operation), methods=[method]) for method, path, operation in _OPERATIONS]
    routes += [
        Route("/_simulator/stats", simulator.stats, methods=["GET"]),
        Route("/_simulator/messages", simulator.messages, methods=["GET"]),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: _http_error, ConnectionDropped: _drop},
    )


async def _http_error(_: Request, error: Exception) -> Response:
    """404 and 405 with the API's error body."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _refused(Refusal(status, "NOT_FOUND" if status == 404 else "METHOD_NOT_ALLOWED", str(error)))  # noqa: PLR2004


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


def _json(status: int, body: _Answer) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")


def _refused(refusal: Refusal) -> Response:
    exception = {"messageId": refusal.code, "text": refusal.text}
    return _json(refusal.status, {"requestError": {"serviceException": exception}})
