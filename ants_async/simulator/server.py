"""The simulator over real HTTP."""

import asyncio
from contextlib import AbstractAsyncContextManager

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ants_async.local_server import serving_app
from ants_async.simulator.app import Simulator
from ants_async.simulator.config import SimulatorConfig


class _Droppable(HttpToolsProtocol):
    """Gives the app its connection, so that it can cut it as a failing network would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "ants_async.transport": transport}
        super().connection_made(transport)


def running(
    simulator: SimulatorConfig | Simulator, *, host: str = "127.0.0.1", port: int = 0
) -> AbstractAsyncContextManager[str]:
    """The simulator in this process while the block lasts; gives its base URL. `port` 0: a free one.

    A `Simulator` of your own keeps its state: it can be stopped and run again. Raises OSError when the port
    is taken.
    """
    if isinstance(simulator, SimulatorConfig):
        simulator = Simulator(simulator)
    return serving_app(
        simulator.app,
        "simulator",
        simulator.push_reports,
        host=host,
        port=port,
        http=_Droppable,
        date_header=False,  # the simulator's own clock says what time it is
    )
