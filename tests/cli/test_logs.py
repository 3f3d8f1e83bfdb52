"""The log of a process that runs for long."""

import logging

import pytest

from ants_async.cli.logs import log_to_stderr
from ants_async.errors import LedgerError


class ConnectorException(Exception):
    """Named as the one of the queue."""


@pytest.fixture
def logged(monkeypatch, capsys):
    """What is said of an error."""

    def log(error):
        monkeypatch.setattr(logging.root, "handlers", [])
        log_to_stderr()
        logging.getLogger("somebody").error("chunk %s", 7, exc_info=error)
        return capsys.readouterr().err.splitlines()

    monkeypatch.setattr(logging.root, "level", logging.WARNING)
    monkeypatch.setattr(logging.getLogger("psycopg.pool"), "level", logging.NOTSET)
    return log


def test_what_was_to_be_expected_is_a_line_that_no_terminal_obeys(logged):
    (line,) = logged(LedgerError("no \x1b[2J\nplace"))
    assert line.endswith(r"ERROR somebody: chunk 7: no \x1b[2J place")


def test_what_nobody_could_expect_keeps_its_traceback(logged):
    assert logged(RuntimeError("odd"))[-1] == "RuntimeError: odd"


def test_that_the_database_is_away_is_told_by_the_worker_alone(logged):
    assert logged(ConnectorException()) == []
