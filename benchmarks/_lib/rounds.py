"""Sides in turns: A B C A B C …, so that what else the machine does meets all of them alike."""

import itertools
import json
import subprocess
from contextlib import ExitStack
from statistics import median

import attrs

from benchmarks._lib.processes import ROOT, python
from benchmarks._lib.stub import running_stub


@attrs.frozen
class Side:
    """One way to send. `module` has its `run`, which takes `options`; `most`: messages, instead of a time."""

    name: str
    module: str
    options: dict = attrs.field(factory=dict)
    most: int | None = None


class _Worker:
    """The process of a side, kept over all rounds."""

    def __init__(self, module, stack):
        self._process = stack.enter_context(
            subprocess.Popen(
                python("benchmarks._lib.worker", f"benchmarks.sides.{module}"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
        )
        stack.callback(self._process.stdin.close)

    def run(self, box, options):
        self._process.stdin.write(json.dumps({"box": box, "options": options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a side ended with code {self._process.wait()}; what it said is above")
        return json.loads(line)


def interleaved(sides, rounds, seconds):
    """Figures of each side, round by round: `{name: [figures, …]}`. The stub's count has to agree."""
    measured = {side.name: [] for side in sides}
    names = itertools.count(1)
    with ExitStack() as stack:
        stub = stack.enter_context(running_stub())
        workers = {side.module: _Worker(side.module, stack) for side in sides}
        for _, side in itertools.product(range(rounds), sides):
            stub.reset()
            box = {"base_url": stub.url, "name": f"bench-{next(names)}", "most": side.most}
            box["seconds"] = None if side.most else seconds
            figures = workers[side.module].run(box, side.options)
            _judge(side, figures, stub.stats()["messages"])
            measured[side.name].append(figures)
    return measured


def _judge(side, figures, arrived):
    """Speed counts only where every message that a side claims has reached the stub."""
    claimed = figures["messages"] + figures["warmed"]
    if claimed != arrived or not figures["messages"]:
        raise RuntimeError(f"{side.name}: says {claimed} messages, the stub has seen {arrived}")


def medians(measured):
    """The median of each figure of each side."""
    return {
        name: {key: median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in measured.items()
    }


def ratio(measured, name, other, key="rate"):
    """How much of `other` a side reaches: the median over the rounds, each compared within itself."""
    pairs = zip(measured[name], measured[other], strict=True)
    return median(mine[key] / theirs[key] for mine, theirs in pairs)
