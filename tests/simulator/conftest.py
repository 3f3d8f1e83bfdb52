"""A simulator in process, on a clock that moves when it is told to."""

import httpx
import pytest

from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport


class Clock:
    """Wall time that moves when it is told to."""

    now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def api(clock):
    """Makes clients of a new simulator each, with the demo account."""

    def make(**config):
        app = Simulator(SimulatorConfig(**config), clock).app
        return httpx.AsyncClient(
            transport=SimulatorTransport(app), base_url="http://localhost", auth=("demo", "demo")
        )

    return make


@pytest.fixture
def refusal():
    """Status, code and text of a refused request."""

    def read(response):
        exception = response.json()["requestError"]["serviceException"]
        return response.status_code, exception["messageId"], exception["text"]

    return read
