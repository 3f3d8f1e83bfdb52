"""The code of the pages: all of it can be read, names are there, programs run against the simulator."""

import ast
import inspect
import os
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.metadata import entry_points
from shutil import copytree

import attrs
import click
import pages
import pytest

import ants_async
from ants_async.cli.root import cli
from ants_async.testing import simulator_at_work

BLOCKS = pages.blocks()
PYTHON = [one for one in BLOCKS if one.language in {"python", "py"}]
PROGRAMS = [one for one in PYTHON if one.is_program]
TEST_FILES = [one for one in PYTHON if one.is_test_file]
COMMANDS = [pytest.param(line, id=f"{place} {line}") for place, line in pages.commands()]
LOADED = "ants_async" in entry_points(group="pytest11").names
PLUGIN = [] if LOADED else ["-p", "ants_async.pytest_plugin"]
CLIENTS = {"client", "ants", "ants_client"}


def tree(block):
    """Its meaning; `await` may stand by itself, for it is a part of something."""
    return compile(
        block.code, str(block), "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )


def words_of(call):
    return [one.arg for one in call.keywords if one.arg is not None]


def chain_of(node):
    """`client.sms.send` as its names, or nothing."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def named(chain, client):
    """What of the package is called so; None where it is somebody else's."""
    if not chain or (chain[0] not in CLIENTS and chain[0] not in ants_async.__all__):
        return None
    found = client if chain[0] in CLIENTS else getattr(ants_async, chain[0])
    for name in chain[1:]:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_every_python_block_compiles(block):
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compile(tree(block), str(block), "exec", flags, dont_inherit=True)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_what_a_block_imports_is_there(block):
    for node in ast.walk(tree(block)):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "ants_async":
            for one in node.names:
                getattr(import_module(node.module), one.name)


def wrong_calls(block):
    """Calls of the package that it would not take."""
    client = ants_async.AntsClient("http://127.0.0.1:9", ants_async.ApiKeyAuth("key"))
    for node in ast.walk(tree(block)):
        if isinstance(node, ast.Call) and (called := named(chain_of(node.func), client)) is not None:
            takes = inspect.signature(called).parameters
            is_open = any(one.kind is one.VAR_KEYWORD for one in takes.values())
            if not (is_open or set(words_of(node)) <= set(takes)):
                yield ast.unparse(node)


@pytest.mark.parametrize("block", [one for one in PYTHON if one.reason is None], ids=str)
def test_what_a_block_calls_is_there_and_takes_these_words(block):
    assert list(wrong_calls(block)) == []


def test_a_wrong_call_is_seen():
    block = pages.Block("page", 1, "python", "await client.sms.send('66847781470', 'Hi', form='ANTS')", None)
    assert list(wrong_calls(block)) == ["client.sms.send('66847781470', 'Hi', form='ANTS')"]
    with pytest.raises(AttributeError):
        list(wrong_calls(attrs.evolve(block, code="await client.sms.sent('66847781470')")))


def environment(simulator, *, with_key):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTS_")}
    account = {"ANTS_BASE_URL": simulator.base_url, "ANTS_API_KEY": "demo-key"}
    return kept | (account if with_key else simulator.environment) | {"PYTHONIOENCODING": "utf-8"}


def run(words, *, cwd, env, said=""):
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env=env,
        input=said,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_whole_programs_run(block, tmp_path):
    copytree(pages.PROJECT / "examples", tmp_path / "examples")
    (tmp_path / "program.py").write_text(block.code, encoding="utf-8")
    with simulator_at_work() as simulator:
        env = environment(simulator, with_key="two_factor" in block.code)
        assert run(["program.py"], cwd=tmp_path, env=env, said="0000\n").strip()


@pytest.mark.parametrize("block", TEST_FILES, ids=str)
def test_whole_test_files_pass(block, tmp_path):
    (tmp_path / "test_block.py").write_text(block.code, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, "test_block.py"]
    assert f"{block.code.count('def test_')} passed" in run(words, cwd=tmp_path, env=dict(os.environ))


def test_there_are_such_programs():
    assert {one.page for one in PROGRAMS} >= {
        "README.md",
        "docs/index.md",
        "docs/pin.md",
        "docs/campaigns.md",
        "docs/webhooks.md",
    }
    assert TEST_FILES


def parse(line):
    """Down to the command; its options have to be there. What they are set to is not looked at."""
    words = [word for word in shlex.split(line.partition(" >")[0])[1:] if word != "…"]
    command, context = cli, None
    while True:
        context = click.Context(command, parent=context)
        try:
            values, rest, _ = command.make_parser(context).parse_args(list(words))
        except click.BadOptionUsage:  # named without what it is set to
            values, rest, _ = command.make_parser(context).parse_args([*words, "…"])
        if not isinstance(command, click.Group) or not rest or "help" in values:
            assert not rest or isinstance(command, click.Group), f"{rest} is too much"
            return
        found = command.get_command(context, rest[0])
        assert found is not None, f"there is no {rest[0]!r}"
        command, words = found, rest[1:]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_there_with_its_options(line):
    parse(line)


@pytest.mark.parametrize(
    "line", ["ants-async campain run x", "ants-async send --txt Hi", "ants-async balance x"]
)
def test_a_wrong_command_is_seen(line):
    with pytest.raises((click.UsageError, AssertionError)):
        parse(line)
