"""Single sends, a message a request: requests a second at 8, 32 and 256 in flight.

One client in one process; ours typed in, typed out. The infobip client is synchronous: a thread for each
request in flight. `python -m benchmarks.compare_single [--smoke] [--rounds 5] [--seconds 1.5]`
"""

from benchmarks._lib.command import benchmark
from benchmarks._lib.loops import HAS_UVLOOP
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, interleaved, medians, ratio

IN_FLIGHT = (8, 32, 256)
HAND, PLAIN, OFFICIAL, OURS = "aiohttp, by hand", "httpx.AsyncClient", "infobip client", "ants_async"
KINDS = {HAND: "single_aiohttp", PLAIN: "single_httpx", OFFICIAL: "infobip", OURS: "single_ours"}
ON_UVLOOP = {f"{kind}, uvloop": KINDS[kind] for kind in (HAND, OURS)} if HAS_UVLOOP else {}
KINDS |= ON_UVLOOP


def _side(kind, number):
    options = {"chunk": 1, "threads": number} if kind == OFFICIAL else {"in_flight": number}
    return Side(f"{kind}, {number}", KINDS[kind], options, loop="uvloop" if kind in ON_UVLOOP else "asyncio")


def measure(options):
    levels = (8, 32) if options.smoke else IN_FLIGHT
    sides = [_side(kind, number) for number in levels for kind in KINDS]
    measured = interleaved(sides, options.rounds, options.seconds)
    found = medians(measured)
    rows = [
        {
            "in flight": number,
            "side": kind,
            "requests/s": found[f"{kind}, {number}"]["rate"],
            "µs of CPU a request": found[f"{kind}, {number}"]["cpu_us"],
            "× by hand": ratio(measured, f"{kind}, {number}", f"{HAND}, {number}"),
            "× httpx": ratio(measured, f"{kind}, {number}", f"{PLAIN}, {number}"),
            "stub idle": f"{found[f'{kind}, {number}']['stub_idle']:.0%}",
        }
        for number in levels
        for kind in KINDS
    ]
    figures = {
        "ours_to_httpx_at_32": ratio(measured, f"{OURS}, 32", f"{PLAIN}, 32"),
        "ours_to_hand_at_32": ratio(measured, f"{OURS}, 32", f"{HAND}, 32"),
        "ours_at_256_to_8": ratio(measured, f"{OURS}, {levels[-1]}", f"{OURS}, 8"),
        "least_idle": min(one["stub_idle"] for one in found.values()),
    }

    def draw(figure):
        axes = figure.subplots()
        for kind in KINDS:
            axes.plot(levels, [found[f"{kind}, {n}"]["rate"] for n in levels], "o-", label=kind)
        axes.set_xscale("log", base=2)
        axes.set_xticks(levels, [str(number) for number in levels])
        axes.set_yscale("log")
        axes.set(xlabel="requests in flight", ylabel="requests/s")
        axes.legend()

    return Result(figures, rows, draw, raw=measured)


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=5, seconds=1.5)
