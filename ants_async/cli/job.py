"""One run of a campaign, new or continued: connect, send, show, write results, say how it ended."""

import json
import logging
import re
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import anyio
import attrs

from ants_async.cli.announcing import announce, in_words, is_scheduled
from ants_async.cli.calling_off import called_off
from ants_async.cli.database import default_ledger
from ants_async.cli.ending import Ending, conclude, exit_code
from ants_async.cli.files import BadRow, Notes
from ants_async.cli.inputs.layout import unpacked
from ants_async.cli.inputs.standard import drop, keep_beside
from ants_async.cli.kept import file_from, kept_of
from ants_async.cli.options import Options
from ants_async.cli.order import Order
from ants_async.cli.progress import Display, Tally, display
from ants_async.cli.quiet import tell_of_quiet_hours
from ants_async.cli.results import write_results
from ants_async.cli.screen import CampaignScreen
from ants_async.cli.signals import stop_on_signal
from ants_async.cli.terminal import Terminal, say
from ants_async.client import AntsClient
from ants_async.dispatch import Dispatcher, Ledger, SqliteLedger
from ants_async.dispatch.campaign import (
    CampaignState,
    CampaignSummary,
    Mode,
    Outcome,
    Recipient,
)
from ants_async.endpoints import Family
from ants_async.errors import AntsError, CampaignPaused, CanaryFailed, ConfigurationError, ValidationError
from ants_async.extras import needing_extra
from ants_async.transport.auth import BasicAuth

_log = logging.getLogger("ants_async.cli")
_STOPPING: Final = "stopping once the requests under way are answered"


def recipients_of(summary: CampaignSummary) -> Iterator[Recipient]:
    """Those of the file that a campaign was read from; the log says how many of its rows are bad, or changed.

    Raises `ConfigurationError`, `UnusableFile`.
    """
    name = summary.campaign.id
    file = file_from(summary)
    if file is None:
        raise ConfigurationError(f"campaign {name!r} does not come from a file")
    bad = 0
    first: BadRow | None = None
    notes = Notes()
    for row in file.rows(notes):
        if isinstance(row, BadRow):
            bad, first = bad + 1, first or row
        else:
            yield row
    if first is not None:
        where = f"the first in {file.place} {first.row}: {first.reason}"
        _log.warning("campaign %s: %s bad rows of %s were left out, %s", name, bad, file.path, where)
    for line in in_words(notes):
        _log.warning("campaign %s: %s", name, line)


def check_world(options: Options, before: CampaignSummary) -> None:
    """What was simulated must not count as sent, nor a real campaign go on in a simulator that forgot it."""
    simulated = bool(kept_of(before).get("simulated"))
    if simulated and not options.simulate and not options.base_url:
        raise ConfigurationError(
            f"campaign {before.campaign.id!r} was only simulated; "
            "to send it for real take another --id or --ledger"
        )
    if options.simulate and not simulated and before.total:
        raise ConfigurationError(
            f"campaign {before.campaign.id!r} is sent for real; what a simulator takes would count as sent: "
            "to try it take another --id or --ledger"
        )
    if options.simulate and before.accepted:
        raise ConfigurationError(
            f"campaign {before.campaign.id!r} waits for {before.accepted:,} statuses from a simulator "
            "that is gone; to be able to go on, run 'ants-async simulate' by itself "
            "and give its address as --base-url"
        )


