"""The physical floor: what the parts cost when nothing is around them.

A client cannot be faster than its JSON, its sockets and its disk. `python -m benchmarks.floor [--smoke]`
"""

import json
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import orjson

from benchmarks._lib.box import row
from benchmarks._lib.command import benchmark
from benchmarks._lib.plots import bars
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, interleaved, medians
from benchmarks._lib.timing import per_item
from benchmarks.server import messages_in, receipts
from benchmarks.sides.plain import bulk_body

CHUNK = 500
SIDES = (
    Side("aiohttp + orjson, 500 a request", "bulk_aiohttp"),
    Side("httpx + orjson, 500 a request", "bulk_httpx"),
)


def measure(options):
    count = 5_000 if options.smoke else 200_000
    sent = medians(interleaved(SIDES, options.rounds, options.seconds))
    costs = {name: one["cpu_us"] / 1e6 for name, one in sent.items()}
    costs |= json_costs(options.rounds, count)
    costs |= row_costs(options.rounds, count)
    rows = [{"what": what, "a second": 1 / cost, "µs each": cost * 1e6} for what, cost in costs.items()]
    figures = {what: cost * 1e6 for what, cost in costs.items()}

    def draw(figure):
        axes = figure.subplots()
        bars(axes, list(figures), list(figures.values()), unit="µs of CPU each, a message or a row")
        axes.set_xscale("log")

    notes = [f"The stub was idle for {min(one['stub_idle'] for one in sent.values()):.0%} at least."]
    return Result(figures, rows, draw, notes, raw=sent, size=(9.0, 5.0))


def json_costs(rounds, count):
    """A message in a request of 500, and its receipt in the answer."""
    repeats = range(count // CHUNK)
    request = bulk_body("floor", [row(number) for number in range(CHUNK)])
    plain, receipt = orjson.loads(request), receipts(messages_in(request), b"floor")

    def cost(work):
        return per_item(lambda: [work() for _ in repeats], count, rounds)

    return {
        "request: dicts, orjson.dumps": cost(
            lambda: bulk_body("floor", [row(number) for number in range(CHUNK)])
        ),
        "request: orjson.dumps": cost(lambda: orjson.dumps(plain)),
        "request: json.dumps": cost(lambda: json.dumps(plain)),
        "receipt: orjson.loads": cost(lambda: orjson.loads(receipt)),
        "receipt: json.loads": cost(lambda: json.loads(receipt)),
        "receipt: the stub's making of it": cost(lambda: receipts(messages_in(request), b"floor")),
    }


def row_costs(rounds, count):
    """A row on disk, in transactions of 500; and a number in a set."""
    numbers = random.Random(1).sample(range(66_800_000_000, 66_900_000_000), count)
    running = list(enumerate(numbers))
    return {
        "SQLite row, running key, WAL, NORMAL": _insert(
            rounds, running, "key INTEGER PRIMARY KEY, number INTEGER"
        ),
        "the same, FULL": _insert(rounds, running, "key INTEGER PRIMARY KEY, number INTEGER", "FULL"),
        "the same, NORMAL, random key": _insert(rounds, running, "key INTEGER, number INTEGER PRIMARY KEY"),
        "number into a set": per_item(lambda: _fill(numbers), count, rounds),
    }


def _fill(numbers):
    seen = set()
    for number in numbers:
        seen.add(number)  # noqa: PERF - one by one, as they come


def _insert(rounds, rows, columns, synchronous="NORMAL"):
    def work():
        with (
            tempfile.TemporaryDirectory(prefix="ants-bench-") as folder,
            closing(sqlite3.connect(Path(folder, "floor.db"), isolation_level=None)) as connection,
        ):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute(f"CREATE TABLE message ({columns})")
            for start in range(0, len(rows), CHUNK):
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO message VALUES (?, ?)", rows[start : start + CHUNK])
                connection.execute("COMMIT")

    return per_item(work, len(rows), rounds)


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=5, seconds=2.0)
