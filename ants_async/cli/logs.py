"""The log of a process that runs for long: on stderr, a line an event."""

import logging
from typing import Final

from ants_async.cli.tables import clean
from ants_async.errors import AntsError

_TOLD_BY_US: Final = "ConnectorException"  # the database is away: `ants_async.scaleout` says so once


def log_to_stderr() -> None:
    """Warnings and errors. Only of what nobody could expect there is a traceback."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_new)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each try to connect


def _is_new(record: logging.LogRecord) -> bool:
    error = record.exc_info[0] if record.exc_info else None
    return error is None or error.__name__ != _TOLD_BY_US


class _Lines(logging.Formatter):
    """Errors that say all in a line."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, AntsError):
            return super().format(record)
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        reason = "" if error is None else f": {error}"
        return clean(f"{self.formatMessage(record)}{reason}")
