"""What a benchmark found: printed as a table, written as JSON, drawn as a PNG."""

import json
from pathlib import Path

import attrs

from benchmarks._lib.machine import facts
from benchmarks._lib.tables import table

FOLDER = Path(__file__).resolve().parents[1] / "results"


@attrs.frozen
class Result:
    """`figures`: what goals are judged by, by name. `rows`: the table, one dict each with the same keys.

    `draw(figure)` draws it, `size` in inches. `notes`: lines below the table. `raw`: all that was measured.
    """

    figures: dict
    rows: list
    draw: object
    notes: list = attrs.field(factory=list)
    raw: object = None
    size: tuple = (9.0, 4.5)


def where(*, smoke):
    """The folder of results; those of smoke runs say nothing and are kept apart."""
    return FOLDER / "smoke" if smoke else FOLDER


def publish(name, title, result, before, *, smoke):
    """Print, write and draw. `before`: the machine's facts before the benchmark began."""
    folder = where(smoke=smoke)
    folder.mkdir(parents=True, exist_ok=True)
    print(f"\n{title}\n\n{table(result.rows)}\n")
    print(*result.notes, sep="\n", end="\n" if result.notes else "")
    kept = {
        "benchmark": name,
        "title": title,
        "machine": before,
        "figures": result.figures,
        "rows": result.rows,
        "notes": result.notes,
        "raw": result.raw,
    }
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    _draw(result, title, folder / f"{name}.png")


def load(name, *, smoke=False):
    """What was written last, or None."""
    path = where(smoke=smoke) / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def _draw(result, title, path):
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=result.size, layout="constrained")
    figure.suptitle(title)
    result.draw(figure)
    figure.savefig(path, dpi=110)
    plt.close(figure)


__all__ = ["Result", "facts", "load", "publish", "where"]