def default_id(file: Path, sender: str | None, text: str | None, mode: Mode) -> str:
    """The file's name and a digest of what is sent: the same command continues the same campaign."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", unpacked(file).stem).strip("._-")[:80] or "campaign"
    identity = json.dumps([str(file.resolve()), sender, text, mode.value])
    return f"{name}-{sha256(identity.encode()).hexdigest()[:8]}"


async def _check_followed(order: Order, ledger: Ledger, address: str) -> None:
    api = await order.sent_by(ledger)
    if api not in {None, address}:
        raise ConfigurationError(
            f"campaign {order.campaign.id!r} follows one that was sent to {api}, not to {address}"
        )


async def execute(order: Order, options: Options) -> int:
    """Carry it out; the exit code. Raises `AntsError` for what keeps it from starting."""
    console = Terminal()
    campaign_id = order.campaign.id
    async with AsyncExitStack() as stack:
        path = options.ledger or _default_place(options, stack)
        client = await stack.enter_async_context(_client(options))
        account = await client.account.balance()
        say(console, f"balance: {account.balance:,.2f} {account.currency}")
        ledger = await stack.enter_async_context(SqliteLedger(path, store_texts=options.store_texts))
        before = await ledger.summary(campaign_id)
        if before is not None:
            check_world(options, before)
        order.check_after(before)
        await _check_followed(order, ledger, client.address)
        announce(console, order, before)
        was_cancelled = before is not None and before.state is CampaignState.CANCELLED
        if is_scheduled(order) and not was_cancelled:
            say(console, "nobody need wait here: Ctrl-C, and later resume, which asks for the statuses")
        order = await stack.enter_async_context(_kept(order, ledger, path, before))
        tally = Tally.after(before, order.rows)
        screen = display(
            tally,
            console,
            lambda: CampaignScreen(
                tally, console, title=campaign_id, limit=lambda: client.limiters[Family.SEND].rate
            ),
        )
        look = partial(ledger.summary, campaign_id)
        hours = None if was_cancelled else order.campaign.quiet_hours
        telling = partial(tell_of_quiet_hours, console, hours, look, client.clock)
        end = partial(called_off, path, campaign_id)
        run = await _begun(order, options, client, ledger, before)
        ending = await _send(run, tally, screen, telling, end)
        if ending is Ending.CANCELLED:
            try:
                await ledger.cancel(campaign_id)
            except ValidationError:  # it has just come to its end
                ending = Ending.DONE
        if ending is Ending.DONE and was_cancelled:
            ending = Ending.CANCELLED
        if ending not in {Ending.DONE, Ending.CANCELLED}:
            say(console, _how_to_resume(campaign_id, options, path, ending))
        summary = await ledger.summary(campaign_id)
        if options.results is not None and summary is not None:
            written = await write_results(options.results, ledger.outcomes(campaign_id))
            say(console, f"results: {written:,} rows in {options.results}")
        conclude(console, ending, summary, tally, order.bad_rows)
    return exit_code(ending, summary)


@asynccontextmanager
async def _kept(
    order: Order, ledger: SqliteLedger, path: Path, before: CampaignSummary | None
) -> AsyncIterator[Order]:
    """Standard input does not come again: a copy of it stays beside the ledger while it is needed."""
    copies = set(_copies_of(before))
    if order.file is not None and order.file.copied_for is not None:
        kept = keep_beside(path, order.file)
        order = attrs.evolve(order, file=kept)
        copies.add(kept.path)
    try:
        yield order
    finally:
        summary = await ledger.summary(order.campaign.id)
        if summary is not None and needs_file(summary):
            copies.difference_update(_copies_of(summary))
        for copy in copies:
            drop(path, copy)


def _copies_of(summary: CampaignSummary | None) -> list[Path]:
    """The copy of standard input that a campaign is read from, if it is."""
    source = {} if summary is None else kept_of(summary)
    return [Path(source["file"])] if source.get("copied") else []


def needs_file(summary: CampaignSummary) -> bool:
    """Whether a campaign can go on only with the file it was read from."""
    return not summary.source_read or bool(summary.planned and not summary.stores_texts)


@asynccontextmanager
async def _client(options: Options) -> AsyncIterator[AntsClient]:
    if not options.simulate:
        async with AntsClient.from_env(base_url=options.base_url, rate=options.rate) as client:
            yield client
        return
    with needing_extra("simulator"):
        from ants_async.simulator import SimulatorConfig, running  # noqa: PLC0415
    async with (
        running(SimulatorConfig(delivery_time=2.0)) as base_url,
        AntsClient(base_url, BasicAuth("demo", "demo"), rate=options.rate) as client,
    ):
        yield client


async def _begun(
    order: Order,
    options: Options,
    client: AntsClient,
    ledger: SqliteLedger,
    before: CampaignSummary | None,
) -> AsyncGenerator[Outcome]:
    dispatcher = Dispatcher(
        client,
        ledger,
        chunk_size=options.chunk,
        concurrency=options.concurrency,
    )
    simulated = {"simulated": True} if options.simulate else {}
    return dispatcher.run(
        order.campaign,
        order.recipients(ledger),
        source=order.source(before, **options.paces, **simulated),
        canary=order.canary_after(before),
        suppress=await order.all_suppressed(ledger, before),
    )


async def _send(
    run: AsyncGenerator[Outcome],
    tally: Tally,
    screen: Display,
    telling: Callable[[], Coroutine[Any, Any, None]],
    until_called_off: Callable[[], Awaitable[None]],
) -> Ending:
    """The campaign to its end, or until it is stopped, paused or called off; `telling` meanwhile."""
    error: AntsError | None = None
    is_called_off = False
    scope = anyio.CancelScope()

    async def obey() -> None:
        nonlocal is_called_off
        try:
            await until_called_off()
        except OSError:  # then nobody can call it off, and it goes on
            return
        is_called_off = True
        scope.cancel()
        say(screen.console, f"cancelled from elsewhere: {_STOPPING}; Ctrl-C stops at once")

    with screen:
        async with anyio.create_task_group() as helpers:
            await helpers.start(stop_on_signal, scope, screen, _STOPPING)
            helpers.start_soon(screen.keep_drawing)
            helpers.start_soon(telling)
            helpers.start_soon(obey)
            try:
                with scope:
                    async with aclosing(run) as outcomes:
                        async for outcome in outcomes:
                            tally.add(outcome)
            except AntsError as caught:
                error = caught
            helpers.cancel_scope.cancel()
    if error is not None and not isinstance(error, CampaignPaused):
        raise error
    if is_called_off and (error is not None or scope.cancelled_caught):
        return Ending.CANCELLED
    if error is not None:
        say(screen.console, f"paused: {error}")
        return Ending.HELD if isinstance(error, CanaryFailed) else Ending.PAUSED
    return Ending.INTERRUPTED if scope.cancelled_caught else Ending.DONE


def _default_place(options: Options, stack: AsyncExitStack) -> Path:
    """Where the ledger is when no one says: what is simulated leaves nothing behind."""
    if not options.simulate:
        return default_ledger(create=True)
    return Path(stack.enter_context(TemporaryDirectory(prefix="ants-async-"))) / "ledger.db"


def _how_to_resume(campaign_id: str, options: Options, ledger: Path, ending: Ending) -> str:
    if options.simulate:
        return (
            "its simulator ends with it, so there is nothing to resume; to try that, run "
            "'ants-async simulate' by itself and give its address as --base-url"
        )
    command = ["ants-async", "campaign", "resume", campaign_id, "--ledger", str(ledger)]
    command += ["--no-canary"] if ending is Ending.HELD else []
    for name, value in [("--results", options.results), ("--base-url", options.base_url)]:
        command += [name, str(value)] if value else []
    return f"to go on: {shlex.join(command)}"
