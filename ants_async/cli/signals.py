"""Ctrl-C, SIGTERM and a terminal that is closed: the first stops gently, a second one at once."""

import os
import signal
import sys

import anyio
from anyio.abc import TaskStatus

from ants_async.cli.progress import Display
from ants_async.cli.refusals import INTERRUPTED
from ants_async.cli.terminal import say


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that stop a program gently; `nohup` has the last one ignored."""
    closed = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGINT, signal.SIGTERM, *closed)


def is_echo(number: int, *, is_stopping: bool) -> bool:
    """When a terminal is closed the shell and the kernel each send one."""
    return is_stopping and number == signal.SIGHUP


async def stop_on_signal(
    scope: anyio.CancelScope, screen: Display, what: str, *, task_status: TaskStatus[None]
) -> None:
    """Cancel the scope at the first signal, and say what is stopped: what is on disk survives both."""
    with anyio.open_signal_receiver(*ending_signals()) as signals:
        task_status.started()
        async for number in signals:
            if is_echo(number, is_stopping=scope.cancel_called):
                continue
            if scope.cancel_called:
                screen.close()
                sys.stdout.flush()
                os._exit(INTERRUPTED)
            say(screen.console, f"{what}; again stops at once")
            scope.cancel()
