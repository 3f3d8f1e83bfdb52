"""The simulator for tests: in a thread of its own, so that any test can use it, in any event loop or none."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import attrs
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ants_async.client import AntsClient
from ants_async.errors import ValidationError
from ants_async.extras import needing_extra
from ants_async.transport.auth import ApiKeyAuth, BasicAuth
from ants_async.transport.http11 import ConnectionPool

with needing_extra("simulator"):
    from ants_async.simulator import Faults, Sent, Simulator, SimulatorConfig, running
    from ants_async.simulator.config import faults_of

__all__ = ["Clock", "RunningSimulator", "simulator_at_work"]

T = TypeVar("T")
_FIELDS: Final = frozenset(field.name for field in attrs.fields(SimulatorConfig))


class Clock:
    """The simulator's time: the machine's, and as far ahead of it as it was told to be."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """So much later at once: reports are ready, periods of a rate over."""
        self._ahead += seconds


class RunningSimulator:
    """A simulator at work. `base_url`: where. `clock.advance(60)`: a minute later."""

    def __init__(
        self,
        simulator: Simulator,
        config: SimulatorConfig,
        clock: Clock,
        base_url: str,
        portal: BlockingPortal,
    ) -> None:
        self._simulator = simulator
        self._config = config
        self._portal = portal
        self.clock = clock
        self.base_url = base_url

    def __repr__(self) -> str:
        return f"RunningSimulator({self.base_url!r})"

    def _there(self, work: Callable[..., T], *args: object) -> T:
        """In the simulator's own thread, between two requests."""
        return self._portal.call(work, *args)

    @property
    def sent(self) -> list[Sent]:
        """The messages that were accepted, oldest first."""
        return self._there(self._simulator.sent)

    @property
    def stats(self) -> dict[str, Any]:
        """Counts of requests and messages, as `GET /_simulator/stats` has them."""
        return self._there(self._simulator.stats)

    @property
    def faults(self) -> Faults:
        """What goes wrong, from now on: `ants_simulator.faults = "500=1"`."""
        return self._simulator.faults

    @faults.setter
    def faults(self, faults: Faults | str) -> None:
        self._there(setattr, self._simulator, "faults", faults_of(faults))

    def fail(self, *faults: Faults | str) -> None:
        """What goes wrong with the next requests, one each: `ants_simulator.fail("500=1", "slow=1")`."""
        self._there(self._simulator.plan, *map(faults_of, faults))

    @property
    def environment(self) -> dict[str, str]:
        """What `AntsClient.from_env()` reads."""
        user, _, password = self._config.user.partition(":")
        return {"ANTS_BASE_URL": self.base_url, "ANTS_USERNAME": user, "ANTS_PASSWORD": password}

    def client(self, **options: Any) -> AntsClient:
        """A client of it. With an API key, which PINs need: `client(credentials=ants_simulator.api_key)`.

        It takes a connection for each request, and closes it: nothing of it outlives a test, so that it need
        not be closed. `options` are those of `AntsClient`.
        """
        user, _, password = self._config.user.partition(":")
        usual: dict[str, Any] = {
            "credentials": BasicAuth(user, password),
            "transport": _OneRequestEach(),
            "rate": None,
        }
        return AntsClient(self.base_url, **(usual | options))

    @property
    def api_key(self) -> ApiKeyAuth:
        """Credentials that open everything but the API keys. Raises `ValidationError` when there are none."""
        if self._config.api_key is None:
            raise ValidationError("api_key", None, "a simulator that has one")
        return ApiKeyAuth(self._config.api_key)


class _OneRequestEach(httpx.AsyncBaseTransport):
    """A connection for each request."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        async with ConnectionPool() as pool:
            response = await pool.handle_async_request(request)
            content = await response.aread()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


@contextmanager
def simulator_at_work(**settings: Any) -> Iterator[RunningSimulator]:
    """A simulator in a thread of its own while the block lasts; messages arrive at once.

    `settings`: fields of `SimulatorConfig`. Raises `ValidationError`.
    """
    for name in settings.keys() - _FIELDS:
        raise ValidationError("ants_simulator", name, f"one of {', '.join(sorted(_FIELDS))}")
    usual: dict[str, Any] = {"delivery_time": 0.0}
    config = SimulatorConfig(**(usual | settings))
    clock = Clock()
    simulator = Simulator(config, clock)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running(simulator)) as base_url,
    ):
        yield RunningSimulator(simulator, config, clock, base_url, portal)
