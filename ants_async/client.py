"""One account, one connection pool."""

import ssl
import time
from collections.abc import Callable, Mapping
from copy import copy
from time import perf_counter
from types import TracebackType
from typing import Self

import httpx

from ants_async.endpoints import Family, Wire
from ants_async.errors import ConfigurationError, ValidationError
from ants_async.frames import forgetful
from ants_async.resources.account import Account
from ants_async.resources.api_keys import ApiKeys
from ants_async.resources.pin_limits import LocalPinLimits, PinLimits
from ants_async.resources.raw import with_raw_response
from ants_async.resources.reports import Logs, Reports
from ants_async.resources.sms import Sms
from ants_async.resources.two_factor import TwoFactor
from ants_async.settings import DEFAULT_BASE_URL, load_settings
from ants_async.transport.address import (
    check_base_url,
    check_proxy,
    check_ssl_context,
    is_this_machine,
    secrets_of_proxy,
)
from ants_async.transport.auth import ApiKeyAuth, BasicAuth, Credentials, check_header
from ants_async.transport.clock import ServerClock
from ants_async.transport.direct import DirectClient
from ants_async.transport.hooks import Hooks
from ants_async.transport.http11 import ConnectionPool
from ants_async.transport.rate import Limiter, Rates, make_limiters
from ants_async.transport.redaction import Secrets, redact_logs, secrets_of
from ants_async.transport.retry import RetryPolicy
from ants_async.transport.transport import InTurn, Transport, Turn

_CONNECTIONS = 256
_EXPIRY = 30.0  # seconds


def _wire(value: Wire | str) -> Wire:
    try:
        return Wire(value)
    except ValueError:
        raise ValidationError("wire", value, f"one of {', '.join(Wire)}") from None


def _through(proxy: str, context: ssl.SSLContext | None) -> httpx.AsyncBaseTransport:
    """Proxies are httpx's own business."""
    return httpx.AsyncHTTPTransport(
        verify=True if context is None else context,
        proxy=proxy,
        limits=httpx.Limits(
            max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=_EXPIRY
        ),
        trust_env=False,
    )


