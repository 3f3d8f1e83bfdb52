"""Programs of ours in processes of their own, started where `ants_async` and `benchmarks` are found."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(module, *arguments):
    """The command that runs a module."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def said_by(module, *arguments):
    """What a module printed; raises where it failed."""
    command = python(module, *arguments)
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout
