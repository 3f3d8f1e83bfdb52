"""Ctrl-C and SIGTERM: the first one stops gently, the second one at once."""

import os
import signal
import sys

import anyio
from anyio.abc import TaskStatus

from ants_async.cli.progress import Display
from ants_async.cli.refusals import INTERRUPTED
from ants_async.cli.terminal import say


async def stop_on_signal(
    scope: anyio.CancelScope, screen: Display, what: str, *, task_status: TaskStatus[None]
) -> None:
    """Cancel the scope at the first signal, and say what is stopped: what is on disk survives both."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            if scope.cancel_called:
                screen.close()
                sys.stdout.flush()
                os._exit(INTERRUPTED)
            say(screen.console, f"{what}; again stops at once")
            scope.cancel()
