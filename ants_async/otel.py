"""OpenTelemetry: traces of requests, metrics of clients and campaigns.

    instrument(client, dispatcher)

By the conventions for HTTP clients: a span a request, also of those that repeat another, and
`http.client.request.duration`; beside them what only this package knows, named `ants.…`. All of it is made
from hooks, so that nothing here holds a number, a text, an id or a secret: where a URL has ids, there are
placeholders. Traces are not handed on to the API, which belongs to somebody else.

Only the API of OpenTelemetry is needed here; without its SDK nothing is recorded.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from time import time_ns
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakSet

from ants_async.client import AntsClient
from ants_async.dispatch.counting import OutcomesCounted
from ants_async.dispatch.engine import Dispatcher
from ants_async.endpoints import OPERATIONS
from ants_async.errors import ValidationError
from ants_async.extras import needing_extra
from ants_async.transport.hooks import Hooks, RequestEnded, RequestRetried, RequestStarted, RequestThrottled

with needing_extra("otel"):
    from opentelemetry import metrics, trace
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import SpanKind, StatusCode, TracerProvider

__all__ = ["instrument"]

Attributes = dict[str, str | int | bool]
_NAME: Final = "ants_async"
_SECONDS: Final = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1,
    2.5,
    5,
    7.5,
    10,
)  # the conventions' own
_FIRST_REFUSAL: Final = 400
_PORTS: Final = {"http": 80, "https": 443}


def instrument(
    *targets: AntsClient | Dispatcher,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    by_campaign: bool = False,
) -> Callable[[], None]:
    """Trace and measure these, until what this returns is called. The providers are the global ones.

    A client's views are traced with it. A dispatcher is not traced by way of its client, nor the other way
    round: give both, once each. `by_campaign`: outcomes by campaign id, too; only where campaigns are few,
    since each is a time series of its own.
    Raises `ValidationError`, before any of them is traced, for what is neither, and for what is traced
    already, whatever the providers: one request would be two spans.
    """
    _check(targets)
    instruments = _instruments(meter_provider)
    tracer = trace.get_tracer(_NAME, tracer_provider=tracer_provider)
    removals = [
        _Requests(instruments, tracer, one).follow()
        if isinstance(one, AntsClient)
        else _follow_campaigns(instruments, one, by_campaign=by_campaign)
        for one in targets
    ]
    _traced.update(targets)

    def stop() -> None:
        if removals:  # stopped again, it leaves alone who was traced anew
            _traced.difference_update(targets)
        while removals:
            removals.pop()()

    return stop


_traced: "WeakSet[AntsClient | Dispatcher]" = WeakSet()


def _check(targets: Sequence[object]) -> None:
    seen: list[object] = list(_traced)
    for one in targets:
        if not isinstance(one, AntsClient | Dispatcher):
            raise ValidationError("targets", type(one).__name__, "each an AntsClient or a Dispatcher")
        if any(_is_same(one, other) for other in seen):
            raise ValidationError("targets", one, "traced once: stop the other one first")
        seen.append(one)


def _is_same(one: object, other: object) -> bool:
    """A view is its client: each client has a mapping of limiters of its own, which its views share."""
    if isinstance(one, AntsClient) and isinstance(other, AntsClient):
        return one.limiters is other.limiters
    return one is other


class _Instruments:
    """All metrics, made once for a provider: what is observed by asking is asked of all targets."""

    def __init__(self, provider: MeterProvider | None) -> None:
        meter = metrics.get_meter(_NAME, meter_provider=provider)
        self.clients: WeakSet[AntsClient] = WeakSet()
        self.dispatchers: WeakSet[Dispatcher] = WeakSet()
        self.lock = Lock()  # readers ask in threads of their own
        self.duration = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.active = meter.create_up_down_counter(
            "http.client.active_requests", unit="{request}", description="Number of active HTTP requests."
        )
        self.wait = meter.create_histogram(
            "ants.client.wait.duration",
            unit="s",
            description="How long requests waited for their turn by the rate.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self.retries = meter.create_counter(
            "ants.client.retries", unit="{request}", description="Requests that failed and were repeated."
        )
        self.throttled = meter.create_counter(
            "ants.client.throttled", unit="{request}", description="Requests that were answered by a 429."
        )
        self.outcomes = meter.create_counter(
            "ants.campaign.outcomes", unit="{recipient}", description="Outcomes of recipients."
        )
        meter.create_observable_gauge(
            "ants.client.rate",
            [self._rates],
            unit="{request}/s",
            description="Requests a second that the limiters allow now; those without a limit are left out.",
        )
        meter.create_observable_gauge(
            "ants.client.waiting",
            [self._waiting],
            unit="{request}",
            description="Requests that wait for their turn.",
        )
        for name, unit, description in (
            ("campaigns", "{campaign}", "Campaigns that run."),
            ("tracked", "{chunk}", "Chunks whose reports are not all there."),
            ("unread", "{batch}", "Batches of outcomes that nobody has read yet."),
        ):
            meter.create_observable_gauge(
                f"ants.dispatcher.{name}", [self._backlog(name)], unit=unit, description=description
            )

    def _rates(self, _: CallbackOptions) -> Iterable[Observation]:
        return self._of_limiters("rate")

    def _waiting(self, _: CallbackOptions) -> Iterable[Observation]:
        return self._of_limiters("waiting")

    def _of_limiters(self, what: str) -> Iterator[Observation]:
        """Summed over the limiters of each family; one that several clients share counts once."""
        sums: Counter[tuple[str | int, ...]] = Counter()
        found = {
            (*_server(client), family.value, id(limiter)): limiter
            for client in self._known(self.clients)
            for family, limiter in client.limiters.items()
        }
        for (*place, _), limiter in found.items():
            value = getattr(limiter, what, None)  # somebody's own limiter need not tell
            if value is not None and math.isfinite(value):
                sums[tuple(place)] += value
        for (address, port, family), value in sums.items():
            yield Observation(value, {"server.address": address, "server.port": port, "ants.family": family})

    def _backlog(self, name: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            known = self._known(self.dispatchers)
            return [Observation(sum(getattr(one.backlog, name) for one in known))] if known else []

        return observe

    def _known(self, targets: "WeakSet[Any]") -> list[Any]:
        with self.lock:
            return list(targets)


_of_providers: "WeakKeyDictionary[MeterProvider, _Instruments]" = WeakKeyDictionary()
_of_the_global_one: list[_Instruments] = []


def _instruments(provider: MeterProvider | None) -> _Instruments:
    if provider is not None:
        if provider not in _of_providers:
            _of_providers[provider] = _Instruments(provider)
        return _of_providers[provider]
    if not _of_the_global_one:
        _of_the_global_one.append(_Instruments(None))
    return _of_the_global_one[0]


def _server(client: AntsClient) -> tuple[str, int]:
    url = urlsplit(client.base_url)
    return url.hostname or "", url.port or _PORTS.get(url.scheme, 0)


class _Requests:
    """The requests of one client."""

    def __init__(self, instruments: _Instruments, tracer: trace.Tracer, client: AntsClient) -> None:
        self._instruments = instruments
        self._tracer = tracer
        self._client = client
        address, port = _server(client)
        self._server: Attributes = {"server.address": address, "server.port": port}
        self._under_way: set[RequestStarted] = set()
        self._known: Mapping[str, Attributes] = {
            one.name: {
                "http.request.method": one.method,
                **self._server,
                "url.template": one.path,
            }
            for one in OPERATIONS.values()
        }

    def follow(self) -> Callable[[], None]:
        """From now on, until what this returns is called."""
        instruments, client = self._instruments, self._client
        with instruments.lock:
            instruments.clients.add(client)
        remove_hooks = client.add_hooks(
            Hooks(
                on_request=self._started,
                on_response=self._ended,
                on_retry=self._retried,
                on_throttle=self._throttled,
            )
        )

        def stop() -> None:
            remove_hooks()
            for request in list(self._under_way):
                self._count_out(request)
            with instruments.lock:
                instruments.clients.discard(client)

        return stop

    def _started(self, request: RequestStarted) -> None:
        instruments = self._instruments
        self._under_way.add(request)
        instruments.active.add(1, {"http.request.method": request.method, **self._server})
        instruments.wait.record(request.waited, {"ants.family": request.family.value, **self._server})

    def _count_out(self, request: RequestStarted) -> None:
        """One that was under way when this began was never counted in."""
        if request in self._under_way:
            self._under_way.remove(request)
            self._instruments.active.add(-1, {"http.request.method": request.method, **self._server})

    def _ended(self, event: RequestEnded) -> None:
        """The span is made here, when all is known, so that none stays open whatever becomes of a request."""
        request, ended_at = event.request, time_ns()
        attributes: Attributes = dict(self._known[request.operation])
        failed = None
        if event.status_code is not None:
            attributes["http.response.status_code"] = event.status_code
            if event.status_code >= _FIRST_REFUSAL:
                failed = str(event.status_code)
        if event.error is not None and failed is None:
            failed = event.error
        if failed is not None:
            attributes["error.type"] = failed
        self._count_out(request)
        self._instruments.duration.record(event.elapsed, attributes)
        span = self._tracer.start_span(
            f"{request.method} {request.path}",
            kind=SpanKind.CLIENT,
            start_time=ended_at - int(event.elapsed * 1e9),
            attributes={
                **attributes,
                "url.full": f"{self._client.base_url}{request.path}",
                "ants.operation": request.operation,
                **({"http.request.resend_count": request.attempt - 1} if request.attempt > 1 else {}),
            },
        )
        if failed is not None:
            span.set_status(StatusCode.ERROR)
        span.end(ended_at)

    def _retried(self, event: RequestRetried) -> None:
        why = {"ants.operation": event.request.operation, "error.type": event.error}
        self._instruments.retries.add(1, {**why, **self._server})

    def _throttled(self, event: RequestThrottled) -> None:
        family = event.request.family.value
        self._instruments.throttled.add(1, {"ants.family": family, **self._server})


def _follow_campaigns(
    instruments: _Instruments, dispatcher: Dispatcher, *, by_campaign: bool
) -> Callable[[], None]:
    def counted(event: OutcomesCounted) -> None:
        attributes: Attributes = {
            "ants.outcome.kind": event.kind.value,
            "ants.outcome.deduplicated": event.deduplicated,
        }
        if event.group is not None:
            attributes["ants.status.group"] = event.group
        if by_campaign:
            attributes["ants.campaign.id"] = event.campaign_id
        instruments.outcomes.add(event.count, attributes)

    with instruments.lock:
        instruments.dispatchers.add(dispatcher)
    remove_hook = dispatcher.add_hook(counted)

    def stop() -> None:
        remove_hook()
        with instruments.lock:
            instruments.dispatchers.discard(dispatcher)

    return stop
