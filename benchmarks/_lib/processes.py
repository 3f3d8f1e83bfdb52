"""Programs of ours in processes of their own, started where `ants_async` and `benchmarks` are found."""

import re
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(module, *arguments):
    """The command that runs a module."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def said_by(module, *arguments):
    """What a module printed; raises where it failed."""
    command = python(module, *arguments)
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout


def seconds_of(module, *arguments):
    """How long a module runs, from before its process starts until it has ended."""
    started = time.perf_counter()
    said_by(module, *arguments)
    return time.perf_counter() - started


def peak_memory():
    """The most that this process has held in memory, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage counts what the parent held when it started this process, too
        return int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1]) / 1024
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / (1024 if sys.platform == "darwin" else 1)
    )


def memory():
    """What this process holds in memory now, in MB."""
    import psutil

    return psutil.Process().memory_info().rss / 1024**2


def imported(module):
    """Seconds that an import takes in a new process."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return float(
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
    )
