"""`ants-async campaign report`: what became of a campaign, as a page that needs nothing else."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import anyio
import click

from ants_async.cli.database import either, either_option, find
from ants_async.cli.files import RecipientFile
from ants_async.cli.kept import file_from, unread_of
from ants_async.cli.plan import price_of
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.writing import check_place, replacing
from ants_async.dispatch.campaign import CampaignSummary
from ants_async.errors import AntsError
from ants_async.report import Figures, Look, Price, reckon, render
from ants_async.report.page import BEGINS


@click.command()
@click.argument("campaign_id", metavar="ID")
@either_option
@click.option(
    "--output", type=click.Path(path_type=Path), help="Where to write it. [default: ID.report.html]"
)
@click.option("--open", "open_it", is_flag=True, help="Show it in the browser.")
@click.option("--price", help="Of one part, e.g. 0.50, for messages whose reports name none.")
@click.option("--currency", default="THB", show_default=True, help="Of the price.")
@click.option(
    "--lang",
    type=click.Choice(["en", "th"]),
    default="en",
    show_default=True,
    help="The language it opens in; the page has both.",
)
@click.option("--mask-numbers", is_flag=True, help="Show only the ends of numbers, and no message ids.")
def report(
    *,
    campaign_id: str,
    ledger: Path | None,
    database: str | None,
    output: Path | None,
    open_it: bool,
    price: str | None,
    currency: str,
    lang: str,
    mask_numbers: bool,
) -> None:
    """Write what became of campaign ID as an HTML page, to keep, to send, to print; also while it runs.

    The page is one file and fetches nothing.
    """

    async def ask() -> tuple[CampaignSummary, Figures]:
        async with either(ledger, database) as found:
            await find(found, campaign_id)
            return await reckon(found, campaign_id)

    with one_line_errors():
        a_part = None if price is None else Price(price_of(price), currency)
        target = output or Path(f"{campaign_id}.report.html")
        check_place("--output", target, "a report", BEGINS.encode())
        summary, figures = anyio.run(ask)
        now = datetime.now(UTC).astimezone()
        look = Look(
            made_at=now,
            zone=now.tzinfo or UTC,
            language=lang,
            masked=mask_numbers,
            price=a_part,
            source=_name_of_list(summary),
            unread=unread_of(summary),
        )
        with replacing(target) as file:
            file.write(render(summary, figures, look))
        click.echo(f"report: {target}")
        if open_it:
            webbrowser.open(target.absolute().as_uri())


def _name_of_list(summary: CampaignSummary) -> str | None:
    """The name of its file: where that stands is nobody's concern who reads the page."""
    file = readable_file(summary)
    return None if file is None else Path(file.called).name


def readable_file(summary: CampaignSummary) -> RecipientFile | None:
    """The file a campaign was read from; None where there is none that this installation could read."""
    try:
        return file_from(summary)
    except AntsError:
        return None
