"""`ants-async campaign`: run, resume, status, list, results; for workers see `submit` and `shared`."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import anyio
import click

from ants_async.cli.announcing import of_unclear
from ants_async.cli.controls import Controls, Suppressed, canary_options, control_options, suppress_options
from ants_async.cli.database import (
    campaigns_in,
    database_option,
    either,
    either_option,
    find,
    is_database,
    refuse_beside_database,
    summary_in,
)
from ants_async.cli.files import Check, RecipientFile
from ants_async.cli.follow_up import follow_up_
from ants_async.cli.following import Follows
from ants_async.cli.inputs.layout import STDIN, Layout, layout_options
from ants_async.cli.inputs.standard import opened
from ants_async.cli.job import default_id, execute, needs_file
from ants_async.cli.kept import canary_of, file_from, kept_of, size_of
from ants_async.cli.options import Options, resuming_options, sending_options
from ants_async.cli.order import Order
from ants_async.cli.overview import show_all, show_one
from ants_async.cli.plan import plan
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.report import report
from ants_async.cli.results import check_target, write_results
from ants_async.cli.shared import cancel, outcomes, pause, resume_shared, suppress
from ants_async.cli.submit import submit, text_options
from ants_async.dispatch import Canary
from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Mode
from ants_async.errors import ConfigurationError

_PATH: Final = click.Path(path_type=Path)
_json_option = click.option("--json", "in_json", is_flag=True, help="As JSON.")


@click.group()
def campaign() -> None:
    """Send a text to many; watch, stop and continue it."""


for command in (plan, submit, follow_up_, pause, suppress, cancel, outcomes, report):
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
@sending_options
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
        options = Options.of(sending)
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
            order = Order(campaign=wanted, file=source, check=check, suppress=suppress, canary=canary)
            sys.exit(anyio.run(execute, order, options))


@campaign.command()
@click.argument("campaign_id", metavar="ID")
@database_option
@click.option("--no-canary", is_flag=True, help="Send to the others though too many of the first failed.")
@suppress_options
@resuming_options
def resume(
    campaign_id: str,
    database: str | None,
    *,
    no_canary: bool,
    make_suppressed: Callable[[], Suppressed],
    **sending: Any,
) -> None:
    """Go on with campaign ID where it stopped; its file and text are in the ledger.

    With --database the workers go on with it, and this command is done.
    """
    with one_line_errors():
        if database and is_database(sending["ledger"], database):
            refuse_beside_database("no_canary", "suppress", *sending)
            show_one(resume_shared(database, campaign_id), in_json=False)
            return
        summary = summary_in(sending["ledger"], None, campaign_id)
        options = Options.of(sending, kept_of(summary))
        is_over = summary.state is CampaignState.CANCELLED
        follows = None if is_over else Follows.of(summary)
        file = _file_of(summary) if needs_file(summary) and follows is None and not is_over else None
        order = Order(
            campaign=summary.campaign,
            file=file,
            check=Check(size_of(summary)) if file is None else _check(file, options),
            suppress=make_suppressed(),
            canary=None if no_canary else canary_of(summary),
            follows=follows,
        )
        sys.exit(anyio.run(execute, order, options))


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

    async def write() -> tuple[int, CampaignSummary]:
        async with either(ledger, database) as found:
            summary = await find(found, campaign_id)
            return await write_results(file, found.outcomes(campaign_id)), summary

    with one_line_errors():
        check_target(file, option="FILE")
        written, summary = anyio.run(write)
        click.echo(f"results: {written:,} rows in {file}")
        if summary.unclear:
            told = of_unclear(summary, by_workers=is_database(ledger, database))
            click.echo(f"{told}; until then not among these")


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
