"""Storms: an unknown limit, found by the client itself.

Every case of `tests/storms` (servers, ways, stories, on a virtual clock) with the goals that stand there; and
four of them drawn, second by second. `python -m benchmarks.storms [--smoke]`
"""

import os
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor

from benchmarks._lib.command import benchmark
from benchmarks._lib.processes import ROOT
from benchmarks._lib.results import Result

sys.path.insert(0, str(ROOT / "tests"))

from storms.cases import FIRST_SEED, LIMITS, SCENARIOS, Case, grid, play, record

DRAWN = {
    "steady": "token bucket",
    "halves": "fixed window",
    "doubles": "sliding window",
    "storm": "fixed window",
}


def measure(options):
    cases = grid(LIMITS[:1], ("doubles",))[:2] if options.smoke else grid()
    drawn = [Case(*story, 0.05, "none", LIMITS[2], FIRST_SEED) for story in DRAWN.items()]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        logs = list(pool.map(record, drawn))
        verdicts = list(pool.map(play, cases, chunksize=2))
    by_scenario = defaultdict(list)
    for verdict in verdicts:
        by_scenario[verdict.case.scenario].append(verdict)
    rows = [
        {
            "scenario": scenario,
            "cases": len(found),
            "worst share of the limit": f"{min(one.goodput for one in found):.1%}",
            "worst refused": _refused(scenario, max(one.refused for one in found)),
            "goals missed": sum(bool(one.breaches) for one in found),
        }
        for scenario in SCENARIOS
        if (found := by_scenario[scenario])
    ]
    missed = [breach for verdict in verdicts for breach in verdict.breaches]

    def draw(figure):
        for axes, case, log in zip(figure.subplots(2, 2).flat, drawn, logs, strict=True):
            _draw(axes, case, log)

    figures = {"met": 1 - sum(row["goals missed"] for row in rows) / len(verdicts), "cases": len(verdicts)}
    return Result(figures, rows, draw, notes=missed, size=(12.0, 7.0))


def _refused(scenario, refused):
    """In a storm everything is: there the number of requests counts."""
    return f"{refused:g} requests inside" if scenario == "storm" else f"{refused:.2%}"


def _draw(axes, case, log):
    seconds = range(int(min(case.end, 160)))
    accepted = Counter(int(when) for when, ok in zip(log.times, log.accepted, strict=True) if ok)
    refused = Counter(int(when) for when, ok in zip(log.times, log.accepted, strict=True) if not ok)
    axes.step(seconds, [case.allowed(second) for second in seconds], "k--", where="post", label="limit")
    axes.plot(seconds, [accepted[second] for second in seconds], color="#4477aa", label="accepted")
    axes.plot(seconds, [refused[second] for second in seconds], color="#cc3311", label="refused")
    axes.set(title=str(case).rpartition(", seed")[0], xlabel="seconds", ylabel="requests/s")
    axes.legend(loc="upper right", fontsize="small")


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure)
