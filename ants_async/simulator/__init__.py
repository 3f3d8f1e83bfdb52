"""The API itself as a local server: over real HTTP, with state, limits, delivery and faults."""

from ants_async.simulator.app import Simulator
from ants_async.simulator.config import Faults, SimulatorConfig
from ants_async.simulator.messages import Sent
from ants_async.simulator.server import running
from ants_async.simulator.transport import SimulatorTransport

__all__ = ["Faults", "Sent", "Simulator", "SimulatorConfig", "SimulatorTransport", "running"]
