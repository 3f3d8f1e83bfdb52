"""`python -m fuzz.worker ENGINE TARGET INPUTS SEED RECORD`: one target, in a process of its own.

The engines: `guided`, atheris, which follows what input reaches new code; `nearly`, hypothesis, for inputs
that are nearly right. Before each input is tried it is written down: whatever becomes of this process, the
runner knows which input it was, and how many there have been.
"""

import logging
import os
import resource
import signal
import sys
from pathlib import Path

from fuzz.planted import PLANTED

MEMORY = 1024 * 2**20
"""Bytes of a process, beside what it has loaded: what an input of some kilobytes must not come to."""
PATIENCE = int(os.environ.get("FUZZ_PATIENCE", "10"))
"""Seconds for one input."""
LONGEST = 4096
"""Bytes of an input that atheris makes up."""
COUNTER = 8
"""Bytes at the beginning of a record that hold the count."""

_AT_ONCE = 1000  # what hypothesis remembers grows with its examples


class Recorder:
    """A target's check that writes down what it is about to try.

    After a failure only what fails again is written down: hypothesis goes on, to find a smaller one.
    """

    def __init__(self, check, record):
        self._check = check
        self._record = os.open(record, os.O_RDWR | os.O_CREAT)
        self._has_failed = False
        self.count = 0

    def __call__(self, data):
        self.count += 1
        if not self._has_failed:
            self._write(data)
        try:
            self._check(data)
        except BaseException:
            if self._has_failed:
                self._write(data)
            self._has_failed = True
            raise

    def _write(self, data):
        content = self.count.to_bytes(COUNTER, "big") + data
        os.ftruncate(self._record, 0)
        os.pwrite(self._record, content, 0)


def find(name):
    """A target by its name; for a planted one nothing of the package has to be there."""
    if name in PLANTED:
        return PLANTED[name]
    from fuzz.targets import TARGETS

    return TARGETS[name]


def inputs_for(name, target):
    """What hypothesis makes up for a target."""
    from hypothesis import strategies as st

    if name in PLANTED:
        return st.binary(max_size=20) | st.sampled_from(target.seeds)
    from fuzz.mutations import strategy

    return strategy(name)


def guided(name, inputs, seed, record):
    """By atheris: the package, and the parsers that are written in Python, are watched while they run."""
    import atheris

    with atheris.instrument_imports(include=["ants_async", "xmltodict", "csv"]):
        target = find(name)
    corpus = Path(f"{record}.corpus")
    corpus.mkdir()
    for number, one in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(one)
    limits = [f"-rss_limit_mb={MEMORY >> 20}", f"-timeout={PATIENCE}", f"-max_len={LONGEST}"]
    options = [f"-runs={inputs}", f"-seed={seed}", f"-artifact_prefix={record}.", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, *limits, str(corpus)], Recorder(target.check, record))
    atheris.Fuzz()


def loaded():
    """Bytes of addresses that this process has already: libraries reserve more than they ever fill."""
    counted = Path("/proc/self/statm")
    return int(counted.read_text().split()[0]) * resource.getpagesize() if counted.exists() else 0


def nearly(name, inputs, seed, record):
    """By hypothesis; the system ends whatever takes too long or too much."""
    import hypothesis

    target = find(name)
    recorder = Recorder(target.check, record)
    limit = loaded() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    def attempt(data):
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        recorder(data)
        signal.setitimer(signal.ITIMER_REAL, 0)

    strategy = inputs_for(name, target)
    for part in range(inputs):
        if recorder.count >= inputs:
            return
        settings = hypothesis.settings(
            max_examples=min(_AT_ONCE, inputs - recorder.count),
            database=None,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        # Wrapped each time anew: hypothesis leaves its marks on a function.
        test = hypothesis.given(strategy)(lambda data: attempt(data))  # noqa: PLW0108
        hypothesis.seed(seed * 1_000_000 + part)(settings(test))()


if __name__ == "__main__":
    logging.disable()
    engine, name, inputs, seed, record = sys.argv[1:]
    {"guided": guided, "nearly": nearly}[engine](name, int(inputs), int(seed), record)
