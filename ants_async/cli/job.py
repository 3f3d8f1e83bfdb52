"""One run of a campaign, new or continued: connect, send, show, write results, say how it ended."""

import json
import logging
import os
import re
import shlex
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import anyio
import attrs
from rich.console import Console

from ants_async.cli.announcing import announce, in_words
from ants_async.cli.controls import Suppressed
from ants_async.cli.ending import Ending, conclude, exit_code
from ants_async.cli.files import BadRow, Check, Notes, RecipientFile
from ants_async.cli.inputs.layout import unpacked
from ants_async.cli.inputs.standard import drop, keep_beside
from ants_async.cli.kept import (
    Follows,
    file_from,
    kept_of,
    pending,
    rows_of,
    source_of,
    source_of_canary,
)
from ants_async.cli.progress import Display, Tally, display, say
from ants_async.cli.quiet import tell_of_quiet_hours
from ants_async.cli.results import write_results
from ants_async.cli.screen import CampaignScreen
from ants_async.cli.signals import stop_on_signal
from ants_async.client import AntsClient
from ants_async.dispatch import Canary, Dispatcher, Ledger, SqliteLedger, follow_up
from ants_async.dispatch.campaign import (
    Campaign,
    CampaignState,
    CampaignSummary,
    Mode,
    Outcome,
    Recipient,
)
from ants_async.dispatch.source import Recipients
from ants_async.endpoints import Family
from ants_async.errors import AntsError, CampaignPaused, CanaryFailed, ConfigurationError
from ants_async.extras import needing_extra
from ants_async.transport.auth import BasicAuth

_log = logging.getLogger("ants_async.cli")
_STOPPING: Final = "stopping once the requests under way are answered"


@attrs.frozen(slots=True, kw_only=True)
class Options:
    """How to send: the options `run` and `resume` share."""

    ledger: Path | None
    results: Path | None
    base_url: str | None
    simulate: bool
    rate: str
    chunk: int
    concurrency: int
    store_texts: bool = True
    kept: Mapping[str, Any] = attrs.field(factory=dict)
    """Those of them that a campaign goes on with: how fast it is sent."""


@attrs.frozen(slots=True, kw_only=True)
class Job:
    """What to send. `file` is None when the ledger holds every recipient already.

    `suppress`: whom not to. `follows`: it is to those whom another campaign did not reach.
    """

    campaign: Campaign
    file: RecipientFile | None
    check: Check
    options: Options
    suppress: Suppressed = attrs.field(factory=Suppressed)
    canary: Canary | None = None
    follows: Follows | None = None

    def source(self, before: CampaignSummary | None) -> str | None:
        """What the ledger keeps, so that `resume` finds the file again."""
        if self.file is None and self.follows is None:
            return None
        source = {} if self.file is None else source_of(self.file)
        source |= rows_of(source, self.check.good, before)
        if self.follows is not None:
            source |= {"follows": self.follows.campaign_id, "advice": list(self.follows.advice)}
        if self.suppress.paths:
            source |= {"suppress": [str(path.absolute()) for path in self.suppress.paths]}
        if self.suppress.region is not None:
            source |= {"region": self.suppress.region}
        source |= source_of_canary(self.canary, before)
        source |= self.options.kept
        if self.options.simulate:
            source |= {"simulated": True}
        return json.dumps(source, ensure_ascii=False)

    def recipients(self, ledger: Ledger) -> Recipients | None:
        """To whom; None for those that the ledger has."""
        if self.follows is not None:
            return follow_up(ledger, self.follows.campaign_id, self.follows.advice)
        return None if self.file is None else self.file.recipients()


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


async def next_id(path: Path | None, before: CampaignSummary) -> str:
    """`songkran.2` after `songkran`, `songkran.3` after that; numbers of other campaigns are left out."""
    name, _, number = before.campaign.id.rpartition(".")
    is_second = "follows" in kept_of(before) and bool(name) and number.isdecimal()
    name, place = (name, int(number) + 1) if is_second else (before.campaign.id, 2)
    async with SqliteLedger(path or default_ledger(), read_only=True) as ledger:
        while (taken := await ledger.summary(f"{name}.{place}")) is not None:
            if kept_of(taken).get("follows") == before.campaign.id:
                break
            place += 1
    return f"{name}.{place}"


async def count_of(path: Path | None, follows: Follows) -> int:
    """How many they are."""
    async with SqliteLedger(path or default_ledger(), read_only=True) as ledger:
        return sum([1 async for _ in follow_up(ledger, follows.campaign_id, follows.advice)])


async def _check_followed(ledger: Ledger, campaign_id: str, address: str) -> None:
    """Whom a rehearsal did not reach nobody needs to be texted."""
    followed = await ledger.summary(campaign_id)
    if followed is not None and followed.api not in {None, address}:
        raise ConfigurationError(
            f"campaign {campaign_id!r} was sent to {followed.api}, not to {address}: so is what follows it"
        )


