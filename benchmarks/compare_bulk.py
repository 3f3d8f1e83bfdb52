"""Bulk, personal texts, 500 messages a request, 8 at once: messages a second.

Every recipient has a text and a message id of its own. The clock runs from the first row read to the last
answer. `python -m benchmarks.compare_bulk [--smoke] [--rounds 7] [--seconds 2]`
"""

from benchmarks._lib.command import benchmark
from benchmarks._lib.loops import HAS_UVLOOP
from benchmarks._lib.plots import bars
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, interleaved, medians, ratio

HAND = "aiohttp + orjson, by hand"
MEMORY = "ants_async, memory ledger"
DISK = "ants_async, SQLite ledger"
OFFICIAL = ("infobip client, 1 thread", "infobip client, 8 threads")
SIDES = (
    Side(HAND, "bulk_aiohttp"),
    Side("httpx + orjson, by hand", "bulk_httpx"),
    Side(MEMORY, "bulk_ours", {"ledger": "memory"}),
    Side(DISK, "bulk_ours", {"ledger": "sqlite"}),
    *([Side(f"{DISK}, uvloop", "bulk_ours", {"ledger": "sqlite"}, loop="uvloop")] if HAS_UVLOOP else []),
    Side(OFFICIAL[0], "infobip", {"chunk": 500, "threads": 1}),
    Side(OFFICIAL[1], "infobip", {"chunk": 500, "threads": 8}),
)


def measure(options):
    sides = SIDES[:-1] if options.smoke else SIDES
    measured = interleaved(sides, options.rounds, options.seconds)
    found = medians(measured)
    official = max(found.keys() & set(OFFICIAL), key=lambda name: found[name]["rate"])
    rows = [
        {
            "side": name,
            "messages/s": one["rate"],
            "µs of CPU a message": one["cpu_us"],
            "× by hand": ratio(measured, name, HAND),
            "× infobip": ratio(measured, name, official),
            "stub idle": f"{one['stub_idle']:.0%}",
        }
        for name, one in found.items()
    ]
    figures = {
        "memory_to_hand": ratio(measured, MEMORY, HAND),
        "disk_to_hand": ratio(measured, DISK, HAND),
        "disk_to_official": ratio(measured, DISK, official),
        "cpu_us_on_disk": found[DISK]["cpu_us"],
        "least_idle": min(one["stub_idle"] for one in found.values()),
    }

    def draw(figure):
        left, right = figure.subplots(1, 2, sharey=True)
        bars(left, list(found), [one["rate"] for one in found.values()], unit="messages/s")
        bars(right, list(found), [one["cpu_us"] for one in found.values()], unit="µs of CPU a message")

    return Result(figures, rows, draw, raw=measured, size=(12.0, 4.0))


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=7, seconds=2.0)
