"""`ants-async campaign follow-up`: again to whom a campaign did not reach, as a campaign of its own."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import attrs
import click

from ants_async.cli.announcing import of_unclear
from ants_async.cli.controls import Suppressed, suppress_options
from ants_async.cli.database import (
    database_option,
    either,
    find,
    is_database,
    refuse_beside_database,
    with_scaleout,
)
from ants_async.cli.files import Check
from ants_async.cli.following import Follows, name_of_next
from ants_async.cli.job import check_world, execute
from ants_async.cli.kept import unread_of
from ants_async.cli.options import Options, sending_options
from ants_async.cli.order import Order
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.submit import hand_over
from ants_async.cli.tables import counted
from ants_async.dispatch.campaign import CampaignState, CampaignSummary
from ants_async.dispatch.follow_up import WORTH_ANOTHER_TRY
from ants_async.models.codes import Advice


@click.command("follow-up")
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
@database_option
@suppress_options
@sending_options
def follow_up_(
    *,
    campaign_id: str,
    new_id: str | None,
    advice: Sequence[str],
    database: str | None,
    make_suppressed: Callable[[], Suppressed],
    **sending: Any,
) -> None:
    """Send again to whom campaign ID did not reach, and may reach now: a new campaign, with ids of its own.

    They are in the ledger, each with the text; with --database the workers send to them. The same command
    again continues the same follow-up. Of a campaign that was cancelled also to those whom it left unsent.
    """
    with one_line_errors():
        shared = database if is_database(sending["ledger"], database) else None
        if shared is not None:
            refuse_beside_database(*sending.keys() - {"chunk"})
        options, suppress = Options.of(sending), make_suppressed()
        follows = Follows(campaign_id, [Advice(one) for one in advice])
        before, name, goes_on, places = anyio.run(_look, options.ledger, shared, follows, new_id)
        count = places.pop(None, 0)
        if shared is None:
            check_world(options, before)
        if not before.source_read and (unread := unread_of(before)) != 0:
            rest = "the rest" if unread is None else f"up to {counted(unread, 'recipient')}"
            click.echo(f"campaign {campaign_id}: {rest} of its list not looked at, and not among these")
        if before.suppression_size:
            click.echo(f"not to {counted(before.suppression_size, 'number')} of the lists of {campaign_id}")
        for other, members in places.items():
            click.echo(
                f"{counted(members, 'recipient')} in {other} already, and not among these; to whom that does "
                f"not reach: ants-async campaign follow-up {other}"
            )
        if before.unclear:
            click.echo(f"{of_unclear(before, by_workers=shared is not None)}; until then not among these")
        if not count and not goes_on:
            click.echo(f"campaign {campaign_id}: nobody to send to again")
            return
        if before.state is CampaignState.CANCELLED and before.planned and Advice.RETRY_LATER in advice:
            click.echo(f"campaign {campaign_id} was cancelled: whom it did not send to count as not reached")
        order = Order(
            campaign=attrs.evolve(before.campaign, id=name, text=None, send_at=None),
            file=None,
            check=Check(count),
            suppress=suppress,
            follows=follows,
        )
        if shared is None:
            sys.exit(anyio.run(execute, order, options))
        sys.exit(with_scaleout(shared, lambda there: hand_over(there, order), chunk_size=options.chunk))


async def _look(
    ledger: Path | None, database: str | None, follows: Follows, new_id: str | None
) -> tuple[CampaignSummary, str, bool, Counter[str | None]]:
    """The campaign; the one that follows it, and whether that is at work; whom it did not reach, by place."""
    async with either(ledger, database) as found:
        before = await find(found, follows.campaign_id)
        name = await name_of_next(found, before, new_id)
        places = Counter([place async for _, place in follows.all_with_place(found, name)])
        after = await found.summary(name)
        return before, name, after is not None and not after.is_done, places
