"""One clear line and an exit code in place of a traceback, for what can be expected to go wrong."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click

from ants_async.cli.tables import clean
from ants_async.errors import AntsError, AuthenticationError, OutcomeUnknown

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
        line = clean(" ".join(str(expected).split()))
        if isinstance(expected, AuthenticationError):
            line += f" (asked with {_credentials()})"
        click.echo(f"error: {line}", err=True)
        sys.exit(UNCLEAR if isinstance(expected, OutcomeUnknown) else REFUSED)


def _credentials() -> str:
    return "ANTS_API_KEY" if os.environ.get("ANTS_API_KEY") else "ANTS_USERNAME and ANTS_PASSWORD"


def _expected(error: BaseException) -> BaseException | None:
    """The error itself, or the first one of a group that a user can act upon."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for inner in error.exceptions if (found := _expected(inner))), None)
    return error if isinstance(error, (AntsError, OSError)) else None
