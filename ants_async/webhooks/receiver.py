"""An ASGI app that takes pushed reports: mount it in Starlette or FastAPI, or serve it by itself."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Final

import anyio

from ants_async.dispatch.push import Push
from ants_async.errors import DecodeError, ReportsNotTaken
from ants_async.models.reports import DeliveryReport, ReportPage
from ants_async.wire import json, xml
from ants_async.wire.converter import to_model

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
OnReports = Callable[[Sequence[DeliveryReport]], Awaitable[object]]

MAX_BODY: Final = 1024 * 1024
_LOADERS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "application/json": json.loads,
    "text/json": json.loads,
    "application/xml": xml.loads,
    "text/xml": xml.loads,
}
_log = logging.getLogger("ants_async.webhooks")


class _Refused(Exception):
    """A request that is none of ours, and why; the answer does not say."""


def parse_reports(content_type: str, body: bytes) -> tuple[DeliveryReport, ...]:
    """The reports of a pushed body, JSON or XML; one that cannot be read is passed over and logged.

    A report whose status is not final is an intermediate one. Raises `DecodeError`, also when there are
    reports and none of them can be read.
    """
    kind = content_type.partition(";")[0].strip().lower() or _guess(body)
    if kind not in _LOADERS:
        raise DecodeError("pushed reports are JSON or XML")
    try:
        data = _LOADERS[kind](body)
    except ValueError as error:
        raise DecodeError(f"pushed reports cannot be read: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("results"), list):
        raise DecodeError("pushed reports: $.results is no list")
    reports = to_model(data, ReportPage).results
    if data["results"] and not reports:
        raise DecodeError("pushed reports: none of them can be read")
    return reports


def _guess(body: bytes) -> str:
    return "application/xml" if body.lstrip().startswith(b"<") else "application/json"


def report_receiver(
    push: Push, on_reports: OnReports, *, max_body: int = MAX_BODY, timeout: float = 10.0
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI app for the URL of `push`.

    `on_reports` gets the authentic reports of a request, and must have stored them when it returns: only
    then the API is told 204, and forgets them. `Dispatcher.receive` is made for it. When it raises, or has
    not returned `timeout` seconds after the request began and is cancelled, the answer is 503, and the API
    comes again. Every other request is answered by one and the same 404: a wrong path, a forged report, a
    body over `max_body` bytes or not there in time. A report that comes twice is handed on twice: what stores
    them has to bear that, as the ledger does.

    Of each reason to refuse the first one is a warning in the log. The path is a secret: keep it out of the
    access log of your server (`uvicorn --no-access-log`).
    """
    return _Receiver(push, on_reports, max_body, timeout)


class _Receiver:
    def __init__(self, push: Push, on_reports: OnReports, max_body: int, timeout: float) -> None:
        self._push = push
        self._on_reports = on_reports
        self._max_body = max_body
        self._timeout = timeout
        self._warned: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _answer(send, await self._handle(scope, receive))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def _handle(self, scope: Scope, receive: Receive) -> int:
        ends_at = anyio.current_time() + self._timeout
        try:
            _check_path(self._push, scope)
            body = await _body_until(ends_at, receive, self._max_body)
            authentic = self._authentic(_readable(_header(scope, b"content-type"), body))
        except _Refused as refused:
            self._warn(str(refused), f"a pushed request is refused: {refused}")
            return 404
        return await self._store(authentic, ends_at)

    def _authentic(self, reports: Sequence[DeliveryReport]) -> list[DeliveryReport]:
        authentic = [report for report in reports if self._push.is_authentic(report)]
        if reports and not authentic:
            raise _Refused("no report of it carries our signature")
        if len(authentic) < len(reports):
            self._warn("forged", f"{len(reports) - len(authentic)} pushed reports without our signature")
        return authentic

    async def _store(self, reports: Sequence[DeliveryReport], ends_at: float) -> int:
        with anyio.CancelScope(deadline=ends_at):
            try:
                await self._on_reports(reports)
            except ReportsNotTaken as error:  # as when a push is faster than the answer to its send
                _log.info("pushed reports were not stored; the API will push them again: %s", error)
                return 503
            except Exception:  # noqa: BLE001 - logged, and told to the API
                _log.exception("pushed reports were not stored; the API will push them again")
                return 503
            return 204
        _log.warning("pushed reports were not stored in time; the API will push them again")
        return 503

    def _warn(self, kind: str, what: str) -> None:
        """Whoever can send requests must not be able to fill the log: a warning once, then for debugging."""
        _log.log(logging.DEBUG if kind in self._warned else logging.WARNING, "%s", what)
        self._warned.add(kind)


def _readable(content_type: str, body: bytes) -> tuple[DeliveryReport, ...]:
    try:
        return parse_reports(content_type, body)
    except DecodeError:
        raise _Refused("it cannot be read") from None  # the reason would quote what it holds


def _check_path(push: Push, scope: Scope) -> None:
    """The last two segments are the key's id and the token, wherever the app is mounted."""
    key_id, token = ["", "", *scope["path"].split("/")][-2:]
    if not push.is_path(key_id, token):
        raise _Refused("its path is not the one given to the API")
    if scope["method"] != "POST":
        raise _Refused("it is no POST")


async def _body_until(ends_at: float, receive: Receive, most: int) -> bytes:
    with anyio.CancelScope(deadline=ends_at):
        return await _body(receive, most)
    raise _Refused("it took too long")


async def _body(receive: Receive, most: int) -> bytes:
    """The whole body, never more of it than the cap and one piece."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused("it ended before its body did")
        body += message.get("body", b"")
        if len(body) > most:
            raise _Refused(f"its body is larger than {most} bytes")
        if not message.get("more_body", False):
            return bytes(body)


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


async def _answer(send: Send, status: int) -> None:
    body = {404: b"Not Found", 503: b"Service Unavailable"}.get(status, b"")
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())] if body else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Servers ask before they start and stop; there is nothing to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
