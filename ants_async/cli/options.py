"""Options of the commands that send by themselves, and what they come to."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ants_async.cli.account import base_url_option, with_options
from ants_async.cli.database import ledger_option
from ants_async.cli.plan import chunk_option
from ants_async.cli.reading import is_typed
from ants_async.cli.results import check_target
from ants_async.errors import ConfigurationError

_PACES: Final = ("rate", "chunk", "concurrency")


@attrs.frozen(slots=True, kw_only=True)
class Options:
    """How to send. `paces`: those that a campaign goes on with, how fast it is sent."""

    ledger: Path | None
    results: Path | None
    base_url: str | None
    simulate: bool
    rate: str
    chunk: int
    concurrency: int
    store_texts: bool = True
    paces: Mapping[str, Any] = attrs.field(factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any], kept: Mapping[str, Any] | None = None) -> "Options":
        """Checked as far as that goes without the network. `kept`: what the ledger has of an earlier run.

        Raises `ConfigurationError`, and `UsageError` of click.
        """
        paces = {name: value for name, value in (kept or {}).items() if name in _PACES}
        paces |= {name: given[name] for name in _PACES if is_typed(name)}
        options = cls(**{**given, **paces}, paces=paces)
        if options.simulate and options.base_url:
            raise click.UsageError("--simulate and --base-url exclude each other")
        if options.results is not None:
            check_target(options.results)
        if options.ledger is not None and not options.ledger.absolute().parent.is_dir():
            raise ConfigurationError(f"--ledger {options.ledger}: there is no such folder")
        return options


def _options(shown: bool | str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options about how to send. `shown`: the defaults of the pace, as the help has them."""
    return with_options(
        ledger_option,
        click.option(
            "--results",
            type=click.Path(path_type=Path),
            help="Where results go, a row a recipient: .jsonl or .csv.",
        ),
        chunk_option(shown),
        click.option(
            "--concurrency",
            type=click.IntRange(1),
            default=8,
            show_default=shown,
            help="Requests in flight.",
        ),
        click.option(
            "--rate", default="adaptive", show_default=shown, help="Requests: 'adaptive', or 100/1s."
        ),
        base_url_option,
        click.option("--simulate", is_flag=True, help="Send to a simulator started for this run, for free."),
    )


sending_options: Final = _options(shown=True)
resuming_options: Final = _options(shown="as before")
