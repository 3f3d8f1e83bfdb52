"""`python -m crash --kills 1000`: campaigns killed again and again, the simulator in another process."""

import argparse
import itertools
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import attrs

from crash.campaigns import Count, campaign

_AT_ONCE = 6  # a campaign mostly waits


def main():
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how many in all, at least")
    parser.add_argument("--each", type=int, default=15, help="how many a campaign")
    parser.add_argument("--recipients", type=int, default=3000, help="how many a campaign")
    parser.add_argument("--seed", type=int, default=1, help="of the first campaign")
    options = parser.parse_args()
    started, count, broken = time.monotonic(), Count(), []

    def one(seed):
        with tempfile.TemporaryDirectory() as folder:
            try:
                campaign(folder, seed, recipients=options.recipients, kills=options.each, count=count)
            except Exception:  # noqa: BLE001 - whatever it is, it is counted
                broken.append(seed)
                print(f"campaign {seed} broke; again: python -m crash --kills 1 --seed {seed}")
                print(traceback.format_exc(), flush=True)
        said = " · ".join(
            f"{value:,} {name.replace('_', ' ')}" for name, value in attrs.asdict(count).items()
        )
        print(f"{said} · {len(broken)} broken · {time.monotonic() - started:.0f} s", flush=True)

    def one_after_the_other(seeds):
        while count.kills < options.kills and not broken:
            one(next(seeds))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one_after_the_other, [itertools.count(options.seed)] * _AT_ONCE))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
