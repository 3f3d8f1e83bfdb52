"""A request out; a model or an error back: limiter, retries, size cap."""

import asyncio
import logging
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Any, Final, Self, TypeAlias, TypeVar

import anyio
import attrs
import httpx

from ants_async.endpoints import Endpoint, Family, Repeat, RequestParts, Wire, build, read, secrets_in
from ants_async.errors import (
    AntsError,
    ApiError,
    ConfigurationError,
    ConnectionFailed,
    DecodeError,
    OutcomeUnknown,
    RequestTimeout,
    ServerError,
    ThrottledError,
    TransportError,
)
from ants_async.frames import without_frames
from ants_async.transport.clock import ServerClock
from ants_async.transport.direct import DirectClient
from ants_async.transport.hooks import Came, Hooks, Listeners, Watch
from ants_async.transport.rate import Limiter
from ants_async.transport.redaction import Secrets, at_work, clean
from ants_async.transport.retry import UNCLEAR, RetryBudget, RetryPolicy, repeating

T = TypeVar("T")
Turn: TypeAlias = Callable[[Callable[[], Awaitable[None]]], Awaitable[bool]]
"""Waits for a request's turn by what it is given; False where the request is not to leave any more."""
MAX_ANSWER: Final = 8 * 1024 * 1024
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the proxy made no way to the API
    httpx.UnsupportedProtocol,
)
_log = logging.getLogger("ants_async.transport")


