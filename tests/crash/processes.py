"""The programs of a crash test: the simulator and campaigns, each a process of its own."""

import csv
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import attrs
import httpx

PATIENCE = 300.0
STATS = ("accepted", "accepted_recipients", "reports_handed_out")


def command(*words):
    return [sys.executable, "-m", "ants_async", *map(str, words)]


_LIMITS = httpx.Limits(keepalive_expiry=1.0)
"""Before the server closes what is idle for five seconds, just while it is asked once more."""


def environment():
    return {**os.environ, "ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}


@attrs.frozen
class Api:
    """A simulator at work, and what it knows."""

    base_url: str
    http: httpx.Client

    def stats(self):
        return self.http.get("/_simulator/stats").json()


@contextmanager
def simulator(*options):
    """The API as a process of its own."""
    process = subprocess.Popen(
        command("simulate", "--port", 0, *options), stdout=subprocess.PIPE, text=True, env=environment()
    )
    with process:
        try:
            base_url = process.stdout.readline().split()[-1]
            with httpx.Client(base_url=base_url, trust_env=False, limits=_LIMITS) as http:
                yield Api(base_url, http)
        finally:
            process.kill()


@attrs.frozen
class Place:
    """A folder with a list, a ledger and results."""

    folder: os.PathLike

    @property
    def list(self):
        return self.folder / "list.csv"

    @property
    def ledger(self):
        return self.folder / "ledger.db"

    @property
    def results(self):
        return self.folder / "results.csv"

    def write(self, numbers):
        """The list of those to be texted."""
        with self.list.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["to", "name"])
            writer.writerows([number, f"n{number}"] for number in numbers)

    def run(self, base_url, *options):
        """The command that sends to them."""
        words = ["campaign", "run", self.list, "--id", "c", "--text", "Hi {name}", "--base-url", base_url]
        return command(*words, "--ledger", self.ledger, "--results", self.results, *options)

    def rows(self):
        """The results, a row a recipient."""
        with self.results.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def keep_copy(self):
        """Of the ledger as it is on disk."""
        for name in ("ledger.db", "ledger.db-wal"):
            (self.folder / f"copy-{name}").unlink(missing_ok=True)
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, self.folder / f"copy-{name}")

    def put_back_copy(self):
        """As somebody does who restores a backup; False when there is none."""
        if not (self.folder / "copy-ledger.db").exists():
            return False
        for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
            if (self.folder / f"copy-{name}").exists():
                shutil.copy(self.folder / f"copy-{name}", self.folder / name)
        return True


def finish(words, **options):
    """Run a campaign to its end."""
    options = {"env": environment()} | options
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, **options)
