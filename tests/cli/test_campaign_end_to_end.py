"""Campaigns from the command line to the last status, against the simulator."""

import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from ants_async.cli.kept import kept_of
from ants_async.cli.root import cli
from ants_async.dispatch import CampaignState, SqliteLedger

EXAMPLE = Path(__file__).parents[2] / "examples/recipients.csv"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """An empty folder to work in, with the demo account."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ANTS_USERNAME": "demo", "ANTS_PASSWORD": "demo"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ANTS_API_KEY", raising=False)
    monkeypatch.setenv("ANTS_LEDGER", str(tmp_path / "ledger.db"))
    Path("list.csv").write_text(
        "to,name,text\n66812345678,Anna,Hi\n66812345679,สมชาย,สวัสดี\n12,Bad,Hi\n66812345678,Anna,Hi\n",
        encoding="utf-8",
    )


def campaign(*words):
    """Run `ants-async campaign …` in this process."""
    return CliRunner().invoke(cli, ["campaign", *map(str, words)])


def rows(path):
    with Path(path).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def status(name):
    return json.loads(campaign("status", name, "--json").output)


class TestSimulated:
    def test_the_example_reaches_everybody(self):
        done = campaign("run", EXAMPLE, "--simulate", "--results", "out.jsonl")
        assert done.exit_code == 0, done.output
        results = [json.loads(line) for line in Path("out.jsonl").read_text(encoding="utf-8").splitlines()]
        assert len(results) == 220
        assert {result["outcome"] for result in results} <= {"final", "rejected"}
        closing = done.output.splitlines()[-1]
        assert closing.startswith("finished after ")
        assert "220 recipients" in closing
        assert not list(Path().rglob("*.db")), "a simulation leaves nothing behind"

    def test_a_template_takes_the_columns_and_bad_rows_are_left_out(self):
        done = campaign("run", "list.csv", "--simulate", "--text", "Hello {name}", "--results", "out.csv")
        assert done.exit_code == 0, done.output
        assert [(row["row"], row["outcome"]) for row in rows("out.csv")] == [
            ("2", "final"),
            ("3", "final"),
            ("5", "duplicate"),
        ]
        assert rows("list.rejects.csv")[0]["row"] == "4"
        closing = done.output.splitlines()[-1]
        for part in ("2 recipients", "1 duplicates", "1 bad rows"):
            assert part in closing

    def test_in_multi_mode_too(self):
        done = campaign("run", EXAMPLE, "--simulate", "--mode", "multi", "--chunk", "50")
        assert done.exit_code == 0, done.output

    def test_what_was_only_simulated_does_not_count_as_sent(self, simulator):
        options = ("list.csv", "--id", "may", "--ledger", "l.db")
        assert campaign("run", *options, "--simulate").exit_code == 0
        with simulator(delivery_time=0.0):
            refused = campaign("run", *options)
        assert refused.exit_code == 2
        assert "was only simulated" in refused.stderr

    def test_statuses_are_not_awaited_from_a_simulator_that_is_gone(self, simulator):
        with simulator(delivery_time=3600.0), started("--ledger", "l.db") as process:
            until(process, "sent 2 of")
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            process.wait()

        async def mark():
            async with SqliteLedger("l.db") as ledger:
                may = await ledger.summary("may")
                source = json.dumps(kept_of(may) | {"simulated": True})
                opened = await ledger.open_campaign(may.campaign, source, reads_source=False, now=1.0)
                await ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)

        anyio.run(mark)
        refused = campaign("resume", "may", "--ledger", "l.db", "--simulate")
        assert refused.exit_code == 2
        assert "from a simulator that is gone" in refused.stderr

    def test_quiet_hours_are_told_for_nothing_moves(self, simulator):
        now = datetime.now(UTC)
        hours = f"{now - timedelta(minutes=2):%H:%M}-{now + timedelta(hours=2):%H:%M}"
        with simulator(), started("--quiet-hours", hours, "--time-zone", "UTC") as process:
            until(process, f"quiet hours, {hours} UTC: nothing is sent until ")
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait() == 130
        left = status("may")
        assert left["total"] == left["planned"], "nobody was sent to"

    def test_a_list_of_bad_rows_replaces_nothing_but_such_a_list(self):
        for _ in range(2):
            assert campaign("run", "list.csv", "--simulate").exit_code == 0
        assert rows("list.rejects.csv")[0]["row"] == "4"
        Path("list.rejects.csv").write_text("somebody's\n")
        refused = campaign("run", "list.csv", "--simulate")
        assert refused.exit_code == 2
        assert "holds something else than a list of bad rows; move it away" in refused.stderr
        assert Path("list.rejects.csv").read_text() == "somebody's\n"


class TestTheSameCommandAgain:
    def test_it_continues_and_texts_nobody_twice(self, simulator):
        with simulator(delivery_time=0.0):
            assert campaign("run", "list.csv", "--id", "may").exit_code == 0
            again = campaign("run", "list.csv", "--id", "may", "--results", "out.csv")
        assert again.exit_code == 0, again.output
        assert "to send to the same people again, run the list under a new --id" in again.output
        assert [row["outcome"] for row in rows("out.csv")] == ["final", "final", "duplicate"]
        assert status("may")["total"] == 2

    def test_with_another_text_it_is_refused(self, simulator):
        with simulator(delivery_time=0.0):
            assert campaign("run", "list.csv", "--id", "may").exit_code == 0
            again = campaign("run", "list.csv", "--id", "may", "--text", "Hello")
        assert again.exit_code == 2
        assert again.stderr.startswith("error: ")
        assert "continues" not in again.output


class TestLooking:
    def test_status_and_list(self, simulator):
        with simulator(delivery_time=0.0):
            assert campaign("run", "list.csv", "--id", "may", "--sender", "ANTS").exit_code == 0
        facts = dict(line.split("\t") for line in campaign("status", "may").output.splitlines())
        assert facts["state"] == "finished"
        assert facts["sender"] == "ANTS"
        assert facts["recipients"] == "2"
        assert facts["final"].startswith("2, ")
        header, line = campaign("list").output.splitlines()
        assert header.startswith("campaign\tstate")
        assert line.startswith("may\tfinished")
        assert status("may")["done"] is True

    def test_on_a_terminal_they_are_tables(self, simulator, monkeypatch):
        with simulator(delivery_time=0.0):
            assert campaign("run", "list.csv", "--id", "may").exit_code == 0
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "160")
        assert "│ finished" in campaign("list").output
        assert "│ finished" in campaign("status", "may").output


class TestRefused:
    def test_wrong_credentials_leave_nothing_in_the_ledger(self, simulator, monkeypatch):
        monkeypatch.setenv("ANTS_PASSWORD", "wrong")
        with simulator(delivery_time=0.0):
            refused = campaign("run", "list.csv")
        assert refused.exit_code == 2
        (line,) = refused.stderr.splitlines()
        assert line.startswith("error: HTTP 401")
        assert not list(Path().rglob("*.db"))


class TestInterrupted:
    """Against statuses that do not come within a test's life: somebody has to stop the run."""

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_the_first_signal_stops_and_says_how_to_go_on(self, simulator, number):
        with simulator(delivery_time=3600.0), started("--results", "out.csv") as process:
            until(process, "sent 2 of")
            process.send_signal(number)
            said = process.stdout.read()
            assert process.wait() == 130
        assert "ants-async campaign resume may --ledger " in said
        assert said.splitlines()[-1].startswith("interrupted after ")
        assert [row["outcome"] for row in rows("out.csv")] == ["accepted", "accepted", "duplicate"]
        assert status("may")["state"] == "interrupted"

    def test_meanwhile_others_may_look_but_not_send(self, simulator):
        with simulator(delivery_time=3600.0), started() as process:
            until(process, "sent 2 of")
            assert status("may")["state"] == "running"
            second = campaign("run", "list.csv", "--id", "may")
            assert second.exit_code == 2
            assert second.stderr.startswith("error: ")

    def test_after_a_kill_it_no_longer_says_that_it_is_running(self, simulator):
        with simulator(delivery_time=3600.0), started() as process:
            until(process, "sent 2 of")
            process.kill()
            process.wait()
        assert status("may")["state"] == "interrupted"

    def test_resume_needs_only_the_id(self, simulator):
        with simulator(delivery_time=5.0):
            with started() as process:
                until(process, "sent 2 of")
                process.send_signal(signal.SIGINT)
                process.stdout.read()
                assert process.wait() == 130
            resumed = campaign("resume", "may", "--results", "out.csv")
        assert resumed.exit_code == 0, resumed.output
        assert {row["outcome"] for row in rows("out.csv")} == {"final", "duplicate"}

    def test_where_no_texts_are_stored_it_reads_the_file_again(self, simulator):
        with simulator(balance=Decimal("0.5"), delivery_time=0.1):
            one_by_one = ("--id", "may", "--chunk", "1", "--concurrency", "1")
            campaign("run", "list.csv", *one_by_one, "--text", "Hi {name}", "--no-store-texts")
        assert b"Hi Anna" not in Path("ledger.db").read_bytes()
        Path("list.csv").unlink()
        assert "list.csv is gone" in campaign("resume", "may").stderr

    def test_the_second_signal_stops_at_once(self, simulator):
        with simulator(delivery_time=3600.0, latency=5.0), started() as process:
            until(process, "sent 0 of")
            process.send_signal(signal.SIGINT)
            until(process, "again stops at once")
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            assert process.wait() == 130


class TestPaused:
    def test_an_account_without_credit_pauses_the_campaign(self, simulator):
        with simulator(balance=Decimal("0.5")):
            paused = campaign("run", "list.csv", "--id", "may", "--chunk", "1", "--concurrency", "1")
        assert paused.exit_code == 3, paused.output
        assert "\npaused: " in paused.output
        assert "ants-async campaign resume may --ledger " in paused.output
        assert status("may")["state"] == "paused"

    def test_resume_needs_the_file_if_it_was_not_read_to_its_end(self, simulator):
        with simulator(balance=Decimal("0.5")):
            campaign("run", "list.csv", "--id", "may", "--chunk", "1", "--concurrency", "1")
            Path("list.csv").unlink()
            refused = campaign("resume", "may")
        assert refused.exit_code == 2
        (line,) = refused.stderr.splitlines()
        assert "list.csv is gone and was not read to its end: put it back" in line


@contextmanager
def started(*words):
    """`ants-async campaign run` as a process of its own."""
    command = [sys.executable, "-m", "ants_async", "campaign", "run", "list.csv", "--id", "may", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    with process:
        try:
            yield process
        finally:
            process.kill()


def until(process, words):
    """Read what the process says up to a line with these words."""
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}")
