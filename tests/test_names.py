"""The public names: those a type checker sees are those that are there, imported when they are used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ants_async

STUB = ast.parse(Path(ants_async.__file__).with_suffix(".pyi").read_text())
TOLD = {
    alias.name: node.module for node in STUB.body if isinstance(node, ast.ImportFrom) for alias in node.names
}


def test_the_stub_tells_of_all_names_and_no_others():
    assert sorted(TOLD) == ants_async.__all__


@pytest.mark.parametrize("name", TOLD)
def test_a_name_is_what_the_stub_says(name):
    assert getattr(ants_async, name) is getattr(sys.modules[TOLD[name]], name)


def test_a_name_that_is_none_is_told_as_always():
    with pytest.raises(AttributeError, match="module 'ants_async' has no attribute 'Nobody'"):
        ants_async.Nobody  # noqa: B018


def test_packages_are_there_without_a_second_import():
    assert ants_async.dispatch.Dispatcher is ants_async.Dispatcher
    assert {"AntsClient", "dispatch", "__version__"} <= set(dir(ants_async))


def test_importing_loads_nothing_that_is_not_used():
    unused = {"httpx", "cattrs", "ants_async.dispatch"}
    program = f"import sys, ants_async; print({unused} & set(sys.modules) or 'nothing')"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "nothing\n"


@pytest.mark.parametrize("package", ["ants_async", "ants_async.dispatch", "ants_async.dispatch.ledger"])
def test_what_needs_an_extra_says_which_one_and_the_rest_needs_none(package):
    program = f"""
import sys
sys.modules["psycopg"] = None
from {package} import MemoryLedger
try:
    from {package} import PostgresLedger
except ValueError as error:
    print(type(error).__name__, error)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    advice = "this needs the extra 'scaleout': pip install 'ants-async[scaleout]'"
    assert shown.stdout == f"ConfigurationError {advice}\n"


@pytest.mark.parametrize("package", [ants_async.dispatch, ants_async.dispatch.ledger])
def test_a_name_that_no_package_has_is_told_as_always(package):
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'Nobody'"):
        package.Nobody  # noqa: B018
