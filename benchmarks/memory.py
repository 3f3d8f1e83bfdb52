"""Peak memory of a campaign: 100,000 recipients and 1,000,000.

From a generator, each with a text of its own, sent and followed to the last final outcome; each size in a new
process, whose peak is what the kernel says. `python -m benchmarks.memory [--smoke]`
"""

from benchmarks._lib.command import benchmark
from benchmarks._lib.plots import bars
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, fresh
from benchmarks._lib.stub import running_stub

LEDGERS = {"sqlite": "SQLite ledger", "memory": "memory ledger"}


def measure(options):
    sizes = (500, 1_000) if options.smoke else (100_000, 1_000_000)
    runs = [(ledger, size) for ledger in LEDGERS for size in sizes][: 2 if options.smoke else None]
    with running_stub() as stub:
        found = {
            (ledger, size): fresh(
                Side(
                    f"{LEDGERS[ledger]}, {size:,}",
                    "bulk_ours",
                    {"ledger": ledger, "to_the_end": True},
                    most=size,
                    stub={"delays": (0.0, 0.0)},
                ),
                stub,
            )
            for ledger, size in runs
        }
    rows = [
        {
            "ledger": LEDGERS[ledger],
            "recipients": size,
            "peak, MB": one["peak_mb"],
            "seconds to the last outcome": one["wall"],
            "stub idle": f"{one['stub_idle']:.0%}",
        }
        for (ledger, size), one in found.items()
    ]
    small, large = (found["sqlite", size]["peak_mb"] for size in sizes)

    def draw(figure):
        labels = [f"{LEDGERS[ledger]}, {size:,}" for ledger, size in runs]
        bars(figure.subplots(), labels, [found[run]["peak_mb"] for run in runs], unit="peak, MB")

    return Result({"peak_mb": large, "growth": large / small}, rows, draw, raw=list(found.values()))


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure)
