"""One clear line and an exit code in place of a traceback, for what can be expected to go wrong."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from ants_async.cli.tables import clean
from ants_async.errors import AntsError, OutcomeUnknown

REFUSED: Final = 2
UNCLEAR: Final = 3
"""It may have happened: not to be repeated as a refusal may."""
INTERRUPTED: Final = 130


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Say what went wrong and exit; what nobody could expect keeps its traceback."""
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except (AntsError, OSError, BaseExceptionGroup) as error:
        expected = _expected(error)
        if expected is None:
            raise
        if isinstance(expected, BrokenPipeError):
            raise expected from None  # click ends a closed pipe quietly
        click.echo(f"error: {clean(' '.join(str(expected).split()))}", err=True)
        sys.exit(UNCLEAR if isinstance(expected, OutcomeUnknown) else REFUSED)


def _expected(error: BaseException) -> BaseException | None:
    """The error itself, or the first one of a group that a user can act upon."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _expected(inner))), None)
    return error if isinstance(error, (AntsError, OSError)) else None
