"""`ants-async campaign submit, pause, resume, cancel, outcomes`: campaigns that workers send."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import click
from rich.console import Console

from ants_async.cli.database import needed_database_option
from ants_async.cli.files import Check, RecipientFile
from ants_async.cli.job import source_of
from ants_async.cli.overview import show_one
from ants_async.cli.plan import chunk_option
from ants_async.cli.progress import Tally, display, say
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.results import as_row
from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Recipient
from ants_async.errors import ConfigurationError
from ants_async.extras import needing_extra

if TYPE_CHECKING:
    from ants_async.scaleout import ScaleOut, SharedCampaign

T = TypeVar("T")
_PATH = click.Path(path_type=Path)
_PAUSED = 3  # as of a campaign in one process


def with_scaleout(database: str, use: "Callable[[ScaleOut], Awaitable[T]]", **options: Any) -> T:
    """What comes of it; an error is one line and an exit code."""
    with needing_extra("scaleout"):
        from ants_async.scaleout import ScaleOut  # noqa: PLC0415

    async def run() -> T:
        async with ScaleOut(database, **options) as scaleout:
            return await use(scaleout)

    return anyio.run(run)


def shared_campaigns(database: str) -> Sequence[CampaignSummary]:
    """All campaigns of a database."""
    return with_scaleout(database, lambda scaleout: scaleout.campaigns())


@click.command()
@click.argument("file", type=_PATH)
@needed_database_option
@click.option("--id", "campaign_id", required=True, help="The campaign's name.")
@click.option("--sender", help="The sender shown on the phone.")
@click.option("--text", help="One text for all, with columns as {fields}. [default: the column 'text']")
@click.option("--to-column", default="to", show_default=True, help="The column with the numbers.")
@click.option("--strict", is_flag=True, help="Send nothing when any row is bad.")
@chunk_option
@click.option("--by-worker", is_flag=True, help="A worker reads FILE, from a place that all of them see.")
@click.option("--wait", is_flag=True, help="Watch it until everybody has had the last word.")
def submit(
    *,
    file: Path,
    database: str,
    campaign_id: str,
    sender: str | None,
    text: str | None,
    to_column: str,
    strict: bool,
    chunk: int,
    by_worker: bool,
    wait: bool,
) -> None:
    """Hand FILE, a CSV file with a header, over to the workers.

    The same command again goes on with the same campaign: nobody is texted twice.
    """
    console = Console()
    with one_line_errors():
        wanted = Campaign(campaign_id, text=text, sender=sender)
        source = RecipientFile(file.absolute(), to_column, wanted.template)
        check = source.check(Path(f"{file.stem}.rejects.csv"), strict=strict)
        if check.bad:
            say(console, f"bad rows: {check.bad:,} left out, listed in {check.rejects}")

        async def hand_over(scaleout: "ScaleOut") -> CampaignState:
            with console.status(f"campaign {campaign_id}: {check.good:,} recipients") as status:
                people = None if by_worker else _counted(source.recipients(), check, status.update)
                campaign = await scaleout.submit(
                    wanted, people, source=json.dumps(source_of(source), ensure_ascii=False)
                )
            what = "named to the workers" if by_worker else "in the database"
            say(console, f"campaign {campaign_id}: {check.good:,} recipients {what}")
            return await _watch(campaign, check.good, console) if wait else CampaignState.RUNNING

        if with_scaleout(database, hand_over, chunk_size=chunk) is CampaignState.PAUSED:
            sys.exit(_PAUSED)


def _counted(people: Iterable[Recipient], check: Check, show: Callable[[str], None]) -> Iterator[Recipient]:
    for number, one in enumerate(people, 1):
        if not number % 10_000:
            show(f"{number:,} of {check.good:,} recipients are in the database")
        yield one


async def _watch(campaign: "SharedCampaign", total: int, console: Console) -> CampaignState:
    """Draw how far it is until it ends, or pauses."""
    with display(Tally(total), console) as screen:
        async with anyio.create_task_group() as helpers:
            helpers.start_soon(screen.keep_drawing)
            helpers.start_soon(_stop_when_paused, campaign, helpers.cancel_scope)
            async for outcome in campaign.outcomes():
                screen.tally.add(outcome)
            helpers.cancel_scope.cancel()
    summary = await campaign.summary()
    if summary.reason:
        say(console, f"{summary.state.value}: {summary.reason}")
    return summary.state


async def _stop_when_paused(campaign: "SharedCampaign", scope: anyio.CancelScope) -> None:
    while (await campaign.summary()).state is not CampaignState.PAUSED:  # noqa: ASYNC110 - others pause it
        await anyio.sleep(0.5)
    scope.cancel()


def _changed(
    database: str, campaign_id: str, change: "Callable[[SharedCampaign], Awaitable[None]]"
) -> CampaignSummary:
    async def use(scaleout: "ScaleOut") -> CampaignSummary:
        campaign = scaleout.campaign(campaign_id)
        await change(campaign)
        return await campaign.summary()

    return with_scaleout(database, use)


def resume_shared(database: str, campaign_id: str) -> CampaignSummary:
    """Let the workers go on with it."""
    return _changed(database, campaign_id, lambda campaign: campaign.resume())


@click.command()
@click.argument("campaign_id", metavar="ID")
@needed_database_option
def pause(campaign_id: str, database: str) -> None:
    """Begin no more of campaign ID; what has begun comes to its end."""
    with one_line_errors():
        show_one(_changed(database, campaign_id, lambda campaign: campaign.pause()), in_json=False)


@click.command()
@click.argument("campaign_id", metavar="ID")
@needed_database_option
def cancel(campaign_id: str, database: str) -> None:
    """Pause campaign ID for good: what is not sent by now never will be."""
    with one_line_errors():
        show_one(_changed(database, campaign_id, lambda campaign: campaign.cancel()), in_json=False)


@click.command()
@click.argument("campaign_id", metavar="ID")
@needed_database_option
@click.option("--after", metavar="CURSOR", help="Go on after the line with this cursor.")
@click.option("--consumer", metavar="NAME", help="Go on where NAME left off; the database keeps the place.")
def outcomes(campaign_id: str, database: str, after: str | None, consumer: str | None) -> None:
    """Show outcomes of campaign ID as they come, a line of JSON each, until it ends.

    A recipient comes once for each step: accepted or rejected, then final or unresolved.
    """

    async def show(scaleout: "ScaleOut") -> None:
        async with scaleout.campaign(campaign_id).outcomes(after=after, consumer=consumer) as stream:
            async for outcome in stream:
                row = {"cursor": str(stream.cursor), **as_row(outcome)}
                click.echo(json.dumps(row, ensure_ascii=False))

    with one_line_errors():
        if after and consumer:
            raise ConfigurationError("--after and --consumer exclude each other")
        with_scaleout(database, show)
