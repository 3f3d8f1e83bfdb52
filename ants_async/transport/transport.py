"""A request out; a model or an error back: limiter, retries, size cap."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from copy import copy
from typing import Final, Self, TypeVar

import anyio
import httpx

from ants_async.endpoints import Endpoint, Family, Repeat, RequestParts, Wire, build, read
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
from ants_async.transport.clock import ServerClock
from ants_async.transport.rate import Limiter, Unlimited
from ants_async.transport.retry import UNCLEAR, RetryBudget, RetryPolicy, retrying

T = TypeVar("T")
MAX_ANSWER: Final = 8 * 1024 * 1024
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_log = logging.getLogger("ants_async.transport")


class Transport:
    """Carries requests for one account over one connection pool."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        limiters: Mapping[Family, Limiter],
        retry: RetryPolicy,
        *,
        timeout: float,
        connections: int,
        wire: Wire = Wire.JSON,
        has_password: bool = True,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self.limiters = limiters
        self._retry = retry
        self._budget = RetryBudget(retry.budget)
        self._rng = random.Random()  # noqa: S311 - jitter, not a secret
        self._timeout = timeout
        self.wire = wire
        self.has_password = has_password
        # Waiting for a free connection happens here, where it does not count as time without an answer.
        self._free = anyio.Semaphore(connections, fast_acquire=True)
        self.clock = ServerClock(wall_clock)

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
        parts = build(endpoint, body, path=path, query=query, wire=self.wire)
        repeat = endpoint.repeat_of(body)
        since = self.clock()
        unclear: list[AntsError] = []

        async def once() -> T:
            try:
                return await self._once(endpoint, parts)
            except UNCLEAR as error:
                unclear.append(error)
                raise

        try:
            return await retrying(
                self._retry,
                self._budget,
                repeat,
                self._rng,
                waits_out_429=not endpoint.is_quota,
                limited=not isinstance(self.limiters[endpoint.family], Unlimited),
            )(once)
        except (ApiError, TransportError) as error:
            # A repeat that was refused, or never left, says nothing about an earlier try.
            refused_since = bool(unclear) and error is not unclear[-1] and endpoint.method == "POST"
            if not refused_since and (repeat is Repeat.HARMLESS or error not in unclear):
                raise
            message = (
                f"{endpoint.name}: no clear answer ({error}); it may have taken effect: look in the logs"
            )
            raise OutcomeUnknown(message, sent_since=since) from error

    def speaking(self, wire: Wire) -> Self:
        """The same transport, its pool and its limiters, in this format."""
        other = copy(self)
        other.wire = wire
        return other

    async def _once(self, endpoint: Endpoint[T], parts: RequestParts) -> T:
        limiter = self.limiters[endpoint.family]
        await limiter.acquire()
        try:
            answer = read(endpoint, *await self._exchange(endpoint.name, parts))
        except ThrottledError as error:
            if not endpoint.is_quota:  # one number's quota is no reason to hold back the others
                limiter.throttled(error.retry_after)
            _log.debug("%s: throttled", endpoint.name)
            raise
        except AntsError as error:
            # A refusal is an answer like any other; a server that fails is no reason to go faster.
            if not isinstance(error, ConnectionFailed | RequestTimeout | ServerError):
                limiter.succeeded()
            _log.debug("%s: %s", endpoint.name, type(error).__name__)
            raise
        limiter.succeeded()
        self._budget.earn()
        return answer

    async def _exchange(self, name: str, parts: RequestParts) -> tuple[int, httpx.Headers, bytes]:
        """One request over the wire, within the time for it and the cap on what may come back."""
        try:
            async with self._free:
                with anyio.fail_after(self._timeout):
                    async with self._http.stream(
                        parts.method, parts.target, headers=parts.headers, content=parts.content
                    ) as response:
                        self.clock.note(response.headers.get("date", ""))
                        return response.status_code, response.headers, await _capped(name, response)
        except _NOTHING_SENT as error:
            raise ConnectionFailed(
                f"cannot reach {self._http.base_url}: {error or 'no connection'}"
            ) from error
        except (httpx.TimeoutException, TimeoutError) as error:
            raise RequestTimeout(f"{name}: no answer within {self._timeout:g} s") from error
        except httpx.HTTPError as error:
            raise RequestTimeout(f"{name}: the connection broke before the answer: {error}") from error


async def _capped(name: str, response: httpx.Response) -> bytes:
    """The body as it came; identity was asked for, so anything packed is refused before it unfolds."""
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.strip().lower() not in ("", "identity"):
        raise DecodeError(f"{name}: the answer came packed as {encoding[:20]!r}; only identity was asked for")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_ANSWER:
            raise DecodeError(f"{name}: the answer is larger than {MAX_ANSWER} bytes")
    return bytes(body)
