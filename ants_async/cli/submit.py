"""`ants-async campaign submit`: a list on its way to the workers, and their work watched to its end."""

import sys
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import click

from ants_async.cli.account import with_options
from ants_async.cli.announcing import announce
from ants_async.cli.controls import Controls, Suppressed, canary_options, control_options
from ants_async.cli.database import needed_database_option, with_scaleout
from ants_async.cli.ending import UNRESOLVED, Ending, conclude, exit_code
from ants_async.cli.following import followers
from ants_async.cli.inputs.layout import STDIN, Layout, layout_options
from ants_async.cli.inputs.standard import opened
from ants_async.cli.order import Order
from ants_async.cli.plan import chunk_option
from ants_async.cli.progress import Display, Reading, Tally, display
from ants_async.cli.quiet import tell_of_quiet_hours
from ants_async.cli.reading import is_typed
from ants_async.cli.refusals import INTERRUPTED, one_line_errors
from ants_async.cli.screen import CampaignScreen
from ants_async.cli.shared import suppress_in
from ants_async.cli.signals import stop_on_signal
from ants_async.cli.tables import counted
from ants_async.cli.terminal import Terminal, say
from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Recipient
from ants_async.dispatch.canary import Canary
from ants_async.dispatch.source import Recipients
from ants_async.errors import CampaignPaused

if TYPE_CHECKING:
    from ants_async.scaleout import ScaleOut, SharedCampaign

