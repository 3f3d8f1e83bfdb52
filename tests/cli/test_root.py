"""The command itself."""

import subprocess
import sys
from importlib import metadata

import pytest
from click.testing import CliRunner

import ants_async
from ants_async import cli as package
from ants_async.cli.root import cli


def test_help_names_the_commands_without_loading_them():
    program = """
import sys
from ants_async.cli.root import cli
try:
    cli(["--help"])
finally:
    print(sorted(name for name in sys.modules if name.startswith("ants_async.cli.")))
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "campaign" in shown.stdout
    assert "simulate" in shown.stdout
    assert shown.stdout.splitlines()[-1] == "['ants_async.cli.root']"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("campain", "No such command 'campain'. Did you mean 'campaign'?\n"),
        ("xyz", "No such command 'xyz'.\n"),
    ],
)
def test_an_unknown_command_is_named_and_what_may_have_been_meant(word, said):
    result = CliRunner().invoke(cli, [word])
    assert result.exit_code == 2
    assert result.stderr.endswith(said)


def test_the_version_is_that_of_the_package_and_of_what_is_installed():
    assert CliRunner().invoke(cli, ["--version"]).output == f"ants-async {ants_async.__version__}\n"
    assert metadata.version("ants-async") == ants_async.__version__


def test_it_runs_as_a_module_too():
    shown = subprocess.run(
        [sys.executable, "-m", "ants_async", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"ants-async {ants_async.__version__}\n"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_terminal_extra_one_line_says_what_to_install(monkeypatch, capsys, missing):
    monkeypatch.setattr(package, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(SystemExit) as stopped:
        package.main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err == ("ants-async needs its terminal extra: pip install 'ants-async[cli]'\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--help"], 0), (["--version"], 0), (["campain"], 2), (["balance", "--wire", "x"], 2)],
)
def test_the_program_ends_with_the_code_of_what_happened(monkeypatch, words, code):
    monkeypatch.setattr(sys, "argv", ["ants-async", *words])
    with pytest.raises(SystemExit) as stopped:
        package.main()
    assert (stopped.value.code or 0) == code


def test_ctrl_c_is_130_even_before_a_command_listens_for_it(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["ants-async", "balance"])
    monkeypatch.setattr("ants_async.cli.root.LazyGroup.get_command", interrupted)
    with pytest.raises(SystemExit) as stopped:
        package.main()
    assert stopped.value.code == 130
