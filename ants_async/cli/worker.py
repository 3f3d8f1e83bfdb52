"""`ants-async worker`: sends what was submitted to a database, beside any number of others."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import click

from ants_async.cli.account import base_url_option
from ants_async.cli.controls import Suppressed, suppress_options
from ants_async.cli.database import needed_database_option
from ants_async.cli.job import recipients_of
from ants_async.cli.logs import log_to_stderr
from ants_async.cli.refusals import INTERRUPTED, one_line_errors
from ants_async.cli.signals import ending_signals, is_echo
from ants_async.cli.terminal import Terminal, say
from ants_async.client import AntsClient
from ants_async.dispatch.unbroken import end_of
from ants_async.errors import ApiError, AuthenticationError, PermissionDenied, TransportError
from ants_async.extras import needing_extra

_log = logging.getLogger("ants_async.cli")


@click.command()
@needed_database_option
@click.option("--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Chunks in flight.")
@click.option(
    "--rate",
    default="adaptive",
    show_default=True,
    help="Requests of all workers together: 'adaptive', 100/1s, or 'none'.",
)
@click.option(
    "--lease",
    type=click.FloatRange(1.0),
    default=30.0,
    show_default=True,
    help="Seconds after which the chunks of a worker that died are taken over.",
)
@click.option(
    "--grace", type=click.FloatRange(0.0), default=10.0, show_default=True, help="Seconds to stop in."
)
@base_url_option
@suppress_options
def worker(
    *,
    database: str,
    concurrency: int,
    rate: str,
    lease: float,
    grace: float,
    base_url: str | None,
    make_suppressed: Callable[[], Suppressed],
) -> None:
    """Send and track what was submitted, until it is stopped.

    Any number of workers may run, on any machine. The first Ctrl-C, SIGTERM or SIGHUP lets requests under way
    come home, the second one stops at once; what is left the others take over.
    """
    console = Terminal(stderr=True)
    with one_line_errors():
        with needing_extra("scaleout"):
            from ants_async.dispatch.ledger.connecting import without_password  # noqa: PLC0415
            from ants_async.scaleout import ScaleOut, work  # noqa: PLC0415

        async def run() -> None:
            scaleout = ScaleOut(
                database,
                lease=lease,
                read_source=recipients_of,
                connections=concurrency + 8,
                suppress=make_suppressed().numbers,
            )
            async with (
                scaleout,
                scaleout.rates(None if rate == "none" else rate) as rates,
                AntsClient.from_env(base_url=base_url, rate=rates) as client,
            ):
                await _check_account(client)
                serving = work(scaleout, client, concurrency=concurrency, grace=grace)
                how = f"{concurrency} at a time, rate {rate}"
                what = f"serving {without_password(database)}, sending to {client.base_url}, {how}"
                await _until_stopped(serving, what, console)
            say(console, "stopped")

        log_to_stderr()
        anyio.run(run)


async def _check_account(client: AntsClient) -> None:
    """That it is not refused: a worker without one would pause every campaign there is."""
    try:
        await client.account.balance()
    except (AuthenticationError, PermissionDenied):
        raise
    except (ApiError, TransportError) as error:
        _log.warning("the API gives no balance, which is no reason not to begin: %s", error)


async def _until_stopped(serving: Coroutine[Any, Any, None], what: str, console: Terminal) -> None:
    """The first signal stops it gently, the second one at once: the database survives both."""
    task = asyncio.create_task(serving, name="ants_async worker")

    def stop(number: signal.Signals) -> None:
        if is_echo(number, is_stopping=bool(task.cancelling())):
            return
        if task.cancelling():
            os._exit(INTERRUPTED)
        say(console, "stopping once the requests under way are answered; again stops at once")
        task.cancel()

    loop = asyncio.get_running_loop()
    signals = ending_signals()
    for number in signals:
        loop.add_signal_handler(number, stop, number)
    say(console, what)
    try:
        await end_of(task)
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
    if not task.cancelled():
        task.result()
