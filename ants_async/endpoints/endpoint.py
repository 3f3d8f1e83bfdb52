"""What an endpoint is: data, and two pure functions from a request to bytes and from bytes to a model."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

import attrs

from ants_async import errors
from ants_async.wire import json
from ants_async.wire.converter import to_model, to_plain

T = TypeVar("T")


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
    ACCOUNT = "account"


@attrs.frozen(slots=True, kw_only=True)
class Endpoint(Generic[T]):
    """One operation of the manual."""

    name: str
    method: str
    path: str
    answer: type[T]
    family: Family
    repeat: Repeat
    manual: str

    def repeat_of(self, body: object) -> Repeat:
        """What a repeat of this very request would do: ids of our own make a send repeatable."""
        return Repeat.HARMLESS if getattr(body, "is_repeatable", False) else self.repeat


@attrs.frozen(slots=True)
class RequestParts:
    """A request, ready for any HTTP library: target is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes | None


_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
_BODY_HEADERS: Final = {**_HEADERS, "Content-Type": "application/json"}


def build(
    endpoint: Endpoint[Any], body: object = None, query: Mapping[str, str] | None = None
) -> RequestParts:
    """The request for an endpoint; authorization is the transport's."""
    target = f"{endpoint.path}?{urlencode(query)}" if query else endpoint.path
    if body is None:
        return RequestParts(endpoint.method, target, _HEADERS, None)
    return RequestParts(endpoint.method, target, _BODY_HEADERS, json.dumps(to_plain(body)))


_REFUSALS: Final[Mapping[int, type[errors.ApiError]]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    413: errors.PayloadTooLarge,
}


def read(endpoint: Endpoint[T], status: int, headers: Mapping[str, str], content: bytes) -> T:
    """The answer as a model. Raises `ApiError` for a refusal and `DecodeError` for what cannot be read.

    `headers` must be found by lower-case name.
    """
    if 200 <= status < 300:  # noqa: PLR2004
        try:
            data = json.loads(content)
        except ValueError as error:
            raise errors.DecodeError(f"{endpoint.name}: the answer is not JSON: {error}") from None
        return to_model(data, endpoint.answer)
    raise _refusal(status, headers, content)


def _refusal(status: int, headers: Mapping[str, str], content: bytes) -> errors.ApiError:
    code, text = _service_exception(content)
    if status == 429:  # noqa: PLR2004
        return errors.ThrottledError(status, code, text, retry_after=_retry_after(headers))
    if status >= 500:  # noqa: PLR2004
        return errors.ServerError(status, code, text)
    return _REFUSALS.get(status, errors.ApiError)(status, code, text)


def _service_exception(content: bytes) -> tuple[str, str]:
    """The API's code and words; whatever else stands there is a proxy's page, and is cut short."""
    try:
        exception = json.loads(content)["requestError"]["serviceException"]
        return str(exception["messageId"]), str(exception["text"])[:1000]
    except (ValueError, TypeError, LookupError):
        return "UNKNOWN", content[:200].decode(errors="replace").strip() or "no text"


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds; the date form is not used by this API and counts as no hint."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds < float("inf") else None
