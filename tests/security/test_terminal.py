"""`ants-async` shows no secret that it was not asked for, and takes none as an argument."""

import json
from functools import partial

import click
import pytest
from anyio.from_thread import start_blocking_portal
from click.testing import CliRunner
from security.bad_server import bad_server, closed_port
from security.echoes import ECHOES
from security.leaks import Canaries, listening

from ants_async import RetryPolicy
from ants_async.cli.root import cli
from ants_async.simulator import SimulatorConfig, running

PASSWORD, PUBLIC_KEY, PIN, KEY = "canary-p@ssw0rd", "pub-canary-5f0c", "840317", "KEY9C0DB5A1"
COMMANDS = [
    "send 66847781470 --text x --sender ANTS",
    "send 66847781470 --text x --message-id m",
    "send 66847781470 --hex 0fc2",
    "preview --text x",
    "reports",
    "logs",
    "balance",
    "apps list",
    "apps get a",
    "apps create Shop",
    "apps update a --name Shop",
    "templates list a",
    "templates get a b",
    "templates create a --message-text <pin>",
    "templates update a b --sender-id ANTS",
    "pin send a b 66847781470",
    "pin resend p",
    "pin resend p --voice",
    "keys list",
    f"keys list --public-api-key {KEY}",
    f"keys get {KEY}",
    f"keys update {KEY} --disabled",
    "keys create web",
    "campaign run people.csv --text Hi --sender ANTS --id c --ledger l.db",
]
VERIFY = "pin verify p"


@pytest.fixture
def canaries():
    found = Canaries(api_key=PUBLIC_KEY, pin=PIN, key=KEY)
    found.add_basic("anna", PASSWORD)
    return found


@pytest.fixture(params=["password", "key"])
def account(request, monkeypatch, tmp_path):
    """The account of the environment, of either kind; an empty folder to work in."""
    for name in ("ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    if request.param == "key":
        monkeypatch.setenv("ANTS_API_KEY", PUBLIC_KEY)
    else:
        monkeypatch.setenv("ANTS_USERNAME", "anna")
        monkeypatch.setenv("ANTS_PASSWORD", PASSWORD)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text("to\n66847781470\n")


def run(words, base_url, stdin=None):
    result = CliRunner().invoke(cli, [*words.split(), "--base-url", base_url], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    "echo", ["400", "401", "401 as a page", "500", "200 as it came", "302", "headers", "no HTTP"]
)
def test_a_server_that_sends_everything_back(echo, canaries, monkeypatch):
    impatient = partial(RetryPolicy, attempts=2, base=0.0, deadline=0.01)
    monkeypatch.setattr("ants_async.client.RetryPolicy", impatient)
    with (
        listening() as heard,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(bad_server(ECHOES[echo])) as (_, port),
    ):
        for words in [*COMMANDS, VERIFY]:
            result = run(words, f"http://127.0.0.1:{port}", stdin=f"{PIN}\n" if words == VERIFY else None)
            assert result.exit_code in {1, 2, 3}, (words, result.output)
            assert canaries.in_text(result.output) == set()
    assert canaries.in_text(heard.text) == set()


@pytest.mark.usefixtures("account")
def test_nobody_there(canaries, monkeypatch):
    impatient = partial(RetryPolicy, attempts=1)
    monkeypatch.setattr("ants_async.client.RetryPolicy", impatient)
    for words in [*COMMANDS, VERIFY]:
        result = run(
            words, f"http://127.0.0.1:{closed_port()}", stdin=f"{PIN}\n" if words == VERIFY else None
        )
        assert result.exit_code in {1, 2, 3}, (words, result.output)
        assert canaries.in_text(result.output) == set()


@pytest.mark.parametrize(
    "url", [f"https://anna:{PASSWORD}@x", f"https://anna:{PASSWORD}", f"https://x?t={PASSWORD}"]
)
def test_an_address_with_a_password_in_it(url, canaries, monkeypatch):
    monkeypatch.setenv("ANTS_API_KEY", PUBLIC_KEY)
    result = run("balance", url)
    assert result.exit_code == 2
    assert "base_url" in result.stderr
    assert canaries.in_text(result.output) == set()


def test_keys_are_cut_short_but_for_the_one_just_made(canaries, monkeypatch):
    for name, value in {"ANTS_USERNAME": "anna", "ANTS_PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    config = SimulatorConfig(user=f"anna:{PASSWORD}")
    with (
        listening() as heard,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(running(config)) as base_url,
    ):
        made = json.loads(run("keys create web --json", base_url).stdout)
        canaries.add("made", made["key"], made["publicApiKey"], made["accountKey"])
        for words in ("keys list", f"keys get {made['key']}", f"keys update {made['key']} --name other"):
            result = run(words, base_url)
            assert result.exit_code == 0
            assert canaries.in_text(result.output) == set()
    assert canaries.in_text(heard.text) == set()


def _commands(command, path=()):
    yield path, command
    for name in command.list_commands(None) if isinstance(command, click.Group) else ():
        yield from _commands(command.get_command(None, name), (*path, name))


def test_no_command_has_an_option_for_a_password():
    """They come from the environment: whoever lists processes sees the arguments of all of them."""
    options = {
        (*path, one)
        for path, command in _commands(cli)
        for parameter in command.params
        for one in parameter.opts
        if any(word in one for word in ("password", "secret", "token", "api-key", "user"))
    }
    filters = {("keys", "list", "--public-api-key")}  # which of the keys to show
    assert options == filters | {("simulate", "--user"), ("simulate", "--api-key")}  # made up, and local
