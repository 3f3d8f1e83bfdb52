"""The notebook of `examples/`: its cells, and the pictures that it writes."""

import re

import pytest
from example_programs import EXAMPLES, run

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n\x1a\n"


def test_it_comes_to_its_end_and_draws(tmp_path):
    told = run("notebook.py", cwd=tmp_path, RECIPIENTS="3000").splitlines()
    assert told[0].startswith("3000 recipients, ")
    assert sum(map(int, re.findall(r"'\w+': (\d+)", told[1]))) == 3000
    for name in ("delivery.png", "latency.png"):
        assert (tmp_path / name).read_bytes().startswith(PNG)


def test_it_is_in_cells_that_say_what_they_do():
    lines = (EXAMPLES / "notebook.py").read_text(encoding="utf-8").splitlines()
    cells = [line for line in lines if line.startswith("# %%")]
    assert len(cells) >= 5
    assert all(re.fullmatch(r"# %% [A-Z].+", cell) for cell in cells)
