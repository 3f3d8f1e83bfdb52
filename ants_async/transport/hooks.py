"""What a client tells of its requests while it works.

Hooks are plain functions, called in the middle of a request: they count, measure and write down, and must not
block. Waiting for them would make every send as slow as the slowest of them, and a hook that fails or hangs
could then lose an answer. Whoever has to wait for something puts the event into a queue of their own.

No event holds a number, a text, an id, a secret, or any part of a body: `path` is the manual's, with its
placeholders, and errors are named by their class alone.
"""

import sys
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeVar

import attrs

from ants_async.endpoints import Endpoint, Family
from ants_async.errors import ApiError, ThrottledError
from ants_async.frames import without_frames
from ants_async.told import Told
from ants_async.transport.rate import Limiter

T = TypeVar("T")
Came = tuple[int, Any, bytes]


@attrs.frozen(slots=True, kw_only=True, eq=False)
class RequestStarted:
    """A request leaves now. The other events name it as their `request`.

    `operation`: the call on a client, `sms.send`. `path`: with `{placeholders}`. `attempt`: of this call,
    counted from 1. `waited`: seconds for its turn by the rate.
    """

    operation: str
    method: str
    path: str
    family: Family
    attempt: int
    waited: float


@attrs.frozen(slots=True, kw_only=True, eq=False)
class RequestEnded:
    """It was answered, or failed, or was cancelled: exactly one for each that started.

    `status_code`: None when no answer came. `error`: the name of an error's class, None when all went well.
    `elapsed`: seconds since it left.
    """

    request: RequestStarted
    status_code: int | None
    error: str | None
    elapsed: float


@attrs.frozen(slots=True, kw_only=True, eq=False)
class RequestRetried:
    """It failed and its call will try again, `wait` seconds from now; after a 429 the rate says when."""

    request: RequestStarted
    status_code: int | None
    error: str
    wait: float


@attrs.frozen(slots=True, kw_only=True, eq=False)
class RequestThrottled:
    """It was answered by a 429. `retry_after`: seconds that it asked for. `rate`: a second, from now on."""

    request: RequestStarted
    retry_after: float | None
    rate: float


@attrs.frozen(slots=True, kw_only=True)
class Hooks:
    """Functions of yours that a client calls while it works: `AntsClient(…, hooks=Hooks(on_retry=print))`.

    They must not block. What they raise is logged once, and changes nothing.
    """

    on_request: Callable[[RequestStarted], object] | None = None
    on_response: Callable[[RequestEnded], object] | None = None
    on_retry: Callable[[RequestRetried], object] | None = None
    on_throttle: Callable[[RequestThrottled], object] | None = None


class Listeners:
    """The hooks of a client; `active` is all that a request looks at when there are none."""

    __slots__ = ("active", "on_request", "on_response", "on_retry", "on_throttle")

    def __init__(self) -> None:
        self.active = False
        self.on_request: Told[RequestStarted] = Told()
        self.on_response: Told[RequestEnded] = Told()
        self.on_retry: Told[RequestRetried] = Told()
        self.on_throttle: Told[RequestThrottled] = Told()

    def add(self, hooks: Hooks) -> Callable[[], None]:
        """Call these, too, until what this returns is called."""
        removals = [
            getattr(self, field.name).add(function)
            for field in attrs.fields(Hooks)
            if (function := getattr(hooks, field.name)) is not None
        ]
        self._look()

        def remove() -> None:
            for one in removals:
                one()
            self._look()

        return remove

    def _look(self) -> None:
        self.active = any((self.on_request, self.on_response, self.on_retry, self.on_throttle))


class Watch:
    """One call, from its first request to its last, told to the listeners."""

    __slots__ = (
        "_endpoint",
        "_left_at",
        "_limiter",
        "_listeners",
        "_request",
        "_status",
        "_waited",
        "_waits_since",
    )

    def __init__(
        self, listeners: Listeners, endpoint: Endpoint[Any], limiter: Limiter, waited: float = 0.0
    ) -> None:
        self._listeners = listeners
        self._endpoint = endpoint
        self._limiter = limiter
        self._request: RequestStarted | None = None
        self._status: int | None = None
        self._waited = waited  # by the first request, before it came here
        self._waits_since = self._left_at = 0.0

    async def over(self, work: Awaitable[T]) -> T:
        """See one request through. Hooks run outside of all `except`: their own errors drag nothing along."""
        theirs = sys.exception()
        self._request, self._status, self._waits_since = None, None, perf_counter() - self._waited
        self._waited = 0.0
        try:
            answer = await work
        except BaseException as error:  # noqa: BLE001 - raised below
            failure = without_frames(error, theirs)
        else:
            self._ended(None)
            return answer
        self._ended(failure)
        raise failure

    def leaves(self, attempt: int) -> None:
        """It has its turn."""
        endpoint, self._left_at = self._endpoint, perf_counter()
        self._request = RequestStarted(
            operation=endpoint.name,
            method=endpoint.method,
            path=endpoint.path,
            family=endpoint.family,
            attempt=attempt,
            waited=self._left_at - self._waits_since,
        )
        self._listeners.on_request(self._request)

    def through(self, came: Came) -> Came:
        """What came back, on its way to be read."""
        self._status = came[0]
        return came

    def _ended(self, failure: BaseException | None) -> None:
        if self._request is None:  # it never had its turn
            return
        listeners = self._listeners
        if listeners.on_response:
            listeners.on_response(
                RequestEnded(
                    request=self._request,
                    status_code=self._status,
                    error=None if failure is None else type(failure).__name__,
                    elapsed=perf_counter() - self._left_at,
                )
            )
        if isinstance(failure, ThrottledError) and listeners.on_throttle:
            listeners.on_throttle(
                RequestThrottled(
                    request=self._request, retry_after=failure.retry_after, rate=self._limiter.rate
                )
            )

    def again(self, failure: BaseException, wait: float) -> None:
        """It will be tried again."""
        if self._request is not None and self._listeners.on_retry:
            self._listeners.on_retry(
                RequestRetried(
                    request=self._request,
                    status_code=failure.status_code if isinstance(failure, ApiError) else self._status,
                    error=type(failure).__name__,
                    wait=wait,
                )
            )