T = TypeVar("T")
_ENDINGS: Final = {
    CampaignState.FINISHED: Ending.DONE,
    CampaignState.CANCELLED: Ending.CANCELLED,
    CampaignState.PAUSED: Ending.PAUSED,
}
_LOOK: Final = 1.0  # seconds between two looks, each of which sums up the whole campaign
_SHARE: Final = 10  # of the database's time, one in so many at most goes into looks
text_options: Final = with_options(
    click.option("--sender", help="The sender shown on the phone."),
    click.option("--text", help="One text for all, with columns as {fields}. [default: the column 'text']"),
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@needed_database_option
@click.option("--id", "campaign_id", required=True, help="The campaign's name.")
@text_options
@layout_options
@control_options
@canary_options
@click.option("--strict", is_flag=True, help="Send nothing when any row is bad.")
@chunk_option()
@click.option("--by-worker", is_flag=True, help="A worker reads FILE, at a path that is the same for all.")
@click.option("--wait", is_flag=True, help="Watch it until everybody has had the last word.")
def submit(
    *,
    file: Path,
    database: str,
    campaign_id: str,
    sender: str | None,
    text: str | None,
    layout: Layout,
    controls: Controls,
    make_canary: Callable[[], Canary | None],
    strict: bool,
    chunk: int,
    by_worker: bool,
    wait: bool,
) -> None:
    """Hand FILE, of any kind that `campaign run` reads, over to the workers; '-' is standard input.

    The same command again goes on with the same campaign: nobody is texted twice. Exit codes with --wait are
    those of `campaign run`; Ctrl-C then ends the watching alone.
    """
    with one_line_errors():
        for name in ("strict", "chunk", "canary"):
            if by_worker and is_typed(name):
                raise click.UsageError(f"--by-worker and --{name} exclude each other: FILE is not read here")
        wanted = controls.campaign(campaign_id, text=text, sender=sender, time_zone=layout.time_zone)
        canary, suppress = make_canary(), Suppressed.read(controls.suppress, layout.region)
        if by_worker and file == STDIN:
            raise click.UsageError("--by-worker needs a FILE: no worker can read this standard input")
        with opened(file, layout, wanted) as source:
            check = None if by_worker else source.check(source.listing(Path(), "rejects"), strict=strict)
            order = Order(campaign=wanted, file=source, check=check, suppress=suppress, canary=canary)
            sys.exit(
                with_scaleout(database, lambda there: hand_over(there, order, wait=wait), chunk_size=chunk)
            )


async def hand_over(scaleout: "ScaleOut", order: Order, *, wait: bool = False) -> int:
    """Its list into the database, from where workers send it; the exit code. `wait`: for their work, too."""
    if order.follows is None:
        return await _hand_over(scaleout, order, wait=wait)
    followed = order.follows.campaign_id
    refusal = f"another campaign that follows {followed!r} is being read at this moment: wait for it"
    async with scaleout.ledger.alone_with(f"follow-ups of {followed}", refusal):
        return await _hand_over(scaleout, order, wait=wait)


async def _hand_over(scaleout: "ScaleOut", order: Order, *, wait: bool) -> int:
    console = Terminal()
    before = await scaleout.ledger.summary(order.campaign.id)
    order.check_after(before)
    announce(console, order, before)
    if order.suppress.numbers is not None:  # what follows it may be at work
        following = await followers(scaleout.ledger, order.campaign.id)
        await suppress_in(scaleout, following, order.suppress.numbers)
    campaign = await _submit(scaleout, order, console, before)
    if isinstance(campaign, CampaignPaused):
        say(console, f"paused: {campaign}")
        return UNRESOLVED
    if campaign is None:
        say(console, "what was read is sent; the same command again goes on with the rest")
        return INTERRUPTED
    if not wait:
        return 0
    tally = Tally.after(before, order.rows)
    screen = display(tally, console, lambda: CampaignScreen(tally, console, title=campaign.id))
    telling = _telling(scaleout, order, console)
    ending = await _watched(lambda: _watch(campaign, tally), screen, "watching no more", telling)
    if ending is None:
        where = " --database …" if is_typed("database") else ""
        say(console, f"the workers go on; to look: ants-async campaign status {campaign.id}{where}")
        return INTERRUPTED
    summary = await campaign.summary()
    if summary.reason:
        say(console, f"{ending.value}: {summary.reason}")
    conclude(console, ending, summary, tally, order.bad_rows)
    return exit_code(ending, summary)


async def _submit(
    scaleout: "ScaleOut", order: Order, console: Terminal, before: CampaignSummary | None
) -> "SharedCampaign | CampaignPaused | None":
    """None when it was stopped."""
    source, canary = order.source(before), order.canary_after(before)
    suppress = await order.all_suppressed(scaleout.ledger, before)
    people = None if order.check is None else order.recipients(scaleout.ledger)
    if people is None:
        return await scaleout.submit(order.campaign, None, source=source, suppress=suppress)
    reading, api = Reading(order.rows), await order.sent_by(scaleout.ledger)
    counted_people = _counted(people, reading)
    campaign = scaleout.campaign(order.campaign.id)
    if canary is not None:
        say(console, f"the first {canary.count:,} go ahead; the others follow when these have arrived")

    async def read() -> "SharedCampaign | CampaignPaused":
        async with anyio.create_task_group() as helpers:
            helpers.start_soon(_count_requests, campaign, reading)
            try:
                await scaleout.submit(
                    order.campaign,
                    counted_people,
                    source=source,
                    canary=canary,
                    suppress=suppress,
                    api=api,
                )
            except CampaignPaused as paused:
                return paused  # raised here, the task groups would wrap it
            finally:
                helpers.cancel_scope.cancel()
        reading.requests = await campaign.requests()
        return campaign

    stopping, telling = "stopping once what was read is in the database", _telling(scaleout, order, console)
    done = await _watched(read, display(reading, console), stopping, telling)
    if done is not None and not isinstance(done, CampaignPaused):
        summary = await campaign.summary()
        say(
            console,
            f"{counted(summary.total, 'recipient')} in the database · requests {reading.requests:,}",
        )
    return done


def _telling(
    scaleout: "ScaleOut", order: Order, console: Terminal
) -> Callable[[], Coroutine[Any, Any, None]]:
    look = partial(scaleout.ledger.summary, order.campaign.id)
    return partial(tell_of_quiet_hours, console, order.campaign.quiet_hours, look)


async def _watched(
    work: Callable[[], Awaitable[T]],
    screen: Display,
    stopping: str,
    *meanwhile: Callable[[], Coroutine[Any, Any, None]],
) -> T | None:
    """Work on screen; None when a signal has stopped it."""
    done = None
    with screen:
        async with anyio.create_task_group() as helpers:
            scope = anyio.CancelScope()
            await helpers.start(stop_on_signal, scope, screen, stopping)
            for one in (screen.keep_drawing, *meanwhile):
                helpers.start_soon(one)
            with scope:
                done = await work()
            helpers.cancel_scope.cancel()
    return done


def _counted(people: Recipients, reading: Reading) -> Recipients:
    """The same, and every one is noted as it is read."""
    if isinstance(people, AsyncIterable):
        return _counted_as_they_come(people, reading)

    def counting() -> Iterator[Recipient]:
        for one in people:
            reading.rows += 1
            yield one

    return counting()


async def _counted_as_they_come(
    people: AsyncIterable[Recipient], reading: Reading
) -> AsyncIterator[Recipient]:
    async for one in people:
        reading.rows += 1
        yield one


async def _count_requests(campaign: "SharedCampaign", reading: Reading) -> None:
    while True:
        await anyio.sleep(_LOOK)
        reading.requests = await campaign.requests()


async def _watch(campaign: "SharedCampaign", tally: Tally) -> Ending:
    """Until it ends, or pauses."""
    while True:
        began = anyio.current_time()
        summary: CampaignSummary = await campaign.summary()
        tally.see(summary)
        if summary.state in _ENDINGS:
            return _ENDINGS[summary.state]
        took = anyio.current_time() - began
        await anyio.sleep(max(_LOOK, took * _SHARE))
