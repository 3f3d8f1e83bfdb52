"""`ants-async campaign follow-up --database`: whom a campaign did not reach, the workers send to again."""

import json
from pathlib import Path

import anyio
import psycopg
import pytest
from scaleout_commands import LIST, SUBMIT, until, worker

from ants_async.dispatch import PostgresLedger

UNREACHABLE = "66847781471"
FOLLOW_UP = ("campaign", "follow-up", "songkran")


@pytest.fixture
def sent(place, finished):
    """A campaign that did not reach one of them, nor another one who is not to be texted."""
    Path("people.csv").write_text(f"{LIST}{UNREACHABLE},n50\n", encoding="utf-8")
    Path("stop.txt").write_text("66800000001\n")
    with worker():
        finished("--suppress", "stop.txt")


@pytest.mark.usefixtures("sent")
class TestFollowUp:
    def test_is_a_new_campaign_that_workers_send(self, done, data):
        assert "campaign songkran.2: 1 recipient\n" in done(*FOLLOW_UP, "--advice", "retry_later")
        follows = data("campaign", "status", "songkran.2")
        assert (follows["total"], follows["state"], follows["sender"]) == (1, "running", "ANTS")
        with worker():
            done("campaign", "outcomes", "songkran.2")
        assert data("campaign", "status", "songkran.2")["state"] == "finished"

    def test_has_each_ones_own_text_and_goes_on_with_the_lists_of_whom_not_to_text(self, done, data):
        said = done(*FOLLOW_UP, "--advice", "retry_later")
        assert "1 recipient in the database" in said
        assert "not to 1 number of the lists of songkran\n" in said
        with worker():
            texts = [
                json.loads(line)["to"] for line in done("campaign", "outcomes", "songkran.2").splitlines()
            ]
        assert set(texts) == {UNREACHABLE}

    @pytest.mark.parametrize(
        "again", [(*FOLLOW_UP, "--advice", "retry_later"), ("campaign", "resume", "songkran.2")]
    )
    def test_gone_on_with_it_goes_by_the_lists_that_its_campaign_was_given_meanwhile(self, done, data, again):
        done(*FOLLOW_UP, "--advice", "retry_later")
        done("campaign", "pause", "songkran.2")
        Path("more.txt").write_text(f"{UNREACHABLE}\n")
        done("campaign", "suppress", "songkran", "more.txt")
        done(*again)
        with worker():
            done("campaign", "outcomes", "songkran.2")
        status = data("campaign", "status", "songkran.2")
        assert (status["rejected"], status["accepted"], status["final"]) == (1, 0, 0)

    @pytest.mark.parametrize(
        "how", [("campaign", "suppress", "songkran", "more.txt"), (*SUBMIT, "--suppress", "more.txt")]
    )
    def test_that_waits_for_its_workers_goes_by_what_its_campaign_is_given_meanwhile(self, done, data, how):
        done(*FOLLOW_UP, "--advice", "retry_later")
        Path("more.txt").write_text(f"{UNREACHABLE}\n")
        done(*how)
        with worker():
            done("campaign", "outcomes", "songkran.2")
        assert data("campaign", "status", "songkran.2")["rejected"] == 1

    def test_again_texts_nobody_again(self, done, data):
        for _ in range(2):
            done(*FOLLOW_UP, "--advice", "retry_later")
        assert data("campaign", "status", "songkran.2")["total"] == 1

    def test_is_alone_while_it_is_read(self, done, ants, place):
        async def read_another():
            ledger = PostgresLedger(place)
            async with ledger, ledger.alone_with("follow-ups of songkran", "somebody else"):
                return await anyio.to_thread.run_sync(lambda: ants(*FOLLOW_UP, "--advice", "retry_later"))

        refused = anyio.run(read_another)
        assert refused.exit_code == 2
        assert "another campaign that follows 'songkran' is being read at this moment" in refused.stderr
        assert "campaign songkran.2: 1 recipient\n" in done(*FOLLOW_UP, "--advice", "retry_later")

    def test_says_when_there_is_nobody(self, done):
        assert "nobody to send to again" in done(*FOLLOW_UP, "--advice", "top_up")

    @pytest.mark.parametrize("option", [["--simulate"], ["--rate", "5/1s"], ["--results", "out.csv"]])
    def test_takes_no_option_that_workers_have(self, refused, option):
        assert f"{option[0]} is of no use with --database" in refused(*FOLLOW_UP, *option)

    def test_whom_a_rehearsal_did_not_reach_no_other_api_texts(self, done, data, place):
        with psycopg.connect(place) as connection:
            connection.execute("UPDATE ants_async.campaign SET api = 'rehearsal.example'")
        done(*FOLLOW_UP, "--advice", "retry_later")
        with worker() as process:
            until(process.stderr, "was begun at rehearsal.example")
        assert data("campaign", "status", "songkran.2")["accepted"] == 0

    @pytest.mark.parametrize("name", ["songkran", "other"])
    def test_takes_no_other_campaigns_name(self, done, refused, name):
        done(*SUBMIT, "--id", "other")
        assert f"--id {name}: is the name of another campaign" in refused(*FOLLOW_UP, "--id", name)