async def execute(job: Job) -> int:
    """Do the job; the exit code. Raises `AntsError` for what keeps it from starting."""
    console = Console()
    options = job.options
    async with AsyncExitStack() as stack:
        path = options.ledger or _default_place(options, stack)
        client = await stack.enter_async_context(_client(options))
        account = await client.account.balance()
        say(console, f"balance: {account.balance:,.2f} {account.currency}")
        ledger = await stack.enter_async_context(SqliteLedger(path, store_texts=options.store_texts))
        before = await ledger.summary(job.campaign.id)
        if before is not None:
            check_world(job.options, before)
        if job.follows is not None:
            await _check_followed(ledger, job.follows.campaign_id, client.address)
        announce(console, job.campaign, job.check, before)
        job = await stack.enter_async_context(_kept(job, ledger, path, before))
        tally = Tally.after(before, job.check.good)
        screen = display(
            tally,
            console,
            lambda: CampaignScreen(
                tally, console, title=job.campaign.id, limit=lambda: client.limiters[Family.SEND].rate
            ),
        )
        was_cancelled = before is not None and before.state is CampaignState.CANCELLED
        hours = None if was_cancelled else job.campaign.quiet_hours
        telling = partial(tell_of_quiet_hours, console, hours, tally, client.clock)
        ending = await _send(_begun(job, client, ledger, before), tally, screen, telling)
        if ending is Ending.DONE and was_cancelled:
            ending = Ending.CANCELLED
        if ending not in {Ending.DONE, Ending.CANCELLED}:
            say(console, _how_to_resume(job, path, ending))
        summary = await ledger.summary(job.campaign.id)
        if options.results is not None and summary is not None:
            written = await write_results(options.results, ledger.outcomes(job.campaign.id))
            say(console, f"results: {written:,} rows in {options.results}")
        conclude(console, ending, summary, tally, job.check.bad)
    return exit_code(ending, summary)


@asynccontextmanager
async def _kept(
    job: Job, ledger: SqliteLedger, path: Path, before: CampaignSummary | None
) -> AsyncIterator[Job]:
    """Standard input does not come again: a copy of it stays beside the ledger while it is needed."""
    copies = set(_copies_of(before))
    if job.file is not None and job.file.copied_for is not None:
        kept = keep_beside(path, job.file)
        job = attrs.evolve(job, file=kept)
        copies.add(kept.path)
    try:
        yield job
    finally:
        summary = await ledger.summary(job.campaign.id)
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


def _begun(
    job: Job, client: AntsClient, ledger: SqliteLedger, before: CampaignSummary | None
) -> AsyncGenerator[Outcome]:
    dispatcher = Dispatcher(
        client,
        ledger,
        chunk_size=job.options.chunk,
        concurrency=job.options.concurrency,
        suppress=job.suppress.numbers,
    )
    return dispatcher.run(
        job.campaign,
        job.recipients(ledger),
        source=job.source(before),
        canary=pending(job.canary, before),
    )


async def _send(
    run: AsyncGenerator[Outcome],
    tally: Tally,
    screen: Display,
    telling: Callable[[], Coroutine[Any, Any, None]],
) -> Ending:
    """The campaign to its end, or until it is stopped or paused; `telling` meanwhile."""
    error: AntsError | None = None
    scope = anyio.CancelScope()
    with screen:
        async with anyio.create_task_group() as helpers:
            await helpers.start(stop_on_signal, scope, screen, _STOPPING)
            helpers.start_soon(screen.keep_drawing)
            helpers.start_soon(telling)
            try:
                with scope:
                    async with aclosing(run) as outcomes:
                        async for outcome in outcomes:
                            tally.add(outcome)
            except AntsError as caught:
                error = caught
            helpers.cancel_scope.cancel()
    if isinstance(error, CampaignPaused):
        say(screen.console, f"paused: {error}")
        return Ending.HELD if isinstance(error, CanaryFailed) else Ending.PAUSED
    if error is not None:
        raise error
    return Ending.INTERRUPTED if scope.cancel_called else Ending.DONE


def _default_place(options: Options, stack: AsyncExitStack) -> Path:
    """Where the ledger is when no one says: what is simulated leaves nothing behind."""
    if not options.simulate:
        return default_ledger(create=True)
    return Path(stack.enter_context(TemporaryDirectory(prefix="ants-async-"))) / "ledger.db"


def default_ledger(*, create: bool = False) -> Path:
    """`ANTS_LEDGER`, or a file in the user's state folder, which only the user may read."""
    if given := os.environ.get("ANTS_LEDGER"):
        return Path(given)
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    folder = Path(state).expanduser() / "ants-async"
    if create:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "ledger.db"


def _how_to_resume(job: Job, ledger: Path, ending: Ending) -> str:
    if job.options.simulate:
        return (
            "its simulator ends with it, so there is nothing to resume; to try that, run "
            "'ants-async simulate' by itself and give its address as --base-url"
        )
    command = ["ants-async", "campaign", "resume", job.campaign.id, "--ledger", str(ledger)]
    command += ["--no-canary"] if ending is Ending.HELD else []
    for name, value in [("--results", job.options.results), ("--base-url", job.options.base_url)]:
        command += [name, str(value)] if value else []
    return f"to go on: {shlex.join(command)}"
