"""Shares the inputs out among targets and engines, runs each in a process of its own, counts and judges."""

import base64
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from fuzz.planted import PLANTED
from fuzz.targets import TARGETS
from fuzz.worker import COUNTER

NEARLY = 0.1
"""So much of a target's share is made by hypothesis; all of it where there is no atheris."""


@attrs.frozen
class Job:
    """Inputs for one target by one engine."""

    engine: str
    target: str
    inputs: int
    seed: int


@attrs.frozen
class Result:
    """How many inputs were tried; `failure` says what the last one of them did, if anything."""

    job: Job
    tried: int
    failure: str | None = None
    culprit: bytes = b""


def plan(targets, inputs, seed, *, has_atheris):
    """The jobs; the shares of the targets add up to all inputs."""
    shares = {name: {**TARGETS, **PLANTED}[name].share for name in targets}
    left, weight = inputs, sum(shares.values())
    for name, share in shares.items():
        own = left * share // weight
        left, weight = left - own, weight - share
        nearly = own if not has_atheris else int(own * NEARLY)
        for engine, some in (("guided", own - nearly), ("nearly", nearly)):
            if some:
                yield Job(engine, name, some, seed)


def run(job):
    """One job to its end, whatever that is."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder, "record")
        words = [job.engine, job.target, str(job.inputs), str(job.seed), str(record)]
        done = subprocess.run(
            [sys.executable, "-m", "fuzz.worker", *words],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            check=False,
        )
        content = record.read_bytes() if record.exists() else bytes(COUNTER)
    tried, culprit = int.from_bytes(content[:COUNTER], "big"), content[COUNTER:]
    if done.returncode == 0 and tried >= job.inputs:
        return Result(job, tried)
    return Result(job, tried, _what(done), culprit)


def _what(done):
    """What ended a process."""
    if done.returncode == -signal.SIGALRM:
        return "it takes too long"
    end = done.stderr.decode(errors="replace")[-3000:]
    return f"exit {done.returncode}\n{end}"


def say(words):
    """At once: a run is long."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def fuzz(targets, inputs, seed=1):
    """Run it all, print what broke and one closing line; the number of failures."""
    started, tried, failures = time.monotonic(), Counter(), 0
    has_atheris = importlib.util.find_spec("atheris") is not None
    if not has_atheris:
        say("atheris is not installed: no input is led by what it reaches")
    known = {**TARGETS, **PLANTED}
    jobs = sorted(
        plan(targets, inputs, seed, has_atheris=has_atheris),
        key=lambda job: (known[job.target].is_slow, job.inputs),
        reverse=True,
    )
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(run, jobs):
            tried[result.job.target] += result.tried
            if result.failure is not None:
                failures += 1
                say(_told(result))
    by_target = ", ".join(f"{name} {tried[name]:,}" for name in targets)
    seconds = time.monotonic() - started
    say(f"{tried.total():,} inputs ({by_target}) · {failures} failures · {seconds:.0f} s")
    return failures


def _told(result):
    """A failure, and the command that replays it."""
    words = base64.b64encode(result.culprit).decode()
    return (
        f"{result.job.target}: {result.failure}\n"
        f"replay: python -m fuzz --target {result.job.target} --replay {words or repr(words)}"
    )
