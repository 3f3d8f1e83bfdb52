"""Tracking: calls for reports, and how late an outcome is.

A campaign at the default settings, learned rate and all. "Needed" is ceil(messages / limit), with the limit
of 1,000 that each call asks for. A call is *early* while nothing of its bulk is ready; those after are what
the goal is about. Late is an outcome by the time since its report could have been fetched.
`python -m benchmarks.tracking [--smoke]`
"""

import math

import attrs

from benchmarks._lib.command import benchmark
from benchmarks._lib.plots import bars
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, fresh
from benchmarks._lib.stub import running_stub

LIMIT = 1_000


@attrs.frozen
class Case:
    """`delays`: seconds from receipt to report, the same for a whole bulk if `together`."""

    name: str
    delays: tuple
    together: bool = True
    chunk: int = 1_000

    def play(self, stub, messages):
        """One campaign, in a process of its own."""
        stub_settings = {"delays": self.delays, "together": self.together}
        side = Side(self.name, "tracked_ours", {"chunk": self.chunk}, most=messages, stub=stub_settings)
        return fresh(side, stub)


DEFAULT = Case("bulks ready after 1 to 10 s", (1.0, 10.0))
CASES = (
    DEFAULT,
    attrs.evolve(DEFAULT, name="the same, chunks of 500", chunk=500),
    Case("ready at once", (0.0, 0.0)),
    Case("ready after 3 s", (3.0, 3.0)),
    Case("ready after 30 s", (30.0, 30.0)),
    Case("each message by itself, 1 to 10 s", (1.0, 10.0), together=False),
)


def measure(options):
    cases = (Case("ready at once", (0.0, 0.0)),) if options.smoke else CASES
    messages = 1_000 if options.smoke else 50_000
    with running_stub() as stub:
        found = {case.name: case.play(stub, messages) for case in cases}
    rows = [
        {
            "reports": name,
            "messages": one["messages"],
            "calls needed": math.ceil(one["messages"] / LIMIT),
            "calls": _calls(one),
            "× needed": _calls(one) / math.ceil(one["messages"] / LIMIT),
            "early calls": one["stub"]["reports"]["early"],
            "late, median s": one["median"],
            "95 %": one["p95"],
            "99 %": one["p99"],
        }
        for name, one in found.items()
    ]
    figures = {"calls": rows[0]["× needed"], "late": rows[0]["late, median s"]}

    def draw(figure):
        left, right = figure.subplots(1, 2, sharey=True)
        names = list(found)
        bars(left, names, [row["× needed"] for row in rows], unit="calls once ready, × needed")
        bars(right, names, [row["late, median s"] for row in rows], unit="late, median s")

    return Result(figures, rows, draw, raw=found, size=(12.0, 4.0))


def _calls(one):
    """For bulks of which something was ready."""
    reports = one["stub"]["reports"]
    return reports["full"] + reports["empty"]


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure)
