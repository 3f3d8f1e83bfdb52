"""Time and CPU a message, from 10,000 recipients to 10,000,000.

Bulk on the SQLite ledger as in `compare_bulk`, from the first row read to the last answer; sizes in turns,
the largest once, at the end. `python -m benchmarks.growth [--smoke] [--rounds 3] [--largest 1000000]`
"""

from benchmarks._lib.command import benchmark
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, interleaved, medians

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


def _side(size):
    return Side(f"{size:,}", "bulk_ours", {"ledger": "sqlite"}, most=size)


def measure(options):
    sizes = [size for size in SIZES if size <= (options.largest or SIZES[-1])]
    if options.smoke:
        sizes = [500, 1_000, 2_000]
    measured = interleaved([_side(size) for size in sizes[:-1]], options.rounds)
    measured |= interleaved([_side(sizes[-1])], 1)
    found = medians(measured)
    rows = [
        {
            "recipients": size,
            "messages/s": one["rate"],
            "µs a message": 1e6 / one["rate"],
            "µs of CPU a message": one["cpu_us"],
            "stub idle": f"{one['stub_idle']:.0%}",
        }
        for size, one in zip(sizes, found.values(), strict=True)
    ]
    columns = {"time": "µs a message", "cpu": "µs of CPU a message"}
    is_whole = sizes[-1] == SIZES[-1]  # else it says nothing about the goal
    figures = {
        name: max(row[head] for row in rows) / min(row[head] for row in rows) - 1
        for name, head in columns.items()
        if is_whole
    }

    def draw(figure):
        axes = figure.subplots()
        for head in columns.values():
            axes.plot(sizes, [row[head] for row in rows], "o-", label=head)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set(xlabel="recipients", ylabel="µs")
        axes.legend()

    return Result(figures, rows, draw, raw=measured)


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=3, more={"largest": (int, "leave out what is larger")})
