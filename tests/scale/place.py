"""A PostgreSQL, a simulator and workers, each in processes of its own, and what they cost."""

import os
import random
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import attrs
import httpx
from postgres_server import local_postgres

from ants_async.dispatch import Campaign, Recipient
from ants_async.scaleout import ScaleOut

FIRST = 66_800_000_000
TEXT = "Hi {name}"
_TICKS = os.sysconf("SC_CLK_TCK")


def people(count, *, first=FIRST):
    return (Recipient(str(first + number), fields={"name": f"n{number}"}) for number in range(count))


def _environment():
    return {**os.environ, "ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}


def _command(*words):
    return [sys.executable, "-m", "ants_async", *map(str, words)]


def cpu_seconds(pid):
    """Of a process and of all that it started."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(stat[11]) + int(stat[12])) / _TICKS + sum(map(cpu_seconds, children))


def cores_idle():
    """Seconds that all cores together had nothing to do so far."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split()[4]) / _TICKS


@attrs.define
class Place:
    """Where campaigns run. `workers` are processes; `scaleout` is this process's own door."""

    postgres: object
    scaleout: ScaleOut
    base_url: str
    simulator: subprocess.Popen
    options: tuple
    workers: list = attrs.field(factory=list)

    def start_worker(self):
        """One more."""
        words = _command("worker", "--database", self.postgres.url(), "--base-url", self.base_url)
        with (self.postgres.folder / "workers.log").open("ab") as log:
            self.workers.append(
                subprocess.Popen([*words, *map(str, self.options)], env=_environment(), stderr=log)
            )

    async def until_serving(self, count):
        """Until so many workers have ever begun: one that finds no database at its start ends."""
        log = self.postgres.folder / "workers.log"
        while log.read_text(encoding="utf-8").count("serving") < count:  # noqa: ASYNC110
            await anyio.sleep(0.1)

    def kill_worker(self, rng=random, number=signal.SIGKILL):
        """Any of them."""
        worker = self.workers.pop(rng.randrange(len(self.workers)))
        worker.send_signal(number)
        worker.wait(60)

    def stop_workers(self):
        """Gently, all of them."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.wait(60)
        self.workers.clear()

    def stats(self):
        """What the API knows."""
        return httpx.get(f"{self.base_url}/_simulator/stats", trust_env=False).json()

    def cpu(self):
        """Seconds so far: of workers, database and simulator."""
        return {
            "workers": sum(cpu_seconds(worker.pid) for worker in self.workers),
            "database": cpu_seconds(self.postgres.pid),
            "simulator": cpu_seconds(self.simulator.pid),
        }

    async def submit(self, campaign_id, count, *, first=FIRST):
        """A campaign to so many."""
        return await self.scaleout.submit(
            Campaign(campaign_id, text=TEXT, sender="ANTS"), people(count, first=first)
        )

    async def until_answered(self, campaign):
        """Until nobody waits for an answer."""
        while (await campaign.summary()).planned:  # noqa: ASYNC110 - it is others who work
            await anyio.sleep(0.1)


@contextmanager
def _simulator(options):
    words = _command("simulate", "--port", 0, *options)
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=_environment())
    with process:
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()


@asynccontextmanager
async def place(*worker_options, chunk, simulate=(), lease=30.0):
    """Everything there but the workers; gone afterwards."""
    with local_postgres(durable=True) as postgres, _simulator(simulate) as (process, base_url):
        scaleout = ScaleOut(postgres.url(), chunk_size=chunk, lease=lease)
        await scaleout.migrate()
        options = ("--lease", lease, *worker_options)
        async with scaleout:
            found = Place(postgres, scaleout, base_url, process, options)
            try:
                yield found
            finally:
                found.stop_workers()
