"""Campaigns of a shared database looked at, their outcomes read, their results written."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from scaleout_commands import SUBMIT, started, worker


@pytest.mark.usefixtures("place")
class TestLooking:
    def test_without_an_id_it_is_all_campaigns(self, done):
        done(*SUBMIT)
        assert done("campaign", "status") == done("campaign", "list")
        assert done("campaign", "status").splitlines()[1].startswith("songkran\trunning")

    def test_a_campaign_that_is_not_there_is_told_with_those_that_are(self, done, refused):
        done(*SUBMIT)
        assert "there are: songkran" in refused("campaign", "status", "may")

    def test_a_ledger_that_is_named_comes_before_the_environment(self, refused):
        assert "there is no ledger l.db" in refused("campaign", "status", "may", "--ledger", "l.db")

    def test_a_ledger_and_a_database_exclude_each_other(self, refused, place):
        assert "exclude" in refused("campaign", "status", "--ledger", "l.db", "--database", place)

    def test_of_a_ledger_and_a_database_in_the_environment_one_has_to_be_named(
        self, refused, monkeypatch, done, place
    ):
        monkeypatch.setenv("ANTS_LEDGER", "l.db")
        assert "are both set: say --ledger or --database" in refused("campaign", "list")
        assert done("campaign", "list", "--database", place)

    def test_what_can_only_be_paused_in_a_database_is_looked_for_there(self, monkeypatch, done):
        done(*SUBMIT)
        monkeypatch.setenv("ANTS_LEDGER", "l.db")
        assert "paused by hand" in done("campaign", "pause", "songkran")

    def test_and_not_in_a_ledger_that_was_named_as_well(self, refused, place):
        said = refused("campaign", "pause", "songkran", "--ledger", "l.db", "--database", place)
        assert "exclude" in said

    def test_what_only_a_ledger_has_a_use_for_is_refused_when_workers_go_on(self, done, refused):
        done(*SUBMIT)
        assert "--results is of no use" in refused("campaign", "resume", "songkran", "--results", "o.csv")


class TestResults:
    @pytest.mark.usefixtures("place")
    def test_of_a_database_are_a_row_a_recipient(self, finished, done):
        with worker():
            finished()
        assert done("campaign", "results", "songkran", "out.csv") == "results: 50 rows in out.csv\n"
        with Path("out.csv").open(encoding="utf-8", newline="") as lines:
            assert {row["outcome"] for row in csv.DictReader(lines)} == {"final"}

    def test_of_a_ledger_too(self, api, done):
        Path("people.csv").write_text("to,text\n66812345678,Hi\n")
        ledger = ("--ledger", "l.db")
        done("campaign", "run", "people.csv", "--id", "may", *ledger)
        assert done("campaign", "results", "may", "out.jsonl", *ledger) == "results: 1 rows in out.jsonl\n"

    def test_go_where_they_can_be_written(self, refused):
        assert "FILE out.txt: the name must end in" in refused("campaign", "results", "may", "out.txt")


@pytest.mark.usefixtures("place")
class TestOutcomes:
    def test_end_with_what_is_there_for_whoever_does_not_follow(self, done):
        done(*SUBMIT)
        assert done("campaign", "outcomes", "songkran", "--no-follow") == ""

    def test_a_cursor_that_is_none_is_named(self, done, refused):
        done(*SUBMIT)
        assert "after: 'tomorrow' is not valid" in refused(
            "campaign", "outcomes", "songkran", "--after", "tomorrow"
        )

    def test_a_closed_pipe_ends_them_quietly_and_what_nobody_read_comes_again(self, finished, done):
        with worker():
            finished()
        outcomes = ("campaign", "outcomes", "songkran", "--consumer", "billing")
        reader, writer = os.pipe()
        os.close(reader)
        with started(*outcomes, stdout=writer) as process:
            os.close(writer)
            assert process.stderr.read() == ""
            assert process.wait(60) == 1
        assert len(done(*outcomes).splitlines()) == 100

    def test_a_signal_ends_them_and_what_was_read_does_not_come_again(self, done, simulator):
        outcomes = ("campaign", "outcomes", "songkran", "--consumer", "billing")
        done(*SUBMIT)
        with simulator(delivery_time=3600.0), worker(), started(*outcomes) as process:
            lines = [json.loads(process.stdout.readline()) for _ in range(50)]
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 130
        assert {line["outcome"] for line in lines} == {"accepted"}
        assert done(*outcomes, "--no-follow") == ""


class TestWithoutTheExtra:
    @pytest.mark.parametrize(
        "words",
        [
            ["worker", "--database", "x"],
            ["database", "migrate", "--database", "x"],
            ["campaign", "status", "may", "--database", "x"],
            ["campaign", "pause", "may", "--database", "x"],
        ],
    )
    def test_one_line_says_what_to_install(self, words):
        program = f"""
import sys
sys.modules["psycopg"] = sys.modules["procrastinate"] = None
from ants_async.cli.root import cli
cli({words!r})
"""
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            "error: this needs the extra 'scaleout': pip install 'ants-async[scaleout]'"
        ]
