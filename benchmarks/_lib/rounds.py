"""Sides in turns: A B C A B C …, so that what else the machine does meets all of them alike."""

import itertools
import json
import subprocess
from contextlib import ExitStack
from statistics import median

import attrs

from benchmarks._lib.processes import ROOT, python
from benchmarks._lib.stub import running_stub

_numbers = itertools.count(1)


@attrs.frozen
class Side:
    """One way to send. `module` has its `run`, which takes `options`.

    `most`: so many messages instead of a time. `stub`: the stub's `Settings` for it. `loop`: or `uvloop`.
    """

    name: str
    module: str
    options: dict = attrs.field(factory=dict)
    most: int | None = None
    stub: dict = attrs.field(factory=dict)
    loop: str = "asyncio"


class _Worker:
    """The process of a side."""

    def __init__(self, module, stack, under=()):
        command = [*under, *python("benchmarks._lib.worker", f"benchmarks.sides.{module}")]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = stack.enter_context(subprocess.Popen(command, **pipes, text=True, cwd=ROOT))
        stack.callback(self._process.communicate)  # no more work: it ends
        self._said()  # that it is ready: nobody measures while another one is still importing

    def run(self, side, stub, seconds=None):
        """One round. Raises where the stub has not seen what the side claims."""
        stub.reset(**side.stub)
        box = {"base_url": stub.url, "name": f"bench-{next(_numbers)}", "most": side.most}
        box["seconds"] = None if side.most else seconds
        job = {"box": box, "options": side.options, "loop": side.loop}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        figures, seen = self._said(), stub.stats()
        _judge(side, figures, seen["messages"])
        return figures | {"stub": seen}

    def _said(self):
        lines = iter(self._process.stdout.readline, "")
        line = next((one for one in lines if one.startswith("{")), None)  # a profiler around it speaks, too
        if line is None:
            raise RuntimeError(f"a side ended with code {self._process.wait()}; what it said is above")
        return json.loads(line)


def interleaved(sides, rounds, seconds=None):
    """Figures of each side, round by round: `{name: [figures, …]}`. A side keeps its process."""
    measured = {side.name: [] for side in sides}
    with ExitStack() as stack:
        stub = stack.enter_context(running_stub())
        workers = {side.module: _Worker(side.module, stack) for side in sides}
        for _, side in itertools.product(range(rounds), sides):
            measured[side.name].append(workers[side.module].run(side, stub, seconds))
    return measured


def fresh(side, stub, seconds=None, under=()):
    """Figures of a side in a new process, whose command comes after `under`, where that is given."""
    with ExitStack() as stack:
        return _Worker(side.module, stack, under).run(side, stub, seconds)


def _judge(side, figures, arrived):
    """Speed counts only where every message that a side claims has reached the stub."""
    claimed = figures["messages"] + figures["warmed"]
    if claimed != arrived or not figures["messages"]:
        raise RuntimeError(f"{side.name}: says {claimed} messages, the stub has seen {arrived}")


def medians(measured):
    """The median of each figure of each side."""
    return {
        name: {key: median(one[key] for one in rounds) for key in rounds[0] if key != "stub"}
        for name, rounds in measured.items()
    }


def ratio(measured, name, other, key="rate"):
    """How much of `other` a side reaches: the median over the rounds, each compared within itself."""
    pairs = zip(measured[name], measured[other], strict=True)
    return median(mine[key] / theirs[key] for mine, theirs in pairs)
