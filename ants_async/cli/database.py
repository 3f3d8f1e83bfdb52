"""`ants-async database`, and the option that names one."""

from typing import Final

import anyio
import click

from ants_async.cli.refusals import one_line_errors
from ants_async.extras import needing_extra

database_option: Final = click.option(
    "--database",
    envvar="ANTS_DATABASE",
    metavar="URL",
    help="A PostgreSQL that workers share. [default: $ANTS_DATABASE]",
)
needed_database_option: Final = click.option(
    "--database",
    envvar="ANTS_DATABASE",
    metavar="URL",
    required=True,
    help="The PostgreSQL that workers share. [default: $ANTS_DATABASE]",
)


@click.group()
def database() -> None:
    """The PostgreSQL that workers share."""


@database.command()
@needed_database_option
def migrate(database: str) -> None:
    """Make its tables, or bring them up to date. What is there stays there."""
    with one_line_errors():
        with needing_extra("scaleout"):
            from ants_async.scaleout import ScaleOut  # noqa: PLC0415
        steps = anyio.run(ScaleOut(database).migrate)
        click.echo(f"the tables are up to date; {steps} steps were taken" if steps else "nothing to do")
