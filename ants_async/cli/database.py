"""`ants-async database`, the options that name one, and the way into it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import click

from ants_async.cli.account import with_options
from ants_async.cli.reading import is_typed
from ants_async.cli.refusals import one_line_errors
from ants_async.dispatch import SqliteLedger
from ants_async.dispatch.campaign import CampaignSummary
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.errors import ConfigurationError
from ants_async.extras import needing_extra

if TYPE_CHECKING:
    from ants_async.scaleout import ScaleOut

T = TypeVar("T")
_VARIABLE: Final = "ANTS_DATABASE"
ledger_option: Final = click.option(
    "--ledger",
    type=click.Path(path_type=Path),
    help="The record of what was sent. [default: $ANTS_LEDGER, or your state folder]",
)
database_option: Final = click.option(
    "--database",
    envvar=_VARIABLE,
    metavar="URL",
    help="The PostgreSQL that workers share, in place of a ledger. [default: $ANTS_DATABASE]",
)
needed_database_option: Final = click.option(
    "--database",
    envvar=_VARIABLE,
    metavar="URL",
    required=True,
    help="The PostgreSQL that workers share. [default: $ANTS_DATABASE]",
)
either_option: Final = with_options(ledger_option, database_option)


@click.group()
def database() -> None:
    """The PostgreSQL that workers share."""


@database.command()
@needed_database_option
def migrate(database: str) -> None:
    """Make its tables, or bring them up to date. What is there stays there."""
    with one_line_errors():
        with needing_extra("scaleout"):
            from ants_async.dispatch.ledger.connecting import without_password  # noqa: PLC0415
            from ants_async.scaleout import ScaleOut  # noqa: PLC0415
        steps = anyio.run(ScaleOut(database).migrate)
        what = f"{steps} steps were taken" if steps else "nothing to do"
        click.echo(f"the tables in {without_password(database)} are up to date: {what}")


def is_database(ledger: Path | None, database: str | None) -> bool:
    """Whether it is the database that was asked for: what is typed comes before the environment."""
    of_command_line = is_typed("database")
    if ledger is not None and of_command_line:
        raise click.UsageError("--ledger and --database exclude each other")
    if ledger is None and database and not of_command_line and os.environ.get("ANTS_LEDGER"):
        raise click.UsageError(f"ANTS_LEDGER and {_VARIABLE} are both set: say --ledger or --database")
    return bool(database) and ledger is None


def refuse_beside_database(*names: str) -> None:
    """Options that only a ledger has a use for."""
    context = click.get_current_context()
    for option in context.command.params:
        if option.name in names and is_typed(option.name):
            raise click.UsageError(f"{option.opts[0]} is of no use with --database: the workers have theirs")


def with_scaleout(database: str, use: "Callable[[ScaleOut], Awaitable[T]]", **options: Any) -> T:
    """What comes of it."""
    with needing_extra("scaleout"):
        from ants_async.scaleout import ScaleOut  # noqa: PLC0415

    async def run() -> T:
        async with ScaleOut(database, **options) as scaleout:
            return await use(scaleout)

    return anyio.run(run)


@asynccontextmanager
async def either(ledger: Path | None, database: str | None) -> AsyncIterator[SqlLedger]:
    """The database or the ledger that was asked for, which others may be using."""
    if database is not None and is_database(ledger, database):
        with needing_extra("scaleout"):
            from ants_async.dispatch.ledger.postgres import PostgresLedger  # noqa: PLC0415
        async with PostgresLedger(database, connections=1) as shared:
            yield shared
        return
    place = ledger or default_ledger()
    if not place.exists():
        raise no_ledger(place)
    async with SqliteLedger(place, read_only=True) as file:
        yield file


def default_ledger(*, create: bool = False) -> Path:
    """`ANTS_LEDGER`, or a file in the user's state folder, which only the user may read."""
    if given := os.environ.get("ANTS_LEDGER"):
        return Path(given)
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    folder = Path(state).expanduser() / "ants-async"
    if create:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "ledger.db"


def no_ledger(place: Path) -> ConfigurationError:
    """What to say of a file that is not there."""
    return ConfigurationError(
        f"there is no ledger {place}; --ledger names another; a run with --simulate keeps one only if it "
        "was given --ledger, too"
    )


def campaigns_in(ledger: Path | None, database: str | None) -> Sequence[CampaignSummary]:
    """All campaigns of either, newest first."""

    async def ask() -> Sequence[CampaignSummary]:
        async with either(ledger, database) as found:
            return await found.campaigns()

    return anyio.run(ask)


def summary_in(ledger: Path | None, database: str | None, campaign_id: str) -> CampaignSummary:
    """A campaign of either. Raises `ConfigurationError` that says which there are."""

    async def ask() -> CampaignSummary:
        async with either(ledger, database) as found:
            return await find(found, campaign_id)

    return anyio.run(ask)


async def find(ledger: SqlLedger, campaign_id: str) -> CampaignSummary:
    """A campaign of a ledger. Raises `ConfigurationError` that says which there are."""
    summary = await ledger.summary(campaign_id)
    if summary is None:
        known = ", ".join(one.campaign.id for one in await ledger.campaigns()) or "none"
        raise ConfigurationError(f"no campaign {campaign_id!r} in this ledger; there are: {known}")
    return summary
