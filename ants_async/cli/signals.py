"""Ctrl-C, SIGTERM and a terminal that is closed: the first stops gently, a second one at once."""

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
    # `nohup` has it ignored.
    closed = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, *closed) as signals:
        task_status.started()
        async for number in signals:
            if number == signal.SIGHUP and scope.cancel_called:
                continue  # the shell and the terminal each send one
            if scope.cancel_called:
                screen.close()
                sys.stdout.flush()
                os._exit(INTERRUPTED)
            say(screen.console, f"{what}; again stops at once")
            scope.cancel()
