"""Simulators that outlive single commands, and commands typed at them."""

import json
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner
from postgres_server import _template, database, migrated_database, postgres
from scaleout_commands import LIST, SUBMIT

from ants_async.cli.root import cli
from ants_async.dispatch import engine
from ants_async.dispatch.tracking import TrackingRules
from ants_async.simulator import SimulatorConfig, running

__all__ = ["_template", "database", "migrated_database", "postgres"]
DEMO = {"ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}
UNREACHABLE = "66847781471"


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """What runs in this process asks for statuses at once: the simulators here have them by then."""
    monkeypatch.setattr(engine, "TrackingRules", partial(TrackingRules, first=0.05))


@pytest.fixture
def simulator(monkeypatch):
    """Starts them; ANTS_BASE_URL leads to the latest, with the demo account."""
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    for name, value in DEMO.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def start(**config):
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(running(SimulatorConfig(**config))) as base_url,
        ):
            monkeypatch.setenv("ANTS_BASE_URL", base_url)
            yield base_url

    return start


@pytest.fixture
def api(simulator, tmp_path, monkeypatch):
    """A simulator that delivers at once, but to one number; an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    with simulator(delivery_time=0.0, unreachable={UNREACHABLE}) as base_url:
        yield base_url


@pytest.fixture
def ants():
    """Runs `ants-async …` in this process."""

    def run(*words, stdin=None):
        return CliRunner().invoke(cli, list(map(str, words)), input=stdin)

    return run


@pytest.fixture
def done(ants):
    """What a command says that ends with the exit code expected."""

    def run(*words, code=0, stdin=None):
        result = ants(*words, stdin=stdin)
        assert result.exit_code == code, result.output
        return result.stdout

    return run


@pytest.fixture
def data(done):
    """What a command says in JSON."""
    return lambda *words: json.loads(done(*words, "--json"))


@pytest.fixture
def refused(ants):
    """The last line of a refusal, which is its only one unless the words made no command."""

    def run(*words):
        result = ants(*words)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        return result.stderr.splitlines()[-1]

    return run


@pytest.fixture
def texts_sent(done):
    """The texts in the logs, the latest first."""
    return lambda: [json.loads(line)["text"] for line in done("logs", "--all", "--json").splitlines()]


@pytest.fixture
def with_a_key(monkeypatch):
    """From here on with an API key, as PINs want it."""

    def change():
        for name in DEMO:
            monkeypatch.delenv(name)
        monkeypatch.setenv("ANTS_API_KEY", "demo-key")

    return change


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Output is drawn, wide enough for every table."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def place(api, migrated_database, monkeypatch):
    """A folder with a list, a simulator, and a database."""
    Path("people.csv").write_text(LIST, encoding="utf-8")
    monkeypatch.setenv("ANTS_DATABASE", migrated_database)
    return migrated_database


@pytest.fixture
def finished(ants):
    """Submits with `--wait`, and says what came of it."""

    def run(*options, code=0):
        result = ants(*SUBMIT, "--wait", *options)
        assert result.exit_code == code, result.output
        return result.stdout

    return run
