"""`ants-async campaign pause, suppress, cancel, outcomes`: but for `cancel`, of what workers send."""

import json
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
from anyio.abc import TaskStatus

from ants_async.cli.announcing import of_unclear
from ants_async.cli.calling_off import call_off
from ants_async.cli.controls import Suppressed
from ants_async.cli.database import (
    default_ledger,
    either_option,
    is_database,
    needed_database_option,
    with_scaleout,
)
from ants_async.cli.following import followed_by, followers, suppressed_before
from ants_async.cli.overview import show_one
from ants_async.cli.refusals import INTERRUPTED, one_line_errors
from ants_async.cli.results import as_row
from ants_async.cli.tables import counted
from ants_async.dispatch import SuppressionList
from ants_async.dispatch.campaign import CampaignSummary
from ants_async.errors import ConfigurationError

if TYPE_CHECKING:
    from ants_async.scaleout import OutcomeStream, ScaleOut, SharedCampaign


def resume_shared(database: str, campaign_id: str) -> CampaignSummary:
    """Let the workers go on with it; one that follows another goes by the lists that has by now."""

    async def go_on(scaleout: "ScaleOut") -> CampaignSummary:
        campaign = scaleout.campaign(campaign_id)
        before = await campaign.summary()
        numbers = await suppressed_before(scaleout.ledger, followed_by(before))
        if numbers:
            await campaign.suppress(numbers)
        await campaign.resume()
        return await campaign.summary()

    return with_scaleout(database, go_on)


async def suppress_in(
    scaleout: "ScaleOut", campaigns: Sequence[str], numbers: SuppressionList
) -> Sequence[CampaignSummary]:
    """In several of them."""
    changed = []
    for name in campaigns:
        campaign = scaleout.campaign(name)
        await campaign.suppress(numbers)
        changed.append(await campaign.summary())
    return changed


@click.command()
@click.argument("campaign_id", metavar="ID")
@either_option
def pause(campaign_id: str, ledger: Path | None, database: str | None) -> None:
    """Begin no more of campaign ID, which workers send; what has begun comes to its end.

    One that a command sends is paused by Ctrl-C, or SIGTERM, there.
    """
    with one_line_errors():
        if not database or (ledger is not None and not is_database(ledger, database)):
            raise ConfigurationError(
                "what workers send is paused in their --database; a run over a ledger is paused by Ctrl-C, "
                f"or SIGTERM, where it runs, and 'ants-async campaign resume {campaign_id}' goes on"
            )
        show_one(_changed(database, campaign_id, lambda campaign: campaign.pause()), in_json=False)


@click.command()
@click.argument("campaign_id", metavar="ID")
@either_option
def cancel(campaign_id: str, ledger: Path | None, database: str | None) -> None:
    """End campaign ID for good, also while it runs: what is not sent by now never will be.

    What the API has it sends, also what is scheduled. `campaign resume` still asks for reports of that.
    """
    with one_line_errors():
        by_workers = bool(database) and is_database(ledger, database)
        if database and by_workers:
            now = _changed(database, campaign_id, lambda campaign: campaign.cancel())
        else:
            now = anyio.run(call_off, ledger or default_ledger(), campaign_id)
        show_one(now, in_json=False)
        if now.unclear:
            click.echo(of_unclear(now, by_workers=by_workers))
        if now.accepted:
            click.echo(
                f"{now.accepted:,} the API has already: they are sent, also those that are scheduled, and no "
                "call takes them back"
            )


@click.command()
@click.argument("campaign_id", metavar="ID")
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--region", metavar="TH", help="The country of numbers without one.")
@needed_database_option
def suppress(campaign_id: str, file: Sequence[Path], region: str | None, database: str) -> None:
    """Text the numbers of FILE, a number a line, no more in campaign ID, nor in those that follow it.

    Also while workers send them: whoever is not sent to by now is rejected unsent. A run over a ledger is
    given them by `campaign resume --suppress`.
    """
    with one_line_errors():
        numbers = Suppressed.read(file, region).numbers or SuppressionList()

        async def in_all(scaleout: "ScaleOut") -> Sequence[CampaignSummary]:
            names = (campaign_id, *await followers(scaleout.ledger, campaign_id))
            return await suppress_in(scaleout, names, numbers)

        for now in with_scaleout(database, in_all):
            click.echo(f"campaign {now.campaign.id}: not to {counted(now.suppression_size, 'number')} by now")


@click.command()
@click.argument("campaign_id", metavar="ID")
@needed_database_option
@click.option("--after", metavar="CURSOR", help="Go on after the line with this cursor.")
@click.option("--consumer", metavar="NAME", help="Go on where NAME left off; the database keeps the place.")
@click.option(
    "--follow/--no-follow", default=True, show_default=True, help="Wait for more until the campaign ends."
)
def outcomes(campaign_id: str, database: str, after: str | None, consumer: str | None, follow: bool) -> None:
    """Show outcomes of campaign ID as they come, a line of JSON each.

    A recipient comes once for each step: accepted or rejected, then final or unresolved.
    """

    async def show(scaleout: "ScaleOut") -> bool:
        campaign = scaleout.campaign(campaign_id)
        scope = anyio.CancelScope()
        async with (
            campaign.outcomes(after=after, consumer=consumer, follow=follow) as stream,
            anyio.create_task_group() as helpers,
        ):
            await helpers.start(_cancel_on_signal, scope)
            with scope:
                await _print(stream)
            helpers.cancel_scope.cancel()
        return scope.cancelled_caught

    with one_line_errors():
        if after and consumer:
            raise ConfigurationError("--after and --consumer exclude each other")
        if with_scaleout(database, show):
            sys.exit(INTERRUPTED)


async def _print(stream: "OutcomeStream") -> None:
    async for outcome in stream:
        row = {"cursor": str(stream.cursor), **as_row(outcome)}
        click.echo(json.dumps(row, ensure_ascii=False))


async def _cancel_on_signal(scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
    """Between two lines: what was printed is consumed."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()


def _changed(
    database: str, campaign_id: str, change: "Callable[[SharedCampaign], Awaitable[None]]"
) -> CampaignSummary:
    async def use(scaleout: "ScaleOut") -> CampaignSummary:
        campaign = scaleout.campaign(campaign_id)
        await change(campaign)
        return await campaign.summary()

    return with_scaleout(database, use)
