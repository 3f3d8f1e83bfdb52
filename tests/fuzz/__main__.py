"""`python -m fuzz --inputs 1000000`: hostile bytes for every parser; `--replay` tries one input again."""

import argparse
import base64
import sys

from fuzz.runner import fuzz
from fuzz.targets import TARGETS


def main():
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1, help="of what is made up")
    parser.add_argument(
        "--target", choices=TARGETS, action="append", help="only this one; may be given again"
    )
    parser.add_argument("--replay", help="an input for --target, as it was printed")
    options = parser.parse_args()
    if options.replay is not None:
        (name,) = options.target or parser.error("--replay needs its --target")
        TARGETS[name].check(base64.b64decode(options.replay))
        return 0
    return 1 if fuzz(options.target or list(TARGETS), options.inputs, options.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
