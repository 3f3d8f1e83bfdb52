"""Bodies in and out: which of the manual's two formats a request is in, and which one its answer is in."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from ants_async.endpoints import Endpoint, Wire
from ants_async.simulator.reading import Refusal, bad
from ants_async.wire import json, xml

_ROOTS: Final = {
    "reports.fetch": "reportResponse",
    "logs.search": "logResponse",
    "sms.preview": "previewResponse",
    "account.balance": "accountBalance",
}
_OTHER_ROOT: Final = "smsResponse"


def read_body(request: Request, content: bytes, endpoint: Endpoint[Any]) -> Any:
    """The body as plain data. Raises `Refusal`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind:
        raise bad("Content-Type", "may not be empty; application/json or application/xml")
    if kind == Wire.XML.content_type and endpoint.has_xml:
        return _parsed(xml.loads, content, "XML")
    if kind != Wire.JSON.content_type:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", f"Content type {kind[:60]!r} is not supported.")
    return _parsed(json.loads, content, "JSON")


def _parsed(loads: Any, content: bytes, name: str) -> Any:
    try:
        return loads(content)
    except ValueError:
        raise bad("body", f"must be {name}") from None


def answer(request: Request, endpoint: Endpoint[Any], body: Any) -> Response:
    """200 in the format that was asked for."""
    if wanted(request, endpoint) is Wire.XML:
        content = xml.dumps(body, _ROOTS.get(endpoint.name, _OTHER_ROOT))
        return Response(content, media_type=Wire.XML.content_type)
    return Response(json.dumps(body), media_type=Wire.JSON.content_type)


def refuse(request: Request, refusal: Refusal, endpoint: Endpoint[Any] | None = None) -> Response:
    """The manual's error body, in the format that was asked for."""
    exception = {"messageId": refusal.code, "text": refusal.text}
    if wanted(request, endpoint) is Wire.XML:
        content = xml.dumps({"serviceException": _legal(exception)}, "requestError")
        return Response(content, refusal.status, media_type=Wire.XML.content_type)
    content = json.dumps({"requestError": {"serviceException": exception}})
    return Response(content, refusal.status, media_type=Wire.JSON.content_type)


def wanted(request: Request, endpoint: Endpoint[Any] | None) -> Wire:
    """What `Accept` says; without it, the format of the request."""
    if endpoint is not None and not endpoint.has_xml:
        return Wire.JSON
    accept = request.headers.get("accept", "*/*")
    if "json" in accept:
        return Wire.JSON
    if "xml" in accept and "html" not in accept:  # what browsers send names both
        return Wire.XML
    return Wire.XML if "application/xml" in request.headers.get("content-type", "") else Wire.JSON


def _legal(exception: dict[str, str]) -> dict[str, str]:
    """A refusal may quote what XML cannot hold."""
    return {name: "".join(filter(str.isprintable, text)) for name, text in exception.items()}
