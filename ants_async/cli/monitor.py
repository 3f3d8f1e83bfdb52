"""`ants-async monitor`: campaigns while they run, in a browser."""

import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import attrs
import click
from anyio import to_thread

from ants_async.cli.database import either, either_option
from ants_async.cli.files import RecipientFile
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.report import readable_file
from ants_async.dispatch.campaign import CampaignSummary, Recipient
from ants_async.errors import AntsError
from ants_async.extras import needing_extra
from ants_async.transport.address import is_this_machine

if TYPE_CHECKING:
    from ants_async.dispatch.ledger.sql import SqlLedger

_ROWS_A_TURN: Final = 20_000
_VARIABLE: Final = "ANTS_MONITOR_TOKEN"
_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - what to say of them


@click.command()
@either_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Others reach it by another, with a token."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one."
)
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A name by which browsers reach it, where that is no number; may be repeated.",
)
def monitor(
    *,
    ledger: Path | None,
    database: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
) -> None:
    """Show campaigns while they run, in a browser. It only looks, and stops with Ctrl-C.

    Campaigns may be at work in other processes, or on other machines. Anybody on this machine may look,
    unless $ANTS_MONITOR_TOKEN holds a token, which is then asked for; for others there is always one, a new
    one where the variable is not set.
    """
    with one_line_errors():
        with needing_extra("monitor"):
            from ants_async.monitor.door import check_names, check_token, new_token  # noqa: PLC0415
        token = os.environ.get(_VARIABLE)  # no option: whoever lists processes sees those
        check_token(token, _VARIABLE)
        check_names(names)
        if token is None and not is_this_machine(host):
            token = new_token()

        if host in _EVERYWHERE:
            names = (*names, socket.gethostname())

        async def run() -> None:
            async with either(ledger, database) as found:
                await _serve_until_signal(found, host=host, port=port, token=token, names=names)

        anyio.run(run)


async def _serve_until_signal(
    ledger: "SqlLedger", *, host: str, port: int, token: str | None, names: tuple[str, ...]
) -> None:
    from ants_async.monitor import Watch, serving  # noqa: PLC0415

    await ledger.campaigns()  # what cannot be read at all is told here, and not in a page
    lists = _Lists()
    watch = Watch(ledger, expected=lists.rows)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as helpers:
            helpers.start_soon(lists.count)
            async with serving(watch, host=host, port=port, token=token, names=names) as url:
                shown = _as_others_open(url, names[0]) if host in _EVERYWHERE else url
                click.echo(f"watch at {shown}/" + ("" if token is None else f"?token={token}"))
                await anext(signals)
            helpers.cancel_scope.cancel()


def _as_others_open(url: str, name: str) -> str:
    """An address that stands for all of this machine's is none that a browser elsewhere could open."""
    return f"http://{name}:{url.rpartition(':')[2]}"


@attrs.define
class _Lists:
    """Rows of the files that campaigns are read from, counted once each, in the background."""

    _wanted: anyio.Event = attrs.field(factory=anyio.Event)
    _files: list[tuple[str, RecipientFile]] = attrs.field(factory=list)
    _counts: dict[str, int | None] = attrs.field(factory=dict)

    def rows(self, summary: CampaignSummary) -> int | None:
        """How many can be sent; None while nobody knows."""
        name = summary.campaign.id
        if name not in self._counts:
            self._counts[name] = None
            file = readable_file(summary)
            if file is not None:
                self._files.append((name, file))
                self._wanted.set()
        return self._counts[name]

    async def count(self) -> None:
        """Count what is asked for, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            while self._files:
                name, file = self._files.pop()
                self._counts[name] = await _rows_of(file)


async def _rows_of(file: RecipientFile) -> int | None:
    """None where it cannot be read. In turns, so that a signal need not wait for a long list."""
    rows, count = file.rows(), 0

    def some() -> tuple[int, bool]:
        found = 0
        for _ in range(_ROWS_A_TURN):
            row = next(rows, None)
            if row is None:
                return found, True
            found += isinstance(row, Recipient)
        return found, False

    is_read = False
    try:
        while not is_read:
            more, is_read = await to_thread.run_sync(some)
            count += more
    except AntsError:
        return None
    return count
