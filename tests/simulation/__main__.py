"""`python -m simulation --seeds 10000`: campaigns by the thousand; `--seed N` replays one."""

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from simulation.campaign import simulate


def attempt(seed):
    """The report of a seed, or what broke."""
    try:
        return seed, simulate(seed), None
    except Exception:  # noqa: BLE001 - whatever it is, the seed replays it
        return seed, None, traceback.format_exc()


def main():
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=300, help="how many campaigns")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, in this process")
    options = parser.parse_args()
    if options.seed is not None:
        print(simulate(options.seed))
        return 0
    started = time.monotonic()
    totals, faults, broken = Counter(), Counter(), []
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seed, report, error in pool.map(attempt, seeds, chunksize=8):
            if error is not None:
                broken.append(seed)
                print(f"seed {seed} broke; replay: python -m simulation --seed {seed}\n{error}", flush=True)
                continue
            totals.update(
                campaigns=1,
                messages=report.messages,
                requests=report.requests,
                runs=report.runs,
                crashes=report.crashes,
                unresolved=report.unresolved,
                deduplicated=report.deduplicated,
            )
            faults.update(report.faults)
    print("faults:", ", ".join(f"{name} {count:,}" for name, count in sorted(faults.items())))
    said = " · ".join(f"{count:,} {name}" for name, count in totals.items())
    print(f"{said} · {len(broken)} broken · {time.monotonic() - started:.0f} s")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
