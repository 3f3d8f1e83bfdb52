"""The generated pages say what the code says."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


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
