"""Campaigns in processes of their own, killed again and again; the server's own count is the judge.

Each campaign has a simulator of its own in another process, and a failing network of its own. It is killed at
random moments, with SIGKILL mostly and with the gentler signals sometimes, then run to its end.
"""

import csv
import os
import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import attrs
import httpx

FAULTS = "drop-before=0.02,drop-after=0.04,500=0.02"
_GENTLE = (signal.SIGTERM, signal.SIGINT)
INTERRUPTED = 130
_PATIENCE = 300.0


class Breach(AssertionError):
    """Somebody was lost, or texted twice."""


@attrs.define
class Count:
    """What was done, and what came of it."""

    campaigns: int = 0
    messages: int = 0
    kills: int = 0
    signals: int = 0
    deduplicated: int = 0


def _command(*words):
    return [sys.executable, "-m", "ants_async.cli", *map(str, words)]


@contextmanager
def simulator(seed):
    """The API as a process of its own."""
    options = [
        "--port",
        0,
        "--latency",
        "20ms",
        "--delivery-time",
        "500ms",
        "--faults",
        FAULTS,
        "--seed",
        seed,
    ]
    process = subprocess.Popen(_command("simulate", *options), stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.kill()


def campaign(folder, seed, *, recipients, kills, count):
    """One campaign, killed so many times, then run to its end. Raises `Breach`."""
    rng = random.Random(seed)
    folder = Path(folder)
    mode = rng.choice(["advanced", "advanced", "multi"])
    numbers = [str(66_800_000_000 + number) for number in rng.sample(range(10**6), recipients)]
    with simulator(seed) as base_url:
        words = ["campaign", "run", folder / "list.csv", "--id", "c", "--text", "Hi {name}", "--mode", mode]
        words += [
            "--chunk",
            rng.choice([20, 100]),
            "--concurrency",
            rng.randint(1, 8),
            "--base-url",
            base_url,
        ]
        words += ["--ledger", folder / "ledger.db", "--results", folder / "results.csv"]
        for _ in range(kills):
            rng.shuffle(numbers)
            _write(folder / "list.csv", numbers)
            if _interrupt(_command(*words), rng, count):
                break
        done = subprocess.run(
            _command(*words),
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise Breach(f"it did not come to its end: {done.stdout[-500:]}{done.stderr[-2000:]}")
        stats = httpx.get(f"{base_url}/_simulator/stats", trust_env=False).json()
    _judge(stats, folder / "results.csv", numbers)
    count.campaigns += 1
    count.messages += recipients
    with (folder / "results.csv").open(encoding="utf-8", newline="") as rows:
        count.deduplicated += sum(row["deduplicated"] == "true" for row in csv.DictReader(rows))


def _write(path, numbers):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["to", "name"])
        writer.writerows([number, f"n{number}"] for number in numbers)


def _interrupt(command, rng, count):
    """Let it run for a moment, and end it; True when it came to its end before."""
    process = subprocess.Popen(
        command, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    number = signal.SIGKILL if rng.random() < 0.85 else rng.choice(_GENTLE)
    try:
        process.wait(rng.uniform(0.3, 2.5))
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    code = process.wait(_PATIENCE)
    if code == 0:
        return True
    if code == -signal.SIGKILL:
        count.kills += 1
    elif code in {INTERRUPTED, -signal.SIGTERM, -signal.SIGINT}:  # before it listened for signals: at once
        count.signals += 1
    else:
        raise Breach(f"exit code {code} after {signal.Signals(number).name}")
    return False


def _environment():
    return {**os.environ, "ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}


def _judge(stats, results, numbers):
    if not stats["accepted"] == stats["accepted_recipients"] == len(numbers):
        raise Breach(f"{len(numbers)} recipients, and the server says {stats}")
    with results.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if sorted(row["to"] for row in rows) != sorted(numbers):
        raise Breach("the results are not one row a recipient")
    if {row["outcome"] for row in rows} != {"final"}:
        raise Breach("somebody has no final status")
