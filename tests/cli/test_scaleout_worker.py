"""`ants-async worker`: how it begins, how it ends, and what it says meanwhile."""

import signal
import time

import psycopg
import pytest
from postgres_server import local_postgres
from scaleout_commands import SUBMIT, heeds_sighup, started, until, worker


class TestBegins:
    @pytest.mark.usefixtures("place")
    def test_with_what_it_serves_but_never_a_password(self, place, monkeypatch):
        monkeypatch.setenv("ANTS_DATABASE", f"{place}&password=hunter2")
        with started("worker", "--rate", "50/1s") as process:
            line = process.stderr.readline()
        assert line.startswith("serving ")
        assert "http://127.0.0.1:" in line
        assert line.endswith(", 8 at a time, rate 50/1s\n")
        assert "hunter2" not in line

    @pytest.mark.usefixtures("api")
    def test_never_without_tables(self, refused, database):
        assert "run `ants-async database migrate`" in refused("worker", "--database", database)

    @pytest.mark.usefixtures("api")
    def test_never_without_a_database(self, refused):
        assert refused("worker", "--database", "host=127.0.0.1 port=1").startswith("error: PostgreSQL: ")

    @pytest.mark.usefixtures("place")
    def test_never_with_an_account_that_is_refused(self, refused, monkeypatch):
        monkeypatch.setenv("ANTS_PASSWORD", "wrong")
        assert refused("worker").startswith("error: HTTP 401")

    @pytest.mark.usefixtures("place")
    def test_never_at_a_rate_that_is_none(self, refused):
        assert "'fast'" in refused("worker", "--rate", "fast")


@pytest.mark.usefixtures("place")
class TestEnds:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_at_a_signal_and_another_one_finishes(self, done, finished, data, number):
        done(*SUBMIT, "--chunk", 1)
        with worker("--rate", "10/1s", preexec_fn=heeds_sighup) as stopped:
            while data("campaign", "status", "songkran")["planned"] == 50:
                time.sleep(0.05)
            stopped.send_signal(number)
            assert stopped.stderr.read().splitlines()[-1] == "stopped"
            assert stopped.wait(60) == 0
        with worker("--rate", "none"):
            finished("--chunk", 1)
        assert data("campaign", "status", "songkran")["final"] == 50

    def test_at_once_at_the_second_signal(self, done, place):
        done(*SUBMIT)
        with psycopg.connect(place) as connection:
            connection.execute("LOCK TABLE ants_async.lease IN SHARE MODE")
            with worker("--grace", 600) as process:
                while not connection.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount:
                    time.sleep(0.05)
                process.send_signal(signal.SIGTERM)
                until(process.stderr, "again stops at once")
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 130


@pytest.mark.usefixtures("place")
def test_it_says_when_the_database_is_away_and_when_it_is_back(done, finished, monkeypatch):
    with local_postgres(durable=False) as server:
        monkeypatch.setenv("ANTS_DATABASE", server.url())
        done("database", "migrate")
        with worker() as process:
            server.stop(signal.SIGQUIT)
            until(process.stderr, "the database is away, and is tried every second: PostgreSQL: ")
            server.start()
            assert "the database is back" in process.stderr.readline()
            finished()


@pytest.mark.usefixtures("place")
def test_it_stops_at_a_signal_while_the_database_is_away(done, monkeypatch):
    with local_postgres(durable=False) as server:
        monkeypatch.setenv("ANTS_DATABASE", server.url())
        done("database", "migrate")
        with worker() as process:
            server.stop(signal.SIGINT)
            until(process.stderr, "the database is away")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