class Transport:
    """Carries requests for one account over one connection pool."""

    def __init__(
        self,
        http: DirectClient,
        limiters: Mapping[Family, Limiter],
        retry: RetryPolicy,
        *,
        secrets: Secrets,
        timeout: float,
        connections: int,
        wire: Wire = Wire.JSON,
        has_password: bool = True,
        hooks: Hooks | None = None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self.limiters = limiters
        self._retry = retry
        self._budget = RetryBudget(retry.budget)
        self._secrets = secrets
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._timeout = timeout
        self.wire = wire
        self.has_password = has_password
        # Waiting for a free connection happens here, where it does not count as time without an answer.
        self._free = anyio.Semaphore(connections, fast_acquire=True)
        self.clock = ServerClock(wall_clock)
        self._note: Callable[[Came], None] | None = None
        self._in_turn: InTurn | None = None
        self.listeners = Listeners()
        if hooks is not None:
            self.listeners.add(hooks)

    async def call(
        self,
        endpoint: Endpoint[T],
        body: object = None,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> T:
        """One operation, repeated where that is harmless.

        Raises `ValidationError`, `ConfigurationError`, `ApiError`, `ConnectionFailed`, `RequestTimeout`,
        `DecodeError`, and `OutcomeUnknown` where a repeat could do it twice.
        """
        if endpoint.needs_password and not self.has_password:
            raise ConfigurationError(
                f"{endpoint.name} needs a user name and password: an API key cannot manage API keys (6.4)"
            )
        self._check_open()
        parts = build(endpoint, body, path=path, query=query, wire=self.wire)
        secrets = Secrets(secrets_in(body, path, query), more_than=self._secrets)
        repeat = endpoint.repeat_of(body)
        since = self.clock() - self.clock.margin
        watch = self._watch(endpoint) if self.listeners.active else None
        tries = 0
        failures: list[AntsError] = []
        is_over = False

        async def once() -> T:
            nonlocal tries, is_over
            tries += 1
            failure: AntsError
            try:
                if watch is None:
                    return await self._once(endpoint, body, parts, secrets, attempt=tries)
                work = self._once(endpoint, body, parts, secrets, attempt=tries, watch=watch)
                return await watch.over(work)
            except _CalledOff:
                failure = failures[-1] if failures else ConnectionFailed(f"{endpoint.name}: called off")
            except AntsError as error:
                failures.append(error)
                raise
            is_over = True
            raise failure

        try:
            return await repeating(
                once,
                self._retry,
                self._budget,
                repeat,
                self._rng,
                waits_out_429=not endpoint.is_quota,
                told=None if watch is None else watch.again,
                goes_on=lambda: not is_over,
            )
        except (ApiError, TransportError, ConfigurationError) as error:
            # A repeat that was refused, or never left, says nothing about an earlier try, which matters
            # where that one may have had an effect.
            has_effect = endpoint.repeat is Repeat.HARMFUL
            unclear = [one for one in failures if isinstance(one, UNCLEAR)]
            refused_since = has_effect and bool(unclear) and error is not unclear[-1]
            if not refused_since and (repeat is Repeat.HARMLESS or error not in unclear):
                raise
            why = str(error).removeprefix(f"{endpoint.name}: ")
            message = f"{endpoint.name}: no clear answer ({why}); it may have taken effect: look in the logs"
            messages = getattr(body, "sought", ())
            raise OutcomeUnknown(message, sent_since=since, messages=messages) from error

    def speaking(self, wire: Wire) -> Self:
        """The same transport, its pool and its limiters, in this format."""
        other = copy(self)
        other.wire = wire
        return other

    def in_turn(self, in_turn: "InTurn") -> Self:
        """The same transport; the next request of that family has had its turn."""
        other = copy(self)
        other._in_turn = in_turn  # noqa: SLF001 - a copy of our own
        return other

    def noting(self, note: Callable[[Came], None]) -> Self:
        """The same transport; `note` is given each answer as it came."""
        other = copy(self)
        other._note = note  # noqa: SLF001 - a copy of our own
        return other

    def _check_open(self) -> None:
        if self._http.is_closed:
            raise ConfigurationError("this client is closed")

    def _watch(self, endpoint: Endpoint[Any]) -> Watch:
        in_turn = self._in_turn
        waited = 0.0 if in_turn is None or in_turn.family is not endpoint.family else in_turn.waited
        return Watch(self.listeners, endpoint, self.limiters[endpoint.family], waited)

    async def _once(
        self,
        endpoint: Endpoint[T],
        body: object,
        parts: RequestParts,
        secrets: Secrets,
        *,
        attempt: int,
        watch: Watch | None = None,
    ) -> T:
        theirs = sys.exception()
        limiter = self.limiters[endpoint.family]
        if self._in_turn is None or self._in_turn.family is not endpoint.family:
            await limiter.acquire()
        elif not await self._in_turn.comes(limiter.acquire):
            raise _CalledOff
        if watch is not None:
            watch.leaves(attempt)
        try:
            came = self._exchange(endpoint.name, parts, secrets)
            # Without a name for what came.
            answer = read(
                endpoint,
                *(await came if watch is None else watch.through(await came)),
                asked=body,
                redact=secrets.out_of,
            )
        except ThrottledError as error:
            if not endpoint.is_quota:  # one number's quota is no reason to hold back the others
                limiter.throttled(error.retry_after)
            _log.debug("%s: throttled", endpoint.name, extra=_fields(endpoint, attempt, error))
            without_frames(error, theirs)  # they hold the whole answer
            raise
        except AntsError as error:
            # A refusal is an answer like any other; a server that fails is no reason to go faster.
            if not isinstance(error, ConnectionFailed | RequestTimeout | ServerError | ConfigurationError):
                limiter.succeeded()
            what = type(error).__name__
            _log.debug("%s: %s", endpoint.name, what, extra=_fields(endpoint, attempt, error))
            without_frames(error, theirs)
            raise
        limiter.succeeded()
        self._budget.earn()
        return answer

    async def _exchange(
        self, name: str, parts: RequestParts, secrets: Secrets
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request over the wire, within the time for it and the cap on what may come back."""
        theirs = sys.exception()
        try:
            async with self._free, asyncio.timeout(self._timeout):
                self._check_open()  # it may have been closed while this call waited
                with at_work(secrets):
                    return await self._answer(parts)
        except (httpx.HTTPError, TimeoutError) as error:
            failure: BaseException = self._failure(name, clean(error, secrets, theirs))
        except _Unusable as error:
            failure = DecodeError(secrets.out_of(f"{name}: {error}"))
        except anyio.get_cancelled_exc_class() as error:
            failure = without_frames(error, theirs)
        # Not raised above, where it would drag along what holds the request.
        raise failure

    async def _answer(self, parts: RequestParts) -> tuple[int, Mapping[str, str], bytes]:
        reply = await self._http.exchange(parts)
        try:
            headers = {
                name.lower().decode("latin-1"): value.decode("latin-1") for name, value in reply.headers
            }
            if 200 <= reply.status < 300:  # noqa: PLR2004 - else it may be a proxy that speaks
                self.clock.note(headers.get("date", ""))
            came = reply.status, headers, await _capped(reply.body, headers)
            if self._note is not None:
                self._note(came)
            return came
        finally:
            await reply.body.aclose()

    def _failure(self, name: str, cause: BaseException) -> TransportError:
        failure: TransportError
        if isinstance(cause, _NOTHING_SENT):
            failure = ConnectionFailed(f"cannot reach {self._http.base_url}: {cause or 'no connection'}")
        elif isinstance(cause, httpx.TimeoutException | TimeoutError):
            failure = RequestTimeout(f"{name}: no answer within {self._timeout:g} s")
        else:
            failure = RequestTimeout(f"{name}: the connection broke before the answer: {cause}")
        failure.__cause__ = cause
        return failure


def _fields(endpoint: Endpoint[Any], attempt: int, error: AntsError) -> dict[str, Any]:
    """Of a log line, for whoever keeps them by field."""
    return {
        "operation": endpoint.name,
        "attempt": attempt,
        "status_code": getattr(error, "status_code", None),
        "error": type(error).__name__,
    }


@attrs.define(slots=True, eq=False)
class InTurn:
    """A request's turn that was waited for beforehand. `turn` waits for those of all further ones."""

    family: Family
    turn: Turn
    waited: float
    _is_used: bool = False

    async def comes(self, acquire: Callable[[], Awaitable[None]]) -> bool:
        """Whether the next request may leave."""
        if self._is_used:
            return await self.turn(acquire)
        self._is_used, self.waited = True, 0.0
        return True


class _CalledOff(Exception):
    """A request is not to leave any more."""


class _Unusable(Exception):
    """An answer that is not read any further, and why."""


async def _capped(stream: httpx.AsyncByteStream, headers: Mapping[str, str]) -> bytes:
    """The body as it came; identity was asked for, so anything packed is refused before it unfolds."""
    encoding = headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        raise _Unusable(f"the answer came packed as {encoding!r}; only identity was asked for")
    body = bytearray()
    async for piece in stream:
        body += piece
        if len(body) > MAX_ANSWER:
            raise _Unusable(f"the answer is larger than {MAX_ANSWER} bytes")
    return bytes(body)