class AntsClient:
    """The API for one account; use it as `async with AntsClient(...) as client:`, or `aclose` it.

    `credentials`: `BasicAuth` or `ApiKeyAuth`. `transport`: any `httpx.AsyncBaseTransport` in place of the
    network; without one the client has its own, made for many requests at once under asyncio. `proxy`:
    `http://user:password@host:port`, by httpx's slower transport; none is taken from the environment.
    `ssl_context`: in place of the authorities that certifi knows; one that does not check is refused.
    `timeout`: seconds for one request. `retry`: how calls repeat themselves. `rate`: `"adaptive"`
    learns the server's limit from its 429s, `"100/1s"` keeps to a known one, None does not limit, a `Limiter`
    is your own; sends, reports, logs, 2FA and account each have a limiter of their own, and a mapping by
    `Family` gives each its own rate. `pin_limits`: who counts the PINs, if not this client by itself.
    `hooks`: functions of yours that are told of requests, answers, repeats and 429s.
    `wire`: `"json"`, or `"xml"` where the manual has it (sends, reports, logs, preview, balance).
    `allow_http`: plain http to other hosts than this.
    Raises `ConfigurationError` and `ValidationError` for unusable arguments.
    """

    @forgetful
    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        rate: Rates = "adaptive",
        pin_limits: PinLimits | None = None,
        wire: Wire | str = Wire.JSON,
        hooks: Hooks | None = None,
        allow_http: bool = False,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        redact_logs()
        self.base_url = check_base_url(base_url, allow_http=allow_http)
        if not hasattr(credentials, "header"):  # what was given instead may be a secret
            raise ConfigurationError("credentials are BasicAuth(name, password) or ApiKeyAuth(key)")
        authorization = check_header(credentials.header)
        if transport is not None and (proxy is not None or ssl_context is not None):
            raise ConfigurationError("a transport of your own has its own proxy and ssl_context")
        context = None if ssl_context is None else check_ssl_context(ssl_context)
        if proxy is not None:
            transport = _through(check_proxy(proxy, self.base_url, allow_http=allow_http), context)
        self._http = DirectClient(
            base_url=self.base_url,
            headers={b"Authorization": authorization.encode("latin-1")},
            transport=transport or ConnectionPool(context, connections=_CONNECTIONS, expiry=_EXPIRY),
            # Connecting has to fail before the whole request does: then it is clear that nothing was sent.
            connecting=timeout / 2,
        )
        self._transport = Transport(
            self._http,
            make_limiters(rate),
            retry or RetryPolicy(),
            secrets=Secrets(secrets_of_proxy(proxy), more_than=secrets_of(authorization)),
            timeout=timeout,
            connections=_CONNECTIONS,
            wire=_wire(wire),
            has_password=not isinstance(credentials, ApiKeyAuth),
            hooks=hooks,
            wall_clock=wall_clock,
        )
        self.two_factor = TwoFactor(self._transport, pin_limits or LocalPinLimits())
        self.api_keys = ApiKeys(self._transport)
        self._open_resources()

    def _open_resources(self) -> None:
        """What speaks the client's format; the rest is JSON alone."""
        self.sms = Sms(self._transport)
        self.reports = Reports(self._transport)
        self.logs = Logs(self._transport)
        self.account = Account(self._transport)

    def speaking(self, wire: Wire | str) -> Self:
        """This client in another format, for a call or for good: `client.speaking("xml").sms.send(…)`.

        It shares connections, rates and PIN limits with this one, and is open as long as this one is.
        """
        other = copy(self)
        other._transport = self._transport.speaking(_wire(wire))  # noqa: SLF001 - a copy of our own
        other._open_resources()  # noqa: SLF001
        return other

    async def in_turn(self, family: Family, turn: Turn) -> Self | None:
        """This client, whose next request of that family has had its turn by the rate and leaves at once.

        For whoever has something to write down in between. `turn` waits by what it is given, and says False
        where the request is not to leave after all: then there is no client, and a call that would be
        repeated ends as its last try.
        """
        since = perf_counter()
        if not await turn(self.limiters[family].acquire):
            return None
        other = copy(self)
        waited = perf_counter() - since
        other._transport = self._transport.in_turn(InTurn(family, turn, waited))  # noqa: SLF001
        other._open_resources()  # noqa: SLF001
        return other

    @classmethod
    @forgetful
    def from_env(
        cls,
        *,
        base_url: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        proxy: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        rate: Rates = "adaptive",
        pin_limits: PinLimits | None = None,
        wire: Wire | str = Wire.JSON,
        hooks: Hooks | None = None,
    ) -> Self:
        """A client from `ANTS_BASE_URL`, `ANTS_USERNAME` and `ANTS_PASSWORD`, or `ANTS_API_KEY`.

        Raises `ConfigurationError` when they are missing.
        """
        settings = load_settings(base_url)
        credentials: Credentials = (
            ApiKeyAuth(settings.api_key)
            if settings.api_key
            else BasicAuth(settings.username or "", settings.password or "")
        )
        return cls(
            settings.base_url,
            credentials,
            transport=transport,
            proxy=proxy,
            ssl_context=ssl_context,
            timeout=timeout,
            retry=retry,
            rate=rate,
            pin_limits=pin_limits,
            wire=wire,
            hooks=hooks,
        )

    def add_hooks(self, hooks: Hooks) -> Callable[[], None]:
        """Call these, too, also for views of this client, until what this returns is called."""
        return self._transport.listeners.add(hooks)

    @property
    def limiters(self) -> Mapping[Family, Limiter]:
        """The rate limiters at work; `limiters[Family.SEND].rate` is the send rate now, per second."""
        return self._transport.limiters

    @property
    def clock(self) -> ServerClock:
        """The server's time, in seconds since the epoch, as its answers tell it: `client.clock()`."""
        return self._transport.clock

    with_raw_response = staticmethod(with_raw_response)

    @property
    def address(self) -> str:
        """Where the API is: a host, its port if that is unusual. Simulators here come and go by ports."""
        url = httpx.URL(self.base_url)
        return "this machine" if is_this_machine(url.host) else url.netloc.decode()

    def __repr__(self) -> str:
        return f"AntsClient({self.base_url!r})"

    async def aclose(self) -> None:
        """Close its connections, where it is used without `async with`."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(exc_type, exc, traceback)


__all__ = ["DEFAULT_BASE_URL", "AntsClient"]
