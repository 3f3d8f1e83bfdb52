"""The generated pages say what the code says, and what pages tell to run is there."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"


def _tables():
    spec = importlib.util.spec_from_file_location("make_tables", DOCS / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", _tables().PAGES)
def test_a_generated_page_is_up_to_date(name):
    rendered = "\n".join(_tables().PAGES[name]()) + "\n"
    assert (DOCS / name).read_text(encoding="utf-8") == rendered, "run: python docs/make_tables.py"


def test_every_operation_of_the_manual_is_in_the_table():
    rows = [
        line for line in (DOCS / "operations.md").read_text().splitlines() if line.startswith("| `client.")
    ]
    assert len(rows) == 26
    assert all(row.count("|") == 7 and "``" not in row for row in rows)


def _sessions():
    """Names of the sessions, but for `tests-<version>`."""
    functions = ast.parse((PROJECT / "noxfile.py").read_text(encoding="utf-8")).body
    return {one.name for one in functions if isinstance(one, ast.FunctionDef) and one.decorator_list}


def _pages():
    pages = (page for folder in (".", "docs", "benchmarks") for page in (PROJECT / folder).glob("*.md"))
    return sorted(page.relative_to(PROJECT).as_posix() for page in pages)


@pytest.mark.parametrize("page", _pages())
def test_the_sessions_a_page_tells_to_run_are_there(page):
    told = re.findall(r"nox -s ((?:[a-z_]+\b[-.\d]* ?)+)", (PROJECT / page).read_text(encoding="utf-8"))
    names = {name for names in told for name in names.split() if not name.startswith("tests-")}
    assert names <= _sessions()


def test_every_logger_is_told_of():
    """By its last name, in the list of them."""
    code = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "ants_async").rglob("*.py"))
    there = set(re.findall(r'getLogger\("ants_async\.(\w+)"\)', code))
    page = (DOCS / "observing.md").read_text(encoding="utf-8")
    told = page.partition("The loggers are ")[2].partition(" Lines have ")[0]
    assert set(re.findall(r"`(?:ants_async)?\.(\w+)`", told)) == there
