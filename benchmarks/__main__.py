"""All benchmarks, one after the other, and what was reached: `python -m benchmarks [--smoke] [NAME …]`.

Ends with 0 where everything ran: a goal that is not met stands in the table, and is no failure.
"""

import argparse
import subprocess
import sys
import time

from benchmarks._lib.processes import ROOT, python
from benchmarks._lib.tables import table
from benchmarks.goals import judged
from benchmarks.readme import write_readme

NAMES = (
    "floor",
    "compare_bulk",
    "compare_single",
    "ledger",
    "memory",
    "growth",
    "tracking",
    "storms",
    "start",
    "load_web",
    "load_campaign",
    "where_time_goes",
)
NOT_IN_SMOKE = {"where_time_goes"}  # not every machine lets a process be sampled


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--smoke", action="store_true", help="see that they run, in about a minute")
    parser.add_argument(
        "--goals", action="store_true", help="only print what was reached by the newest results"
    )
    parser.add_argument(
        "--write-readme", action="store_true", help="only put the newest results into README.md"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if options.write_readme:
        write_readme(NAMES)
        return 0
    names = options.names or [name for name in NAMES if not (options.smoke and name in NOT_IN_SMOKE)]
    failed = [] if options.goals else _run(names, smoke=options.smoke)
    if failed:
        print(f"\ndid not run: {', '.join(failed)}")
    if not options.smoke:
        print(f"\nWhat is to be reached, and what was\n\n{table(judged())}")
    return 1 if failed else 0


def _run(names, *, smoke):
    """Each in a process of its own; answers those that failed."""
    started, options = time.monotonic(), ["--smoke"] if smoke else []
    ended = {
        name: subprocess.run(python(f"benchmarks.{name}", *options), check=False, cwd=ROOT) for name in names
    }
    print(f"\n{len(names)} benchmarks in {time.monotonic() - started:.0f} s", flush=True)
    return [name for name, process in ended.items() if process.returncode]


if __name__ == "__main__":
    sys.exit(main())
