"""`python -m storms`: clients that are not told the limit, against every server of the grid.

`--verbose` prints a table; `--limits 8 30 --seeds 2 --first 1` plays others, `--scenarios storm` fewer.
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor

from storms.cases import FIRST_SEED, LIMITS, SCENARIOS, TRIPS, grid, play
from storms.wholes import WHOLES, check_whole


def table(verdicts):
    """Per scenario, server and Retry-After: the worst goodput and the worst refusals of each round trip."""
    rows = defaultdict(list)
    for verdict in verdicts:
        case = verdict.case
        kind = "under 20/s" if case.limit < 20 else "20/s and more"
        rows[case.scenario, kind, case.server, case.retry_after, case.trip].append(verdict)
    heads = "".join(f"{trip * 1000:>14g} ms" for trip in TRIPS)
    print(f"{'worst goodput, refused (storm: requests inside)':<62}{heads}")
    for row in dict.fromkeys(key[:-1] for key in rows):
        cells = []
        for trip in TRIPS:
            worst = rows[(*row, trip)]
            refused = max(verdict.refused for verdict in worst)
            said = f"{refused:d}" if row[0] == "storm" else f"{refused:.2%}"
            cells.append(f"{min(verdict.goodput for verdict in worst):>9.1%} {said:>7}")
        print(f"{row[0]:<14}{row[1]:<15}{row[2]:<16}Retry-After {row[3]:<7}{''.join(cells)}")


def main():
    parser = argparse.ArgumentParser(prog="storms", description=__doc__)
    parser.add_argument("--limits", type=int, nargs="+", default=LIMITS, help="requests a second")
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--seeds", type=int, default=1, help="how many of each case")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="the first seed")
    parser.add_argument("--verbose", action="store_true", help="print the table")
    options = parser.parse_args()
    started = time.monotonic()
    seeds = range(options.first, options.first + options.seeds)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        cases = pool.map(play, grid(options.limits, options.scenarios, seeds), chunksize=2)
        wholes = pool.map(check_whole, WHOLES)
        verdicts, said = list(cases), list(wholes)
    if options.verbose:
        table(verdicts)
        print(*(words for words, _ in said), sep="\n")
    breaches = [breach for verdict in verdicts for breach in verdict.breaches]
    breaches += [breach for _, found in said for breach in found]
    print(*breaches, sep="\n", end="\n" if breaches else "")
    requests = sum(verdict.requests for verdict in verdicts)
    took = time.monotonic() - started
    print(
        f"{len(verdicts):,} cases · {requests:,} requests · {len(WHOLES)} whole clients"
        f" · {len(breaches)} breaches · {took:.0f} s"
    )
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
