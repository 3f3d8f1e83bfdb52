"""Simulators that outlive single commands."""

from contextlib import contextmanager

import pytest
from anyio.from_thread import start_blocking_portal

from ants_async.simulator import SimulatorConfig, running

DEMO = {"ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}


@pytest.fixture
def simulator(monkeypatch):
    """Starts them; ANTS_BASE_URL leads to the latest, with the demo account."""
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def start(**config):
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(running(SimulatorConfig(**config))) as base_url,
        ):
            monkeypatch.setenv("ANTS_BASE_URL", base_url)
            yield base_url

    return start
