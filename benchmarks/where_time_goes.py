"""Where the time goes: a bulk campaign, sampled, by room of the house.

py-spy samples the process of `compare_bulk`'s own side from outside, 500 times a second, all threads, while
they are at work. A sample counts for the room of ours, or the library, whose code runs or was called last.
`python -m benchmarks.where_time_goes [--smoke] [--ledger memory] [--seconds 5]`, perhaps as root.
"""

import itertools
import shutil
import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks._lib.command import benchmark
from benchmarks._lib.plots import bars
from benchmarks._lib.processes import ROOT
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, fresh
from benchmarks._lib.stub import running_stub

LIBRARIES = sysconfig.get_path("purelib")


def measure(options):
    ledger = options.ledger or "sqlite"
    side = Side("ours", "bulk_ours", {"ledger": ledger})
    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder, running_stub() as stub:
        kept = Path(folder, "samples")
        found = fresh(side, stub, seconds=options.seconds, under=_sampler(kept))
        samples = _samples(kept.read_text())
    total = samples.total()
    rows = [
        {
            "room": room,
            "share": f"{number / total:.1%}",
            "µs of CPU a message": number / total * found["cpu_us"],
        }
        for room, number in samples.most_common(25)
    ]

    def draw(figure):
        top = samples.most_common(15)
        costs = [number / total * found["cpu_us"] for _, number in top]
        bars(figure.subplots(), [room for room, _ in top], costs, unit="µs of CPU a message")

    notes = [f"{ledger} ledger: {found['cpu_us']:.1f} µs of CPU a message, sampled."]
    return Result(dict(samples), rows, draw, notes, raw=found, size=(9.0, 6.0))


def _sampler(path):
    """The command that samples the one it is put before."""
    program = shutil.which("py-spy") or str(Path(sys.executable).with_name("py-spy"))
    options = {"--format": "raw", "--rate": "500", "--output": str(path)}
    return [program, "record", "--full-filenames", *itertools.chain(*options.items()), "--"]


def _samples(stacks):
    """Samples by room; a line is a stack, outermost first, and how often it was seen."""
    rooms = Counter()
    for line in stacks.splitlines():
        stack, _, number = line.rpartition(" ")
        if "_find_and_load" in stack:  # imports, before it began
            continue
        rooms[_room(stack.split(";"))] += int(number)
    return rooms


def _room(frames):
    """Of the innermost frame that is ours or a library's: all else (asyncio, …) works for its caller."""
    for frame in reversed(frames):
        path = frame.partition("(")[2].rpartition(":")[0]
        if path.startswith(f"{ROOT}/ants_async/"):
            return path.removeprefix(f"{ROOT}/").removesuffix(".py")
        if path.startswith((f"{ROOT}/benchmarks/sides/", f"{ROOT}/benchmarks/_lib/box")):
            return "benchmarks (the source of rows, the reader of outcomes)"
        if path.startswith(LIBRARIES):
            return path.removeprefix(f"{LIBRARIES}/").partition("/")[0]
        if "cattrs generated" in path:
            return "cattrs"
    return "the event loop"


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, seconds=5.0, more={"ledger": (str, "sqlite or memory")})
