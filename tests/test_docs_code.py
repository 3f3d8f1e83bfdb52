"""The code of the pages: programs run against the simulator, test files pass, commands are there.

Parts of programs: test_docs_fragments.py.
"""

import ast
import os
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from shutil import copytree

import click
import pages
import pytest

from ants_async.cli.root import cli
from ants_async.testing import simulator_at_work

BLOCKS = pages.blocks()
PYTHON = [one for one in BLOCKS if one.language in {"python", "py"}]
PROGRAMS = [one for one in PYTHON if one.is_program]
TEST_FILES = [one for one in PYTHON if one.is_test_file]
NOT_RUN = [one for one in PYTHON if one.reason is not None]
COMMANDS = [pytest.param(line, id=f"{place} {line}") for place, line in pages.commands()]
LOADED = "ants_async" in entry_points(group="pytest11").names
PLUGIN = [] if LOADED else ["-p", "ants_async.pytest_plugin"]


@pytest.mark.parametrize("block", NOT_RUN, ids=str)
def test_what_is_not_run_can_be_read_at_least(block):
    compile(block.code, str(block), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)


def test_nothing_but_another_client_is_not_run():
    assert {one.reason for one in NOT_RUN} == {"it wants infobip-api-python-client, and an account"}


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


def test_the_program_of_one_text_asks_the_logs_when_its_answer_was_lost(tmp_path):
    (block,) = (one for one in PROGRAMS if one.page == "docs/one-text.md")
    (tmp_path / "program.py").write_text(block.code, encoding="utf-8")
    with simulator_at_work() as simulator:
        simulator.fail("drop-after=1")
        said = run(["program.py"], cwd=tmp_path, env=environment(simulator, with_key=False))
        assert said == f"in the logs: {[one.message_id for one in simulator.sent]}\n"


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
