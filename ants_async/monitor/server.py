"""The monitor over real HTTP."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import Final

from ants_async.local_server import serving_app
from ants_async.monitor.app import monitor_app
from ants_async.monitor.watch import Watch

_MOST_CONNECTIONS: Final = 500


def serving(
    watch: Watch,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    names: Collection[str] = (),
) -> AbstractAsyncContextManager[str]:
    """The monitor in this process while the block lasts; gives its address. `port` 0: a free one.

    Streams that are open end with the block. Raises OSError when the port is taken.
    """
    return serving_app(
        monitor_app(watch, token=token, names=[*names, host]),
        "monitor",
        watch.run,
        host=host,
        port=port,
        at_end=watch.close,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
    )
