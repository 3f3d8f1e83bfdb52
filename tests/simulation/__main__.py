"""`python -m simulation --seeds 10000`: campaigns by the thousand; `--seed N` replays one."""

import argparse
import logging
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import attrs

from simulation.campaign import simulate
from simulation.judge import Breach


@attrs.define
class Totals:
    """What all campaigns went through together; `broken`: by kind of breach."""

    counts: Counter = attrs.field(factory=Counter)
    crashes: Counter = attrs.field(factory=Counter)
    faults: Counter = attrs.field(factory=Counter)
    broken: Counter = attrs.field(factory=Counter)

    def add(self, report):
        self.counts.update(
            campaigns=1,
            messages=report.messages,
            requests=report.requests,
            runs=report.runs,
            deduplicated=report.deduplicated,
        )
        self.counts["messages of others"] += report.others
        self.broken["unresolved"] += report.unresolved
        self.crashes.update(report.crashes)
        self.faults.update(report.faults)

    def __str__(self):
        said = [f"{count:,} {name}" for name, count in self.counts.items()]
        said += [f"{self.crashes.total():,} crashes", f"{self.faults.total():,} faults"]
        said += [f"{self.broken[kind]} {kind}" for kind in ("lost", "twice", "unresolved")]
        said.append(f"{self.broken.total()} broken")
        return f"crashes: {_listed(self.crashes)}\nfaults: {_listed(self.faults)}\n{' · '.join(said)}"


def _listed(counts):
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def attempt(seed):
    """The report of a seed, or which kind of breach it is, and what is said about it."""
    try:
        return seed, simulate(seed), None, None
    except Breach as breach:
        return seed, None, breach.kind, traceback.format_exc()
    except Exception as error:  # noqa: BLE001 - whatever it is, the seed replays it
        return seed, None, type(error).__name__, traceback.format_exc()


def quiet():
    """What the engine warns of is meant to happen here; of the dead nothing is closed."""
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda _: None


def main():
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many campaigns")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, in this process, and say what it warns of")
    options = parser.parse_args()
    if options.seed is not None:
        print(simulate(options.seed))
        return 0
    started = time.monotonic()
    totals = Totals()
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor(os.cpu_count(), initializer=quiet) as pool:
        for seed, report, kind, error in pool.map(attempt, seeds, chunksize=8):
            if sys.stderr.isatty():  # long runs are watched
                print(f"\rseed {seed:,}", end="\r", file=sys.stderr, flush=True)
            if report is not None:
                totals.add(report)
                continue
            totals.broken[kind] += 1
            print(f"seed {seed} broke; replay: python -m simulation --seed {seed}\n{error}", flush=True)
    print(f"{totals} · {time.monotonic() - started:.0f} s")
    return 1 if totals.broken.total() else 0


if __name__ == "__main__":
    sys.exit(main())
