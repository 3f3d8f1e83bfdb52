"""`ants-async campaign`: run, resume, status, list, results; for workers see `submit` and `shared`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import anyio
import attrs
import click

from ants_async.cli.account import with_options
from ants_async.cli.controls import Controls, Suppressed, canary_options, control_options
from ants_async.cli.database import (
    campaigns_in,
    database_option,
    either,
    either_option,
    find,
    is_database,
    ledger_option,
    refuse_beside_database,
    summary_in,
)
from ants_async.cli.files import Check, RecipientFile
from ants_async.cli.inputs.layout import STDIN, Layout, layout_options
from ants_async.cli.inputs.standard import opened
from ants_async.cli.job import Job, Options, check_world, count_of, default_id, execute, needs_file, next_id
from ants_async.cli.kept import (
    Follows,
    canary_of,
    file_from,
    follows_of,
    kept_of,
    suppressed_of,
    unread_of,
)
from ants_async.cli.overview import show_all, show_one
from ants_async.cli.plan import chunk_option, plan
from ants_async.cli.reading import is_typed
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.report import report
from ants_async.cli.results import check_target, write_results
from ants_async.cli.shared import cancel, outcomes, pause, resume_shared
from ants_async.cli.submit import submit, text_options
from ants_async.cli.tables import counted
from ants_async.dispatch import Canary
from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Mode
from ants_async.dispatch.follow_up import WORTH_ANOTHER_TRY
from ants_async.errors import ConfigurationError
from ants_async.models.codes import Advice

_PATH: Final = click.Path(path_type=Path)
_json_option = click.option("--json", "in_json", is_flag=True, help="As JSON.")


_sending_options = with_options(
    ledger_option,
    click.option("--results", type=_PATH, help="Where results go, a row a recipient: .jsonl or .csv."),
    chunk_option,
    click.option(
        "--concurrency", type=click.IntRange(1), default=8, show_default=True, help="Requests in flight."
    ),
    click.option("--rate", default="adaptive", show_default=True, help="Requests: 'adaptive', or 100/1s."),
    click.option("--base-url", metavar="URL", help="The API's address. [default: $ANTS_BASE_URL]"),
    click.option("--simulate", is_flag=True, help="Send to a simulator started for this run, for free."),
)


_PACES: Final = ("rate", "chunk", "concurrency")


@click.group()
def campaign() -> None:
    """Send a text to many; watch, stop and continue it."""


for command in (plan, submit, pause, cancel, outcomes, report):
    campaign.add_command(command)


@campaign.command()
@click.argument("file", type=_PATH)
@click.option("--id", "campaign_id", help="The campaign's name. [default: from file, sender, text and mode]")
@text_options
@layout_options
@control_options
@canary_options
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.ADVANCED.value,
    show_default=True,
    help="The endpoint; 'multi' has no message ids, so the logs decide after an unclear answer.",
)
@click.option("--strict", is_flag=True, help="Send nothing when any row is bad.")
@click.option(
    "--store-texts/--no-store-texts",
    default=True,
    help="Whether the ledger keeps personal texts; without, FILE is needed to go on. [default: it does]",
)
@_sending_options
def run(
    *,
    file: Path,
    campaign_id: str | None,
    sender: str | None,
    text: str | None,
    layout: Layout,
    controls: Controls,
    make_canary: Callable[[], Canary | None],
    mode: str,
    strict: bool,
    **sending: Any,
) -> None:
    """Send a text to everybody in FILE: CSV with a header, JSON lines, Parquet; CSV and JSON also as .gz.

    '-' is standard input. The same command again continues the same campaign: nobody is texted twice. Ctrl-C
    stops it safely.
    """
    with one_line_errors():
        options = _options(sending)
        if file == STDIN and campaign_id is None:
            raise ConfigurationError("standard input has no name to make an id from: give --id")
        identity = default_id(file, sender, text, Mode(mode)) if campaign_id is None else campaign_id
        wanted = controls.campaign(
            identity, text=text, sender=sender, mode=Mode(mode), time_zone=layout.time_zone
        )
        if wanted.mode is Mode.MULTI and layout.own_columns:
            raise ConfigurationError("--sender-column and --send-at-column want --mode advanced")
        canary, suppress = make_canary(), Suppressed.read(controls.suppress, layout.region)
        with opened(file, layout, wanted) as source:
            check = _check(source, options, strict=strict)
            job = Job(
                campaign=wanted,
                file=source,
                check=check,
                options=options,
                suppress=suppress,
                canary=canary,
            )
            sys.exit(anyio.run(execute, job))


@campaign.command()
@click.argument("campaign_id", metavar="ID")
@database_option
@click.option("--no-canary", is_flag=True, help="Send to the others though too many of the first failed.")
@_sending_options
def resume(campaign_id: str, database: str | None, *, no_canary: bool, **sending: Any) -> None:
    """Go on with campaign ID where it stopped; its file and text are in the ledger.

    With --database the workers go on with it, and this command is done.
    """
    with one_line_errors():
        if database and is_database(sending["ledger"], database):
            refuse_beside_database("no_canary", *sending)
            show_one(resume_shared(database, campaign_id), in_json=False)
            return
        summary = summary_in(sending["ledger"], None, campaign_id)
        options = _options(sending, kept_of(summary))
        is_over = summary.state is CampaignState.CANCELLED
        follows = None if is_over else follows_of(summary)
        file = _file_of(summary) if needs_file(summary) and follows is None and not is_over else None
        if file is not None:
            check = _check(file, options)
        else:
            check = Check(summary.total if follows is None else anyio.run(count_of, options.ledger, follows))
        job = Job(
            campaign=summary.campaign,
            file=file,
            check=check,
            options=options,
            suppress=suppressed_of(summary),
            canary=None if no_canary else canary_of(summary),
            follows=follows,
        )
        sys.exit(anyio.run(execute, job))


@campaign.command("follow-up")
@click.argument("campaign_id", metavar="ID")
@click.option("--id", "new_id", help="Of the new campaign. [default: ID.2, or the next number]")
@click.option(
    "--advice",
    type=click.Choice([one.value for one in Advice if one not in {Advice.NOTHING, Advice.WAIT}]),
    multiple=True,
    default=sorted(map(str, WORTH_ANOTHER_TRY)),
    show_default=True,
    help="Whom: by what is to be done about them. 'top_up' alone after the account was topped up.",
)
@_sending_options
def follow_up_(campaign_id: str, new_id: str | None, advice: Sequence[str], **sending: Any) -> None:
    """Send again to whom campaign ID did not reach, and may reach now: a new campaign, with ids of its own.

    They are in the ledger, each with the text. The same command again continues the same follow-up.
    """
    with one_line_errors():
        options = _options(sending)
        before = summary_in(options.ledger, None, campaign_id)
        check_world(options, before)
        if not before.source_read and (unread := unread_of(before)) != 0:
            rest = "the rest" if unread is None else f"up to {counted(unread, 'recipient')}"
            click.echo(f"campaign {campaign_id}: {rest} of its list not looked at, and not among these")
        follows = Follows(campaign_id, [Advice(one) for one in advice])
        count = anyio.run(count_of, options.ledger, follows)
        if not count:
            click.echo(f"campaign {campaign_id}: nobody to send to again")
            return
        found = anyio.run(next_id, options.ledger, before) if new_id is None else new_id
        wanted = attrs.evolve(before.campaign, id=found, text=None, send_at=None)
        job = Job(
            campaign=wanted,
            file=None,
            check=Check(count),
            options=options,
            suppress=suppressed_of(before),
            follows=follows,
        )
        sys.exit(anyio.run(execute, job))


@campaign.command()
@click.argument("campaign_id", metavar="[ID]", required=False)
@either_option
@_json_option
def status(campaign_id: str | None, ledger: Path | None, database: str | None, in_json: bool) -> None:
    """Show how far campaign ID is, also while it runs; without ID all campaigns."""
    with one_line_errors():
        if campaign_id is None:
            show_all(campaigns_in(ledger, database), in_json=in_json)
        else:
            show_one(summary_in(ledger, database, campaign_id), in_json=in_json)


@campaign.command("list")
@either_option
@_json_option
def list_(ledger: Path | None, database: str | None, in_json: bool) -> None:
    """Show all campaigns of a ledger, or of a database."""
    with one_line_errors():
        show_all(campaigns_in(ledger, database), in_json=in_json)


@campaign.command()
@click.argument("campaign_id", metavar="ID")
@click.argument("file", type=_PATH)
@either_option
def results(campaign_id: str, file: Path, ledger: Path | None, database: str | None) -> None:
    """Write what is known of campaign ID to FILE, a row a recipient: .jsonl or .csv."""

    async def write() -> int:
        async with either(ledger, database) as found:
            await find(found, campaign_id)
            return await write_results(file, found.outcomes(campaign_id))

    with one_line_errors():
        check_target(file, option="FILE")
        click.echo(f"results: {anyio.run(write):,} rows in {file}")


def _options(sending: dict[str, Any], kept: Mapping[str, Any] | None = None) -> Options:
    """The options, checked as far as that goes without the network; `kept`: those of an earlier run."""
    paces = {name: value for name, value in (kept or {}).items() if name in _PACES}
    paces |= {name: sending[name] for name in _PACES if is_typed(name)}
    options = Options(**sending | paces, kept=paces)
    if options.simulate and options.base_url:
        raise click.UsageError("--simulate and --base-url exclude each other")
    if options.results is not None:
        check_target(options.results)
    if options.ledger is not None and not options.ledger.absolute().parent.is_dir():
        raise ConfigurationError(f"--ledger {options.ledger}: there is no such folder")
    return options


def _check(file: RecipientFile, options: Options, *, strict: bool = False) -> Check:
    """Look through the file; its bad rows are written beside the results."""
    results = options.results
    folder = results.parent if results is not None else Path()
    rejects = file.listing(folder, "rejects")
    changed = file.listing(folder, "changed")
    for other, use in (
        (file.path, "the recipients"),
        (rejects, "the bad rows"),
        (changed, "the changed numbers"),
    ):
        if results is not None and results.resolve() == other.resolve():
            raise ConfigurationError(f"--results {results}: is the file for {use}")
    return file.check(rejects, strict=strict)


def _file_of(summary: CampaignSummary) -> RecipientFile:
    """The file a campaign still has to read."""
    name = summary.campaign.id
    file = file_from(summary)
    if file is None:
        raise ConfigurationError(
            f"campaign {name!r} was not started from a file: its own program continues it"
        )
    if not file.path.exists():
        raise ConfigurationError(
            f"{file.path} is gone and was not read to its end: put it back, or give the list again with "
            f"'ants-async campaign run FILE --id {name}' and the same text, sender and mode"
        )
    return file
