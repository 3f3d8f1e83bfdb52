"""An ASGI app that takes pushed reports: mount it in Starlette or FastAPI, or serve it by itself."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final

import anyio

from ants_async.dispatch.push import Push
from ants_async.endpoints import read
from ants_async.endpoints.table import REPORTS
from ants_async.errors import DecodeError
from ants_async.models.reports import DeliveryReport

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
OnReports = Callable[[Sequence[DeliveryReport]], Awaitable[object]]

MAX_BODY: Final = 1024 * 1024
_log = logging.getLogger("ants_async.webhooks")


class _Refused(Exception):
    """A request that is none of ours, and why; the answer does not say."""


def parse_reports(content_type: str, body: bytes) -> tuple[DeliveryReport, ...]:
    """The reports of a pushed body, JSON or XML; one that cannot be read is passed over and logged.

    A report whose status is not final is an intermediate one. Raises `DecodeError`.
    """
    page = read(REPORTS, 200, {"content-type": content_type}, body)
    reports: tuple[DeliveryReport, ...] = page.results
    return reports


def report_receiver(
    push: Push, on_reports: OnReports, *, max_body: int = MAX_BODY, timeout: float = 10.0
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI app for the URL of `push`.

    `on_reports` gets the authentic reports of a request, and must have stored them when it returns: only
    then the API is told 204, and forgets them. `Dispatcher.receive` is made for it. When it raises, the
    answer is 503, and the API comes again. Every other request is answered by one and the same 404: a wrong
    path, a forged report, a body over `max_body` bytes or that takes longer than `timeout` seconds.
    A report that comes twice is handed on twice: what stores them has to bear that, as the ledger does.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _answer(send, await handle(scope, receive))

    async def handle(scope: Scope, receive: Receive) -> int:
        try:
            _check_path(push, scope)
            with anyio.fail_after(timeout):
                body = await _body(receive, max_body)
            authentic = _authentic(push, parse_reports(_header(scope, b"content-type"), body))
        except (_Refused, DecodeError, TimeoutError) as error:
            _log.warning("a pushed request is refused: %s", str(error) or "it took too long")
            return 404
        try:
            await on_reports(authentic)
        except Exception:  # noqa: BLE001 - logged, and told to the API
            _log.warning("pushed reports were not stored; the API will push them again", exc_info=True)
            return 503
        return 204

    return app


def _authentic(push: Push, reports: Sequence[DeliveryReport]) -> list[DeliveryReport]:
    authentic = [report for report in reports if push.is_authentic(report)]
    if reports and not authentic:
        raise _Refused("no report of it carries our signature")
    if len(authentic) < len(reports):
        _log.warning("%d pushed reports without our signature", len(reports) - len(authentic))
    return authentic


def _check_path(push: Push, scope: Scope) -> None:
    """The last two segments are the key's id and the token, wherever the app is mounted."""
    key_id, token = ["", "", *scope["path"].split("/")][-2:]
    if not push.is_path(key_id, token):
        raise _Refused("its path is not the one given to the API")
    if scope["method"] != "POST":
        raise _Refused("it is no POST")


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
