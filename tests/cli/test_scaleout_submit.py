"""`ants-async campaign submit`: a list on its way, and the workers watched."""

import json
import signal
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from scaleout_commands import LIST, SUBMIT, started, until, worker

pytestmark = pytest.mark.usefixtures("place")


@pytest.fixture
def held_up(place):
    """Nobody writes a campaign while the block lasts."""

    @contextmanager
    def hold():
        with psycopg.connect(place) as connection:
            connection.execute("LOCK TABLE ants_async.campaign IN SHARE MODE")
            yield

    return hold


class TestRead:
    def test_says_how_far_it_is_in_rows_and_requests(self, done):
        said = done(*SUBMIT, "--chunk", 20).splitlines()
        assert said[0] == "campaign songkran: 50 recipients"
        assert said[-2:] == [
            "read 50 of 50 · requests 3",
            "50 recipients in the database · requests 3",
        ]

    def test_says_how_many_are_in_the_database_in_the_end(self, done):
        Path("stop.txt").write_text("66800000001\n", encoding="utf-8")
        Path("people.csv").write_text(LIST + "66800000002,again\n", encoding="utf-8")
        assert "\n49 recipients in the database" in done(*SUBMIT, "--suppress", "stop.txt")

    def test_goes_on_with_its_lists_of_whom_not_to_text(self, done, data):
        Path("stop.txt").write_text("66800000001\n66800000050\n", encoding="utf-8")
        done(*SUBMIT, "--suppress", "stop.txt")
        Path("stop.txt").unlink()
        Path("people.csv").write_text(LIST + "66800000050,more\n", encoding="utf-8")
        assert "not to 2 numbers that it was given before\n" in done(*SUBMIT)
        assert data("campaign", "status", "songkran")["total"] == 49

    def test_waits_for_a_canary_that_has_not_let_the_others_through_as_often_as_it_is_asked_for(
        self, done, data
    ):
        canary = ("--canary", 10, "--canary-wait", "1ms")
        done(*SUBMIT)
        assert "paused: of the first 50 recipients" in done(*SUBMIT, *canary, code=3)
        assert "paused: of the first 50 recipients" in done(*SUBMIT, *canary, code=3)
        source = json.loads(data("campaign", "status", "songkran")["source"])
        assert (source["canary"]["count"], source["canary_from"]) == (10, 50)

    @pytest.mark.usefixtures("at_a_terminal")
    def test_at_a_terminal_there_is_a_bar(self, done):
        assert "━" in done(*SUBMIT)

    def test_leaves_out_bad_rows_and_lists_them(self, done):
        Path("people.csv").write_text(LIST + "12,bad\n", encoding="utf-8")
        assert "bad rows: 1 left out, listed in people.rejects.csv" in done(*SUBMIT)

    def test_sends_nothing_of_a_list_with_bad_rows_if_strict(self, refused, data):
        Path("people.csv").write_text(LIST + "12,bad\n", encoding="utf-8")
        assert "nothing was sent (--strict)" in refused(*SUBMIT, "--strict")
        assert data("campaign", "list") == []

    def test_again_goes_on_with_the_same_campaign(self, done, data):
        done(*SUBMIT)
        Path("people.csv").write_text(LIST + "66900000000,new\n", encoding="utf-8")
        assert "continues campaign songkran, 0 already sent" in done(*SUBMIT)
        assert data("campaign", "status", "songkran")["total"] == 51

    def test_with_another_validity_is_another_campaign(self, done, ants):
        done(*SUBMIT, "--validity", "12h")
        again = ants(*SUBMIT, "--validity", "6h")
        assert again.exit_code == 2
        assert "was started with validity" in again.stderr

    @pytest.mark.parametrize("validity", ["90s", "49h", "soon"])
    def test_names_what_is_wrong_with_a_validity(self, refused, validity):
        assert "validity: " in refused(*SUBMIT, "--validity", validity)

    def test_stops_gently_at_a_signal(self, held_up):
        with started(*SUBMIT) as process:
            with held_up():
                until(process.stdout, "read 0 of 50")
                process.send_signal(signal.SIGINT)
                until(process.stdout, "again stops at once")
            assert "the same command again goes on with the rest" in process.stdout.read()
            assert process.wait(60) == 130

    def test_stops_at_once_at_the_second_one(self, held_up):
        with started(*SUBMIT) as process, held_up():
            until(process.stdout, "read 0 of 50")
            process.send_signal(signal.SIGINT)
            until(process.stdout, "again stops at once")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 130


class TestReadByAWorker:
    def test_is_not_read_here_but_bad_rows_are_told_there(self, finished):
        Path("people.csv").write_text(LIST + "12,bad\n", encoding="utf-8")
        with worker() as process:
            said = finished("--by-worker")
            told = until(process.stderr, "bad rows")
        assert "its list is read by a worker" in said
        assert "bad rows" not in said
        assert "1 bad rows of" in told
        assert "the first in line 52: to: " in told

    def test_leaves_out_whom_it_is_not_to_text(self, finished, data):
        Path("stop.txt").write_text("66800000001\n", encoding="utf-8")
        with worker():
            assert "not to 1 number of stop.txt\n" in finished("--by-worker", "--suppress", "stop.txt")
        assert data("campaign", "status", "songkran")["suppressed"] == 1

    def test_pauses_when_its_list_is_not_there(self, finished):
        Path("people.csv").unlink()
        with worker():
            said = finished("--by-worker", code=3)
        assert "paused: its list cannot be read: " in said
        assert "people.csv: No such file" in said

    @pytest.mark.parametrize("option", [["--strict"], ["--chunk", 10], ["--canary", 10]])
    def test_takes_no_option_that_is_about_reading(self, refused, option):
        assert f"--by-worker and {option[0]} exclude each other" in refused(*SUBMIT, "--by-worker", *option)


class TestCanary:
    def test_says_that_the_first_ones_go_ahead_and_why_the_others_do_not_follow(self, done, data):
        said = done(*SUBMIT, "--canary", 10, "--canary-wait", "1ms", code=3)
        assert "the first 10 go ahead" in said
        assert "paused: of the first 10 recipients 0 failed and 10 have no final status yet" in said
        assert data("campaign", "status", "songkran")["state"] == "paused"


class TestWatched:
    def test_ends_with_its_counts(self, finished):
        with worker():
            closing = finished().splitlines()[-1]
        assert closing.startswith("finished after ")
        for part in ("50 recipients", "50 accepted"):
            assert part in closing

    def test_says_when_somebody_cancels_it(self, done):
        with started(*SUBMIT, "--wait") as process:
            until(process.stdout, "sent 0 of 50")
            done("campaign", "cancel", "songkran")
            said = process.stdout.read()
            assert process.wait(60) == 3
        assert "cancelled: cancelled by hand" in said
        assert "50 not sent, or not answered, yet" in said

    def test_goes_on_without_whoever_watches(self, data):
        with started(*SUBMIT, "--wait") as process:
            until(process.stdout, "sent 0 of 50")
            process.send_signal(signal.SIGINT)
            assert "the workers go on; to look: ants-async campaign status songkran" in process.stdout.read()
            assert process.wait(60) == 130
        assert data("campaign", "status", "songkran")["state"] == "running"
