"""What tests of commands on a shared database have in common: a list, and workers as processes."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

LIST = "to,name\n" + "".join(f"{66_800_000_000 + n},n{n}\n" for n in range(50))
SUBMIT = ("campaign", "submit", "people.csv", "--id", "songkran", "--text", "Hi {name}", "--sender", "ANTS")


@contextmanager
def started(*words, **streams):
    """`ants-async …` in a process of its own."""
    command = [sys.executable, "-m", "ants_async", *map(str, words)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    with subprocess.Popen(command, text=True, env=os.environ, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def until(stream, words):
    """Read up to a line with these words."""
    for line in stream:
        if words in line:
            return line
    raise AssertionError(f"it never said {words!r}")


def heeds_sighup():
    """In a new process: also where these tests run by `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@contextmanager
def worker(*options, **streams):
    """A worker that has begun; it speaks on stderr."""
    with started("worker", *options, **streams) as process:
        assert "serving" in process.stderr.readline()
        yield process
