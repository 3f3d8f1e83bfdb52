"""The top command. What hangs below it is imported when it is used, so `--help` is quick."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from ants_async import __version__

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "campaign": ("ants_async.cli.campaign", "Send a text to many; plan, watch, stop and continue it."),
    "monitor": ("ants_async.cli.monitor", "Show campaigns while they run, in a browser."),
    "worker": ("ants_async.cli.worker", "Send what was submitted to a database, beside other workers."),
    "database": ("ants_async.cli.database", "The PostgreSQL that workers share."),
    "send": ("ants_async.cli.send", "Send a text to a few, now or at a time."),
    "preview": ("ants_async.cli.preview", "Show how a text will arrive."),
    "reports": ("ants_async.cli.look", "Show delivery reports; each is handed out once."),
    "logs": ("ants_async.cli.look", "Show messages of the last 48 hours."),
    "balance": ("ants_async.cli.look", "Show the credit left."),
    "pin": ("ants_async.cli.pin", "Send, resend and verify PINs."),
    "apps": ("ants_async.cli.two_factor", "Applications: the rules by which PINs are sent."),
    "templates": ("ants_async.cli.two_factor", "Message templates: the texts that carry PINs."),
    "keys": ("ants_async.cli.keys", "API keys."),
    "simulate": ("ants_async.cli.simulate", "Serve the API locally, to try everything without an account."),
}


class LazyGroup(click.Group):
    """Commands by name; the module of a command holds it under the command's own name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it; its own suggestions need the commands loaded."""
        if args[0] not in _COMMANDS and not ctx.resilient_parsing:
            from difflib import get_close_matches  # noqa: PLC0415 - only for who mistypes

            for near in get_close_matches(args[0], _COMMANDS, 1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"ants-async {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version)
def cli() -> None:
    """Send text messages through the ANTS SMS API.

    The account comes from ANTS_BASE_URL and ANTS_USERNAME with ANTS_PASSWORD, or ANTS_API_KEY.
    """
