"""The command line that every benchmark has."""

import argparse
from pathlib import Path

from benchmarks._lib.machine import facts
from benchmarks._lib.results import publish


def benchmark(module_file, description, measure, *, rounds=None, seconds=None, more=None):
    """Run `measure(options)`, which answers a `Result`, as a program.

    `rounds`, `seconds`: the defaults of a full run, where it has such; a smoke run has one short round.
    `more`: type and help of further options, by name.
    """
    name, title = Path(module_file).stem, description.splitlines()[0].rstrip(".")
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("--smoke", action="store_true", help="a few seconds, to see that it runs; no figures")
    if rounds:
        parser.add_argument("--rounds", type=int, help=f"how often each side runs ({rounds})")
    if seconds:
        parser.add_argument("--seconds", type=float, help=f"of each round ({seconds:g})")
    for option, (kind, words) in (more or {}).items():
        parser.add_argument(f"--{option}", type=kind, help=words)
    options = parser.parse_args()
    if rounds:
        options.rounds = options.rounds or (1 if options.smoke else rounds)
    if seconds:
        options.seconds = options.seconds or (0.2 if options.smoke else seconds)
    before = facts()
    publish(name, title, measure(options), before, smoke=options.smoke)
