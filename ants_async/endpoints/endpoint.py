"""What an endpoint is: data, and two pure functions from a request to bytes and from bytes to a model."""

import sys
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from traceback import clear_frames
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import attrs

from ants_async import errors
from ants_async.frames import chain
from ants_async.models.sms import ReadyRequest, Receipts
from ants_async.wire import json, xml
from ants_async.wire.alike import first_alone
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


_SECRET_NAMES: Final = frozenset({"key", "account_key", "publicApiKey"})
_OWN_ACCOUNT: Final = "_"  # stands for the account key in a path, and is none


def secrets_in(*given: object) -> Iterator[str]:
    """What is secret in a request: what its body keeps out of its repr, what its path and query name so."""
    for one in given:
        if isinstance(one, Mapping):
            named = (value for name, value in one.items() if name in _SECRET_NAMES)
            yield from (value for value in named if value != _OWN_ACCOUNT)
        elif isinstance(one, tuple):
            yield from secrets_in(*one)
        else:
            for field in getattr(type(one), "__attrs_attrs__", ()):
                value = getattr(one, field.name)
                if field.repr:
                    yield from secrets_in(value)
                elif isinstance(value, str):
                    yield value
                    if "://" in value:  # the end of a URL is what is secret in it
                        yield value.rpartition("/")[2]


_LONGEST_TARGET: Final = 60_000  # the HTTP library takes URLs of 64 KiB, their beginning included
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

    Raises `ValidationError` for ids that cannot stand in a path, what makes too long a URL, and texts that
    cannot be written.
    """
    target = endpoint.path.format_map({name: _segment(name, value) for name, value in (path or {}).items()})
    if query:
        target = f"{target}?{_query(query)}"
    if len(target) > _LONGEST_TARGET:
        given = {**(path or {}), **(query or {})}
        longest = max(given, key=lambda name: len(given[name]))
        raise errors.ValidationError(longest, "***", f"with it the URL is over {_LONGEST_TARGET} characters")
    wire = wire if endpoint.has_xml else Wire.JSON
    if body is None:
        return RequestParts(endpoint.method, target, _HEADERS[wire], None)
    data = body if isinstance(body, ReadyRequest) else _plain(endpoint, body)
    try:
        content = _written(data, wire)
    except ValueError as error:
        reason = str(error)
    else:
        return RequestParts(endpoint.method, target, _BODY_HEADERS[wire], content)
    # Not raised above, where it would drag along the error that holds the whole text.
    raise errors.ValidationError("body", endpoint.name, reason)


def _plain(endpoint: Endpoint[Any], body: object) -> Any:
    check = getattr(endpoint.body, "check", None)
    if check is not None:  # a model of an answer, which was not checked, may be sent back
        check(body)
    return to_plain(body, endpoint.body)


def _written(data: Any, wire: Wire) -> bytes:
    if isinstance(data, ReadyRequest):
        return data.json if wire is Wire.JSON else xml.dumps(json.loads(data.json), "request")
    return json.dumps(data) if wire is Wire.JSON else xml.dumps(data, "request")


def _query(query: Mapping[str, str]) -> str:
    try:
        return urlencode(query, safe=",")  # commas stand between ids
    except UnicodeEncodeError:
        pass
    raise errors.ValidationError("query", "***", "text of whole characters")


def _segment(name: str, value: str) -> str:
    if not isinstance(value, str) or value in {"", ".", ".."} or not value.isprintable():
        raise errors.ValidationError(name, "***", "an id that is not empty, printable, and no path")
    return quote(value, safe="")


_PAGE: Final = 16 * 1024  # bytes
_UNKNOWN: Final = "UNKNOWN"
_REFUSALS: Final[Mapping[int, type[errors.ApiError]]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    413: errors.PayloadTooLarge,
}


def read(
    endpoint: Endpoint[T],
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    asked: object = None,
    redact: Callable[[str], str] = str,
) -> T:
    """The answer to what was `asked` as a model.

    The format is what the answer says it is, not what was asked for. `headers` must be found by lower-case
    name. `redact` takes secrets out of what an error quotes of the answer. Raises `ApiError` for a refusal
    and `DecodeError` for what cannot be read.
    """
    theirs = sys.exception()
    if not 200 <= status < 300:  # noqa: PLR2004
        raise _refusal(status, headers, content, redact)
    try:
        alike = _alike(asked, headers, content)
        answer: T = to_model(_loads(headers, content), endpoint.answer) if alike is None else alike
    except ValueError as error:
        reason = f"the answer cannot be read: {error}"
    except errors.DecodeError as error:
        reason = str(error)
        for one in chain(error, theirs):
            clear_frames(one.__traceback__)  # they hold what was parsed in circles, longer than anybody wants
    else:
        return answer
    # Not raised above, where it would drag along an error that holds the whole answer.
    raise errors.DecodeError(redact(f"{endpoint.name}: {reason}"))


def _alike(asked: object, headers: Mapping[str, str], content: bytes) -> Any:
    """What is said of all that were asked about, where it is the same for all."""
    if not isinstance(asked, ReadyRequest) or _is_xml(headers, content):
        return None
    alone = first_alone(content, asked.to, asked.ids)
    return None if alone is None else to_model(json.loads(alone), Receipts).for_all_of(asked)


def _loads(headers: Mapping[str, str], content: bytes) -> Any:
    return xml.loads(content) if _is_xml(headers, content) else json.loads(content)


def _is_xml(headers: Mapping[str, str], content: bytes) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.endswith("xml") or (not kind and content.lstrip().startswith(b"<"))


def _refusal(
    status: int, headers: Mapping[str, str], content: bytes, redact: Callable[[str], str]
) -> errors.ApiError:
    code, text = _service_exception(headers, content, redact)
    if 300 <= status < 400 and code == _UNKNOWN:  # noqa: PLR2004
        code, text = "REDIRECT", "redirects are not followed: the base_url is another one"
    if status == 429:  # noqa: PLR2004
        return errors.ThrottledError(status, code, text, retry_after=_retry_after(headers))
    if status >= 500:  # noqa: PLR2004
        return errors.ServerError(status, code, text)
    return _REFUSALS.get(status, errors.ApiError)(status, code, text)


def _service_exception(
    headers: Mapping[str, str], content: bytes, redact: Callable[[str], str]
) -> tuple[str, str]:
    """The API's code and words; whatever else stands there is a proxy's page.

    They are cut short when secrets are out of them: half a one would not be found any more.
    """
    try:
        data = _loads(headers, content)
        exception = data.get("requestError", data)["serviceException"]  # the root itself, in XML
        return redact(str(exception["messageId"]))[:100], redact(str(exception["text"]))[:1000]
    except (ValueError, TypeError, LookupError, AttributeError):
        return _UNKNOWN, redact(content[:_PAGE].decode(errors="replace").strip())[:200] or "no text"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the date form is not used by this API and counts as no hint."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
