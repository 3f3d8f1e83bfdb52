"""Start: import, `ants-async --help`, and a large ledger taken up again.

Fresh processes, in turns. The campaign that is taken up again has 1,000,000 messages in its ledger and was
killed (SIGKILL) with eight requests in flight; its list has grown by 500. The clock runs from before the new
process starts until its first send has arrived. `python -m benchmarks.start [--smoke] [--rounds 15]`
"""

import itertools
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks._lib.command import benchmark
from benchmarks._lib.plots import bars
from benchmarks._lib.processes import ROOT, imported, python, seconds_of
from benchmarks._lib.results import Result
from benchmarks._lib.stub import running_stub

CHUNK, IN_FLIGHT, NEW = 500, 8, 500
RESUMES = 3


def measure(options):
    size = 10_000 if options.smoke else 1_000_000
    imports = {"httpx": [], "ants_async": []}
    for _, module in itertools.product(range(options.rounds), imports):
        imports[module].append(imported(module))
    help_shown = median(seconds_of("ants_async", "--help") for _ in range(options.rounds))
    first_send, first_new = resumed(size, 1 if options.smoke else RESUMES)
    medians = {module: median(times) for module, times in imports.items()}
    rows = [
        {"what": "import httpx", "seconds": medians["httpx"]},
        {"what": "import ants_async", "seconds": medians["ants_async"]},
        {"what": "ants-async --help", "seconds": help_shown},
        {"what": f"{size:,} messages taken up again: first send", "seconds": first_send},
        {"what": "the same: first new recipient sent", "seconds": first_new},
    ]
    pairs = zip(imports["ants_async"], imports["httpx"], strict=True)
    figures = {
        "import_ratio": median(ours / theirs for ours, theirs in pairs),
        "help": help_shown,
        "resume": first_send,
    }

    def draw(figure):
        bars(figure.subplots(), [one["what"] for one in rows], [one["seconds"] for one in rows], unit="s")

    return Result(figures, rows, draw, raw=imports)


def resumed(size, rounds):
    """Seconds until the first send, and until the first that no run had sent before."""
    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder, running_stub() as stub:
        kept, used = Path(folder, "kept"), Path(folder, "used")
        kept.mkdir()
        left = IN_FLIGHT * CHUNK
        stub.reset(swallow_after=size - left)
        with _campaign(stub, kept, size):
            _seen(stub, lambda stats: sum(stats["requests"].values()) >= size // CHUNK)
        times = []
        for _ in range(rounds):
            shutil.copytree(kept, used)
            stub.reset()
            started = time.monotonic()
            with _campaign(stub, used, size + NEW):
                _seen(stub, lambda stats: stats["messages"] > left)
                first_new = time.monotonic()
            first_send = stub.stats()["first_send_at"]  # by the same clock: it is the machine's
            times.append((first_send - started, first_new - started))
            shutil.rmtree(used)
        return [median(some) for some in zip(*times, strict=True)]


@contextmanager
def _campaign(stub, folder, recipients):
    command = python("benchmarks._lib.killed", stub.url, folder / "ledger.db", recipients)
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            yield
            if process.poll() is not None:
                raise RuntimeError("the campaign ended before it was killed; what it said is above")
        finally:
            process.kill()


def _seen(stub, condition):
    """Until the stub has seen it."""
    until = time.monotonic() + 600
    while not condition(stub.stats()):
        if time.monotonic() > until:
            raise RuntimeError(f"not seen for ten minutes: {stub.stats()}")
        time.sleep(0.02)


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=15)
