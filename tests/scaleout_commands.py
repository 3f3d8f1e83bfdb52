"""What tests of commands on a shared database have in common: a place to work in, workers as processes."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from postgres_server import _template, database, migrated_database, postgres

__all__ = ["_template", "database", "migrated_database", "postgres"]
LIST = "to,name\n" + "".join(f"{66_800_000_000 + n},n{n}\n" for n in range(50))
SUBMIT = ("campaign", "submit", "people.csv", "--id", "songkran", "--text", "Hi {name}", "--sender", "ANTS")


@pytest.fixture
def place(api, migrated_database, monkeypatch):
    """A folder with a list, a simulator, and a database."""
    Path("people.csv").write_text(LIST, encoding="utf-8")
    monkeypatch.setenv("ANTS_DATABASE", migrated_database)
    return migrated_database


@contextmanager
def started(*words, **streams):
    """`ants-async …` in a process of its own."""
    command = [sys.executable, "-m", "ants_async.cli", *map(str, words)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    with subprocess.Popen(command, text=True, env=os.environ, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def until(stream, words):
    """Read up to a line with these words."""
    for line in stream:
        if words in line:
            return line
    raise AssertionError(f"it never said {words!r}")


@contextmanager
def worker(*options):
    """A worker that has begun; it speaks on stderr."""
    with started("worker", *options) as process:
        assert "serving" in process.stderr.readline()
        yield process


@pytest.fixture
def finished(ants):
    """Submits with `--wait`, and says what came of it."""

    def run(*options, code=0):
        result = ants(*SUBMIT, "--wait", *options)
        assert result.exit_code == code, result.output
        return result.stdout

    return run
