"""The monitor over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Final

import anyio
import uvicorn
from starlette.types import ASGIApp

from ants_async.monitor.app import monitor_app
from ants_async.monitor.watch import Watch

_MOST_CONNECTIONS: Final = 500


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and tells when it can be called."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _server(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,  # a log of addresses would hold the token
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            limit_concurrency=_MOST_CONNECTIONS,
        )
    )


@asynccontextmanager
async def serving(
    watch: Watch,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    names: Collection[str] = (),
) -> AsyncIterator[str]:
    """The monitor in this process while the block lasts; gives its address. `port` 0: a free one.

    Streams that are open end with the block. Raises OSError when the port is taken.
    """
    app = monitor_app(watch, token=token, names=[*names, host])
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = _server(app)
    with socket.create_server((host, port), family=family) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        # Tasks of their own: uvicorn is stopped by a flag, and a cancel scope must not be held across the
        # yield. The finally below is their parent.
        task = asyncio.create_task(server._serve([listener]), name="ants_async monitor")  # noqa: SLF001 - without signals
        looking = asyncio.create_task(watch.run(), name="ants_async monitor looks")
        try:
            await server.ready.wait()
            yield f"http://{shown}:{listener.getsockname()[1]}"
        finally:
            watch.close()
            server.should_exit = True
            looking.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({task, looking})
        await task
