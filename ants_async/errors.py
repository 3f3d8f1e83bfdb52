"""The error tree. Everything this package raises on purpose is an `AntsError`.

AntsError
├── ConfigurationError        no or unusable settings, credentials, base URL
├── ValidationError           a value that breaks a rule, found before anything is sent
├── TransportError            no usable answer
│   ├── ConnectionFailed        the request never left: nothing was sent
│   │   └── LimitsUnreachable     nobody could say whether it may
│   ├── RequestTimeout          no answer in time, and repeating is harmless
│   ├── OutcomeUnknown          the request may have taken effect: do not repeat it blindly
│   └── DecodeError             an answer that cannot be read
├── ApiError                  the API's own refusal
│   ├── BadRequest 400 · AuthenticationError 401 · PermissionDenied 403
│   ├── NotFound 404 · PayloadTooLarge 413
│   ├── ThrottledError 429 (`retry_after`)
│   └── ServerError 5xx
├── PinLimitReached           an application's PIN limit (`retry_after`)
├── IncompleteResult          more entries than can be read, or than a page holds, and no way to the rest
└── DispatchError             a campaign cannot start or go on
    ├── CampaignMismatch        the id was used before with another text, sender or mode
    ├── CampaignPaused          the account was refused; nothing is lost, resume later
    ├── ReportsNotTaken         pushed reports of bulks that are not known here, or not yet (`reports`)
    └── LedgerError             the ledger cannot be used
        ├── LedgerInUse           another process has it open
        └── LedgerDamaged         it does not say what was written into it
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any


class AntsError(Exception):
    """Root of all errors of this package. They can be pickled, to cross from one process to another."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[AntsError], args: tuple[Any, ...], state: Mapping[str, Any]) -> AntsError:
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


class ConfigurationError(AntsError, ValueError):
    """Settings, credentials or base URL are missing or unusable. The message never holds a secret."""


class ValidationError(AntsError, ValueError):
    """A value breaks a rule of the manual; nothing was sent.

    Attributes: `field`, `value` (as given), `rule`.
    """

    def __init__(self, field: str, value: object, rule: str) -> None:
        shown = value if isinstance(value, datetime | timedelta) else repr(value)
        super().__init__(f"{field}: {shown} is not valid: {rule}")
        self.field = field
        self.value = value
        self.rule = rule


class TransportError(AntsError):
    """No usable answer came back."""


class ConnectionFailed(TransportError):
    """No connection was made: the request never left, so nothing was sent."""


class LimitsUnreachable(ConnectionFailed):
    """The limits that all workers share cannot be asked. Nothing was sent: it could have been too much."""


class RequestTimeout(TransportError):
    """No answer came in time; the request was one that may be repeated without harm."""


class DecodeError(TransportError):
    """An answer that cannot be read: not JSON, a wrong type, a missing field. Names the path."""


class OutcomeUnknown(TransportError):
    """The request may or may not have taken effect, and a repeat could do it twice.

    The logs say what arrived; for sends `client.sms.find(error)` asks them.
    Attributes: `sent_since` (seconds since the epoch, by the server's clock; a day early while no answer has
    told that), `messages` (a `SoughtMessage`
    for each that a send held, what to look for; empty for other requests).
    """

    def __init__(self, message: str, *, sent_since: float, messages: "Sequence[Any]" = ()) -> None:
        super().__init__(message)
        self.sent_since = sent_since
        self.messages = tuple(messages)


class ApiError(AntsError):
    """The API refused the request.

    Attributes: `status_code` (HTTP), `code` (`serviceException.messageId`, e.g. `BAD_REQUEST`),
    `text` (the API's own words). Manual section 7.
    """

    def __init__(self, status_code: int, code: str, text: str) -> None:
        super().__init__(f"HTTP {status_code} {code}: {text}")
        self.status_code = status_code
        self.code = code
        self.text = text


class BadRequest(ApiError):
    """400: `BAD_REQUEST` or `INVALID_ARGUMENT`."""


class AuthenticationError(ApiError):
    """401: the credentials are wrong."""


class PermissionDenied(ApiError):
    """403: the credentials are right but not allowed to do this."""


class NotFound(ApiError):
    """404."""


class PayloadTooLarge(ApiError):
    """413: the request body is larger than the server takes."""


class ThrottledError(ApiError):
    """429 `THROTTLE_EXCEPTION`. `retry_after`: seconds the server asked to wait, or None."""

    def __init__(self, status_code: int, code: str, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(status_code, code, text)
        self.retry_after = retry_after


class ServerError(ApiError):
    """5xx: something broke on the server's side; the request may have taken effect."""


class PinLimitReached(AntsError):
    """A limit of the 2FA application is reached; nothing was sent. Manual section 6.3.

    Attributes: `limit_name` (e.g. `sendPinPerPhoneNumberLimit`), `limit` (e.g. `3/1d`, None when unknown),
    `retry_after` (seconds, None when unknown).
    """

    def __init__(self, limit_name: str, limit: str | None, *, retry_after: float | None) -> None:
        when = "" if retry_after is None else f"; try again in {retry_after:.0f} s"
        super().__init__(f"{limit_name}{f' of {limit}' if limit else ''} is reached{when}")
        self.limit_name = limit_name
        self.limit = limit
        self.retry_after = retry_after


class IncompleteResult(AntsError):
    """There are more entries than one page holds, and no way to ask for the rest; or some cannot be read."""


class DispatchError(AntsError):
    """A campaign cannot start or go on."""


class CampaignMismatch(DispatchError):
    """This campaign id was used before with another text, sender or mode."""


class CampaignPaused(DispatchError):
    """The account was refused, or the API out of reach. What is not sent stays unsent; resume later."""


class CanaryFailed(CampaignPaused):
    """Too many of the first ones failed, or are not known: the others were not sent to."""


class ReportsNotTaken(DispatchError):
    """Pushed reports that could not be stored here now; let the API push them again.

    `reports`: those of bulks this ledger does not know, or whose sends are not answered yet; all of them
    while a run's reader is far behind.
    """

    def __init__(self, reports: "Sequence[object]") -> None:
        super().__init__(f"{len(reports)} pushed reports cannot be taken here, or not yet")
        self.reports = tuple(reports)


class LedgerError(DispatchError):
    """The ledger cannot be read or written, or was written by a newer version."""


class LedgerInUse(LedgerError):
    """Another process has this ledger open."""


class LeaseLost(LedgerError):
    """Another worker has taken this chunk over meanwhile; what came later is not recorded by this one."""


class LedgerDamaged(LedgerError):
    """The ledger does not say what was written into it; nothing is sent by it."""
