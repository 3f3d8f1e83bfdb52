"""`python -m scale`: campaigns on many workers, put to the test. `python -m scale kills --kills 50`."""

import argparse
import asyncio
import logging
import sys
import time

from scale.trials import TRIALS, Breach


def main():
    parser = argparse.ArgumentParser(prog="scale", description=__doc__)
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)}; all of them")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    broken = 0
    for name in options.trials or TRIALS:
        began = time.monotonic()
        try:
            found = asyncio.run(TRIALS[name](options))
        except Breach as breach:
            found, broken = f"BROKEN: {breach}", broken + 1
        print(f"{name}: {TRIALS[name].__doc__}\n    {found} · {time.monotonic() - began:.0f} s", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
