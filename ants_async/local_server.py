"""An ASGI app over real HTTP, in this process, while a block lasts."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio
import uvicorn

_log = logging.getLogger("ants_async.local_server")


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it, and tells when it can be called."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _listen(host: str, port: int) -> tuple[socket.socket, str]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=2048)
    # Connections inherit it; asyncio does not see that it is TCP, and bodies would wait 40 ms for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shown = f"[{host}]" if family == socket.AF_INET6 else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


@asynccontextmanager
async def serving_app(
    app: Any,
    name: str,
    beside: Callable[[], Coroutine[Any, Any, None]],
    *,
    host: str,
    port: int,
    at_end: Callable[[], None] = lambda: None,
    **config: Any,
) -> AsyncIterator[str]:
    """The app, and its work beside it; gives the base URL. `port` 0: a free one. `config`: uvicorn's.

    `at_end` is called before the server waits for what is open. When the work beside it fails, the server
    stops at once, and the block ends with that exception. Raises OSError when the port is taken.
    """
    listener, base_url = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,  # addresses may hold a token
            timeout_graceful_shutdown=1,
            backlog=2048,
            **config,
        )
    )
    with listener:
        # Tasks of their own: uvicorn is stopped by a flag, and a cancel scope must not be held across the
        # yield. The finally below is their parent.
        task = asyncio.create_task(server._serve([listener]), name=f"ants_async {name}")  # noqa: SLF001 - without signals
        working = asyncio.create_task(beside(), name=f"ants_async {name}, beside it")

        def stop_with_it(done: asyncio.Task[None]) -> None:
            """Whoever calls is to notice: a server that goes on without its work says what is not so."""
            error = None if done.cancelled() else done.exception()
            if error is not None:
                _log.error("the %s stops: its work failed", name, exc_info=error)
                server.should_exit = True

        working.add_done_callback(stop_with_it)
        try:
            await server.ready.wait()
            yield base_url
        finally:
            at_end()
            server.should_exit = True
            working.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({task, working})
        await task
        if not working.cancelled():
            working.result()
