"""The simulator over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ants_async.simulator.app import Simulator
from ants_async.simulator.config import SimulatorConfig


class _Droppable(HttpToolsProtocol):
    """Gives the app its connection, so that it can cut it as a failing network would."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "ants_async.transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and tells when it can be called."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _server(app: Starlette) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=_Droppable,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,  # the simulator's own clock says what time it is
            timeout_graceful_shutdown=1,
            backlog=2048,
        )
    )


def _listen(host: str, port: int) -> tuple[socket.socket, str]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Connections inherit it; asyncio does not see that it is TCP, and bodies would wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


@asynccontextmanager
async def running(
    simulator: SimulatorConfig | Simulator, *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """The simulator in this process while the block lasts; gives its base URL. `port` 0: a free one.

    A `Simulator` of your own keeps its state: it can be stopped and run again. Raises OSError when the port
    is taken.
    """
    listener, base_url = _listen(host, port)
    if isinstance(simulator, SimulatorConfig):
        simulator = Simulator(simulator)
    server = _server(simulator.app)
    with listener:
        # Tasks of their own: uvicorn is stopped by a flag, and a cancel scope must not be held across the
        # yield. The finally below is their parent.
        task = asyncio.create_task(server._serve([listener]), name="ants_async simulator")  # noqa: SLF001 - without signals
        pushing = asyncio.create_task(simulator.push_reports(), name="ants_async simulator pushes")
        try:
            await server.ready.wait()
            yield base_url
        finally:
            server.should_exit = True
            pushing.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({task, pushing})
        await task
