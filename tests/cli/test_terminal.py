"""Nobody has to read what a run says for it to come to its end."""

import os
import signal
from functools import partial
from pathlib import Path

import pytest
from scaleout_commands import heeds_sighup, started, until

from ants_async.cli.refusals import INTERRUPTED

RUN = ("campaign", "run", "people.csv", "--id", "june", "--text", "Hi", "--ledger", "l.db", "--rate", "50/1s")


@pytest.fixture(autouse=True)
def _people(api):
    Path("people.csv").write_text("to\n" + "".join(f"{66_800_000_000 + n}\n" for n in range(150)))


def test_it_goes_on_when_its_reader_has_left(data):
    with started(*RUN, "--chunk", 10, stderr=None) as process:
        assert "balance" in process.stdout.readline()
        process.stdout.close()  # as `head -1` does
        assert process.wait() == 0
    assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "finished"


def test_it_goes_on_when_its_terminal_is_closed(data):
    terminal, shown = os.openpty()
    with started(
        *RUN, "--chunk", 10, stdout=shown, start_new_session=True
    ) as process:  # as `disown` leaves it
        os.close(shown)
        assert os.read(terminal, 1)
        os.close(terminal)
        assert process.stderr.read() == ""
        assert process.wait() == 0
    assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "finished"


def test_it_stops_gently_when_the_shell_takes_it_along(data):
    with started(*RUN[:-2], "--rate", "1/1s", "--chunk", 10, preexec_fn=heeds_sighup) as process:
        until(process.stdout, "sent ")
        for _ in range(2):  # the shell and the terminal each send one
            process.send_signal(signal.SIGHUP)
        assert process.wait() == INTERRUPTED
    status = data("campaign", "status", "june", "--ledger", "l.db")
    assert (status["state"], status["unclear"]) == ("interrupted", 0)


def test_a_run_of_nohup_goes_on():
    ignores = partial(signal.signal, signal.SIGHUP, signal.SIG_IGN)
    with started(*RUN, "--chunk", 10, preexec_fn=ignores) as process:
        until(process.stdout, "sent ")
        process.send_signal(signal.SIGHUP)
        assert process.wait() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_it_goes_on_when_the_disk_of_its_log_is_full(data):
    with Path("/dev/full").open("w") as full, started(*RUN, "--chunk", 10, stdout=full) as process:
        assert process.stderr.read() == ""
        assert process.wait() == 0
    assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "finished"
