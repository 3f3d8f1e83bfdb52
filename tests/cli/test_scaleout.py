"""Campaigns on workers from the command line, each worker a process of its own."""

import json
import signal
from decimal import Decimal
from pathlib import Path

import pytest
from scaleout_commands import SUBMIT, worker


class TestTables:
    def test_are_made_once(self, done, database):
        assert "6 steps" in done("database", "migrate", "--database", database)
        assert "nothing to do" in done("database", "migrate", "--database", database)

    def test_that_are_missing_are_told_with_what_to_do(self, refused, database):
        assert "ants-async database migrate" in refused("campaign", "list", "--database", database)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://u:hunter2@127.0.0.1:1/x",
            "nonsense:hunter2",
            "host=127.0.0.1 port=1 password=hunter2",
        ],
    )
    def test_of_a_database_that_cannot_be_reached_are_told_without_its_password(self, ants, url):
        result = ants("database", "migrate", "--database", url)
        assert result.exit_code == 2
        assert result.stderr.startswith("error: PostgreSQL: ")
        assert "hunter2" not in result.output


@pytest.mark.usefixtures("place")
class TestSubmitted:
    def test_is_sent_by_a_worker_and_watched_to_its_end(self, finished, data):
        with worker():
            assert "sent 50 of 50" in finished()
        summary = data("campaign", "status", "songkran")
        assert (summary["state"], summary["final"]) == ("finished", 50)

    def test_is_named_to_a_worker_that_reads_it(self, finished, data):
        with worker():
            finished("--by-worker")
        assert data("campaign", "status", "songkran")["final"] == 50

    def test_waits_for_a_worker(self, done, data):
        assert "50 recipients in the database" in done(*SUBMIT)
        assert data("campaign", "list")[0]["planned"] == 50

    def test_is_paused_cancelled_and_never_resumed_after_that(self, done, refused):
        done(*SUBMIT)
        assert "paused by hand" in done("campaign", "pause", "songkran")
        assert "running" in done("campaign", "resume", "songkran")
        assert "cancelled by hand" in done("campaign", "cancel", "songkran")
        assert "it is cancelled" in refused("campaign", "resume", "songkran")

    def test_is_told_whom_not_to_text_any_more_before_it_is_sent(self, done, data):
        done(*SUBMIT)
        Path("stop.txt").write_text("(668) 0000-0001\n+66 80 000 0002\n", encoding="utf-8")
        asked = ("campaign", "suppress", "songkran", "stop.txt", "--region", "TH")
        for _ in range(2):
            assert done(*asked) == "campaign songkran: not to 2 numbers by now\n"
        with worker():
            done("campaign", "outcomes", "songkran")
        status = data("campaign", "status", "songkran")
        assert (status["final"], status["rejected"]) == (48, 2)

    def test_that_is_not_there_is_refused(self, refused):
        assert "'nobody'" in refused("campaign", "pause", "nobody")

    def test_is_left_by_a_worker_that_is_killed_and_finished_by_another(self, finished, done, data):
        with worker("--lease", 1) as killed:
            done(*SUBMIT)
            killed.send_signal(signal.SIGKILL)
            killed.wait(60)
        with worker("--lease", 1):
            finished()
        assert data("campaign", "status", "songkran")["final"] == 50

    def test_outcomes_are_lines_and_a_consumer_gets_each_once(self, finished, done):
        with worker():
            finished()
        lines = [json.loads(line) for line in done("campaign", "outcomes", "songkran").splitlines()]
        assert [line["outcome"] for line in lines] == ["accepted"] * 50 + ["final"] * 50
        again = done("campaign", "outcomes", "songkran", "--after", lines[9]["cursor"])
        assert len(again.splitlines()) == 90
        for count in (100, 0):
            told = done("campaign", "outcomes", "songkran", "--consumer", "billing")
            assert len(told.splitlines()) == count


@pytest.mark.usefixtures("place")
class TestWorker:
    def test_stops_gently_at_a_signal(self):
        with worker() as process:
            process.send_signal(signal.SIGTERM)
            said = process.stderr.read()
            assert process.wait(60) == 0
        assert "stopped" in said

    def test_pauses_a_campaign_when_the_account_is_refused(self, finished, simulator):
        with simulator(balance=Decimal(0)), worker():
            assert "\npaused: " in finished(code=3)
