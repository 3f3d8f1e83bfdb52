"""A full disk, a file that cannot be written, a server that restarts: one process, one trouble each."""

import ctypes
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from ants_async.dispatch import SqliteLedger
from ants_async.simulator import Simulator, SimulatorConfig, running
from crash.campaigns import INTERRUPTED, REFUSED, Count, judge
from crash.processes import PATIENCE, Api, Place, environment, finish, simulator

NUMBERS = [str(66_800_000_000 + number) for number in range(1000)]


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    place.write(NUMBERS)
    return place


def planned(place):
    """How many the ledger knows of."""

    async def ask():
        async with SqliteLedger(place.ledger, read_only=True) as ledger:
            return (await ledger.summary("c")).total

    return anyio.run(ask)


def until(api, figure, value):
    """Ask the server until its figure has grown so far."""
    end = time.monotonic() + PATIENCE
    while api.stats()[figure] < value:
        assert time.monotonic() < end, f"{figure} never came to {value}"


def test_a_full_disk_stops_the_sending_before_the_wire_and_then_it_goes_on(place):
    with simulator("--delivery-time", "100ms") as api:
        words = place.run(api.base_url, "--chunk", 20)
        full = finish(
            words,
            # The limit is on every file of the process: what measures coverage must not write one, too.
            env={name: value for name, value in environment().items() if not name.startswith("COVERAGE")},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)),
        )
        assert full.returncode == REFUSED
        (line,) = full.stderr.splitlines()
        assert line.startswith(f"error: ledger {place.ledger}: ")
        sent = api.stats()["accepted"]
        assert 0 < sent < len(NUMBERS)
        assert sent <= planned(place)
        assert finish(words).returncode == 0
        judge(api.stats(), place.rows(), NUMBERS, Count())


@pytest.mark.skipif(sys.platform != "linux", reason="root may write anything, and only Linux can forbid it")
def test_a_ledger_that_cannot_be_written_sends_nothing(place):
    drop_from_bounding_set, override_permissions = 24, 1

    def without_privileges():  # of root; for others this does nothing
        ctypes.CDLL(None).prctl(drop_from_bounding_set, override_permissions)

    with simulator() as api:
        words = place.run(api.base_url)
        place.ledger.touch(mode=0o400)
        refused = finish(words, preexec_fn=without_privileges)
        assert refused.returncode == REFUSED
        (line,) = refused.stderr.splitlines()
        assert line.startswith(f"error: ledger {place.ledger}: ")
        assert api.stats()["accepted"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gentle_signal_lets_what_is_under_way_come_home(place, number):
    with simulator("--latency", "200ms", "--delivery-time", "1h") as api:
        words = place.run(api.base_url, "--chunk", 10)
        with subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL) as process:
            until(api, "accepted", 10)
            process.send_signal(number)
            assert process.wait(PATIENCE) == INTERRUPTED
        answered = [row for row in place.rows() if row["outcome"] == "accepted"]
        assert 0 < api.stats()["accepted"] == len(answered) < len(NUMBERS)


def test_killed_with_reports_in_hand_the_logs_still_tell(place):
    with simulator("--latency", "1s", "--delivery-time", "100ms") as api:
        words = place.run(api.base_url)
        with subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL) as process:
            until(api, "reports_handed_out", 1)  # their answer is a second away
            process.kill()
        handed_out = api.stats()["reports_handed_out"]
        assert finish(words).returncode == 0
        judge(api.stats(), place.rows(), NUMBERS, Count())
        assert api.stats()["reports_handed_out"] < handed_out + len(NUMBERS)


def test_a_server_that_restarts_in_the_middle_loses_nobody(place):
    server = Simulator(SimulatorConfig(latency=0.02, delivery_time=0.1))

    @contextmanager
    def up(port):
        with portal.wrap_async_context_manager(running(server, port=port)) as base_url:
            yield base_url

    with start_blocking_portal() as portal:
        with up(0) as base_url:
            port = httpx.URL(base_url).port
            words = place.run(base_url, "--chunk", 10, "--concurrency", 2)
            process = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL)
            with httpx.Client(base_url=base_url, trust_env=False) as http:
                until(Api(base_url, http), "accepted", 100)
        with process, up(port) as base_url:
            assert process.wait(PATIENCE) == 0
            stats = httpx.get(f"{base_url}/_simulator/stats", trust_env=False).json()
    judge(stats, place.rows(), NUMBERS, Count())


def test_a_second_process_at_the_same_ledger_is_told_so_and_the_first_goes_on(place):
    with simulator("--latency", "50ms", "--delivery-time", "100ms") as api:
        words = place.run(api.base_url, "--chunk", 10)
        with subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL) as process:
            until(api, "accepted", 10)
            process.send_signal(signal.SIGSTOP)
            second = finish(words)
            assert second.returncode == REFUSED
            assert "is in use by another process; wait for it, or use another --ledger" in second.stderr
            process.send_signal(signal.SIGCONT)
            assert process.wait(PATIENCE) == 0
        judge(api.stats(), place.rows(), NUMBERS, Count())
