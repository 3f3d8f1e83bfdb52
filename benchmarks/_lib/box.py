"""A box of time, or so many messages, in which one side sends what it can."""

import gc
import itertools
import math
import time

from benchmarks._lib.processes import peak_memory
from benchmarks._lib.stub import StubControl

CREDENTIALS = ("demo", "demo")
SENDER = "ANTS"
_ROWS_A_LOOK = 20


def row(number):
    """Number and text of a recipient; no two are the same."""
    return f"668{number:08d}", f"Dear member {number}, 20% off until Sunday in every shop of ours"


class Box:
    """One round of one side. `name` is new for each round: ids are made of it.

    The side opens its connections, calls `begin`, sends until `is_open` is false or `rows` ends, waits for
    the last answer, and calls `end` with the number of messages that were accepted.
    """

    def __init__(self, base_url, name, *, seconds=None, most=None):
        self.base_url, self.name = base_url, name
        self.seconds, self.most = seconds or math.inf, most or math.inf
        self.warmed = 0  # messages sent before it began
        self.given = None  # how many rows there were, once they ended
        self._stub = StubControl(base_url)

    def begin(self):
        gc.collect()
        self._stub_before = self._stub.stats()
        self._cpu = time.process_time()
        self._started = time.perf_counter()

    @property
    def is_open(self):
        return time.perf_counter() - self._started < self.seconds

    def rows(self):
        """One recipient after the other."""
        for number in itertools.count(1):
            if number > self.most or (number % _ROWS_A_LOOK == 0 and not self.is_open):
                self.given = number - 1
                return
            yield row(number)

    def end(self, messages, **more):
        """Stop the clocks; `more` is what else the side has seen."""
        wall, cpu = time.perf_counter() - self._started, time.process_time() - self._cpu
        after, before = self._stub.stats(), self._stub_before
        self.measured = {
            "messages": messages,
            "warmed": self.warmed,
            "wall": wall,
            "cpu": cpu,
            "rate": messages / wall,
            "cpu_us": cpu / messages * 1e6,
            "stub_idle": max(1 - (after["cpu"] - before["cpu"]) / (after["wall"] - before["wall"]), 0.0),
            "peak_mb": peak_memory(),
            **more,
        }
