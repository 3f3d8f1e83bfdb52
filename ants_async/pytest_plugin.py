"""Fixtures for tests of whatever sends by ANTS: the API as a server of the test's own, and a client of it.

    @pytest.mark.ants_simulator(rate="10/1s", faults="429=0.1")
    async def test_the_welcome(ants_simulator, ants_client):
        await welcome(ants_client, "66847781470")
        assert ants_simulator.sent[0].text == "Welcome!"

Every pytest of an environment loads this module, also where nobody uses it: so nothing of the package is
imported before a fixture is asked for, and the extra `simulator` is not needed until then.

The fixtures are plain ones, that any plugin for async tests can have: pytest-asyncio in either mode, anyio.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ants_async.client import AntsClient
    from ants_async.testing import RunningSimulator

_MARKER = "ants_simulator"


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**settings): how the simulator of this test behaves, by the fields of SimulatorConfig",
    )


@pytest.fixture
def ants_simulator(request: pytest.FixtureRequest) -> "Iterator[RunningSimulator]":
    """The API as a server, with an account of this test's own: a `RunningSimulator`."""
    from ants_async.testing import simulator_at_work  # noqa: PLC0415 - not before it is needed

    settings: dict[str, object] = {}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):  # the closest one last
        if marker.args:
            raise pytest.UsageError(f"{_MARKER}{marker.args}: settings have names, as in rate='5/1s'")
        settings.update(marker.kwargs)
    with simulator_at_work(**settings) as simulator:
        yield simulator


@pytest.fixture
def ants_client(ants_simulator: "RunningSimulator") -> "AntsClient":
    """A client of the simulator, for this test; it need not be opened or closed."""
    return ants_simulator.client()


@pytest.fixture
def ants_environment(
    ants_simulator: "RunningSimulator", monkeypatch: pytest.MonkeyPatch
) -> "RunningSimulator":
    """The simulator, and the environment says so: `AntsClient.from_env()` leads to it."""
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    for name, value in ants_simulator.environment.items():
        monkeypatch.setenv(name, value)
    return ants_simulator
