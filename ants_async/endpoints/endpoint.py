"""What an endpoint is: data, and two pure functions from a request to bytes and from bytes to a model."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import attrs

from ants_async import errors
from ants_async.wire import json, xml
from ants_async.wire.converter import to_model, to_plain

T = TypeVar("T")


class Wire(StrEnum):
    """The two formats of the manual."""

    JSON = "json"
    XML = "xml"

    @property
    def content_type(self) -> str:
        """Its media type."""
        return f"application/{self.value}"


class Repeat(Enum):
    """What repeating a request would do, when it is not known whether the first one arrived."""

    HARMLESS = "harmless"
    """Nothing: reads, replacements, sends whose every message has an id of our own."""
    HARMFUL = "harmful"
    """The effect would happen a second time (a text sent, a report handed out): never blindly."""


class Family(StrEnum):
    """Which limiter a request counts against; the API limits them apart."""

    SEND = "send"
    REPORTS = "reports"
    LOGS = "logs"
    TWO_FACTOR = "two factor"
    ACCOUNT = "account"


@attrs.frozen(slots=True, kw_only=True)
class Endpoint(Generic[T]):
    """One operation of the manual.

    `name`: its Python call on a client. `command`: the same in a terminal. `path`: with `{placeholders}`.
    `body`: the request model, whose fields go out. `has_xml`: JSON and XML, else JSON alone.
    `needs_password`: refused to API keys. `is_quota`: its 429 is a quota that somebody configured.
    """

    name: str
    command: str
    method: str
    path: str
    answer: Any  # type[T], or a tuple of them
    family: Family
    repeat: Repeat
    manual: str
    body: type | None = None
    has_xml: bool = False
    needs_password: bool = False
    is_quota: bool = False

    def repeat_of(self, body: object) -> Repeat:
        """What a repeat of this very request would do: ids of our own make a send repeatable."""
        return Repeat.HARMLESS if getattr(body, "is_repeatable", False) else self.repeat


@attrs.frozen(slots=True)
class RequestParts:
    """A request, ready for any HTTP library: target is path and query. Secrets may stand in it."""

    method: str
    target: str = attrs.field(repr=False)
    headers: Mapping[str, str]
    content: bytes | None = attrs.field(repr=False)


_HEADERS: Final = {wire: {"Accept": wire.content_type, "Accept-Encoding": "identity"} for wire in Wire}
_BODY_HEADERS: Final = {wire: {**_HEADERS[wire], "Content-Type": wire.content_type} for wire in Wire}


def build(
    endpoint: Endpoint[Any],
    body: object = None,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    wire: Wire = Wire.JSON,
) -> RequestParts:
    """The request for an endpoint; authorization is the transport's. JSON where there is no XML.

    Raises `ValidationError` for ids that cannot stand in a path, and texts that cannot be written.
    """
    target = endpoint.path.format_map({name: _segment(name, value) for name, value in (path or {}).items()})
    if query:
        try:
            target = f"{target}?{urlencode(query, safe=',')}"  # commas stand between ids
        except UnicodeEncodeError:
            raise errors.ValidationError("query", "***", "text of whole characters") from None
    wire = wire if endpoint.has_xml else Wire.JSON
    if body is None:
        return RequestParts(endpoint.method, target, _HEADERS[wire], None)
    check = getattr(endpoint.body, "check", None)
    if check is not None:  # a model of an answer, which was not checked, may be sent back
        check(body)
    plain = to_plain(body, endpoint.body)
    try:
        content = json.dumps(plain) if wire is Wire.JSON else xml.dumps(plain, "request")
    except ValueError as error:
        raise errors.ValidationError("body", endpoint.name, str(error)) from None
    return RequestParts(endpoint.method, target, _BODY_HEADERS[wire], content)


def _segment(name: str, value: str) -> str:
    if not isinstance(value, str) or not value or value in {".", ".."} or not value.isprintable():
        raise errors.ValidationError(name, "***", "an id that is not empty, printable, and no path")
    return quote(value, safe="")


_REFUSALS: Final[Mapping[int, type[errors.ApiError]]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    413: errors.PayloadTooLarge,
}


def read(endpoint: Endpoint[T], status: int, headers: Mapping[str, str], content: bytes) -> T:
    """The answer as a model. Raises `ApiError` for a refusal and `DecodeError` for what cannot be read.

    The format is what the answer says it is, not what was asked for. `headers` must be found by lower-case
    name.
    """
    if 200 <= status < 300:  # noqa: PLR2004
        try:
            data = _loads(headers, content)
        except ValueError as error:
            raise errors.DecodeError(f"{endpoint.name}: the answer cannot be read: {error}") from None
        answer: T = to_model(data, endpoint.answer)
        return answer
    raise _refusal(status, headers, content)


def _loads(headers: Mapping[str, str], content: bytes) -> Any:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("xml") or (not kind and content.lstrip().startswith(b"<")):
        return xml.loads(content)
    return json.loads(content)


def _refusal(status: int, headers: Mapping[str, str], content: bytes) -> errors.ApiError:
    code, text = _service_exception(headers, content)
    if status == 429:  # noqa: PLR2004
        return errors.ThrottledError(status, code, text, retry_after=_retry_after(headers))
    if status >= 500:  # noqa: PLR2004
        return errors.ServerError(status, code, text)
    return _REFUSALS.get(status, errors.ApiError)(status, code, text)


def _service_exception(headers: Mapping[str, str], content: bytes) -> tuple[str, str]:
    """The API's code and words; whatever else stands there is a proxy's page, and is cut short."""
    try:
        data = _loads(headers, content)
        exception = data.get("requestError", data)["serviceException"]  # the root itself, in XML
        return str(exception["messageId"])[:100], str(exception["text"])[:1000]
    except (ValueError, TypeError, LookupError, AttributeError):
        return "UNKNOWN", content[:200].decode(errors="replace").strip() or "no text"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the date form is not used by this API and counts as no hint."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
