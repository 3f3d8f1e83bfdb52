"""When a campaign goes out, to whom it does not, how carefully it begins, and whom a next one is for."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import attrs
import pytest

from ants_async.cli.database import summary_in
from ants_async.cli.kept import OURS, pending
from ants_async.client import AntsClient
from ants_async.dispatch import Campaign, CampaignState, Canary, SqliteLedger
from ants_async.dispatch.messages import Messages

FIRST, SECOND, UNREACHABLE = "66812345678", "66812345679", "66847781471"
TEXT = ("--text", "Hi {name}", "--sender", "ANTS")
RUN = ("campaign", "run", "people.csv", "--id", "x", *TEXT, "--ledger", "l.db")


@pytest.fixture
def people(api):
    """A list of three, one of whom is not reached."""
    Path("people.csv").write_text(f"to,name,from,when\n{FIRST},A,,\n{SECOND},B,OTHER,\n{UNREACHABLE},C,,\n")
    return api


@pytest.fixture
def sent(done):
    """What the API has in its logs, by number."""
    return lambda: {
        line["to"]: line for line in map(json.loads, done("logs", "--all", "--json").splitlines())
    }


@pytest.mark.usefixtures("people")
class TestLists:
    def test_whom_a_list_names_is_not_texted_and_counted(self, done, data, sent):
        Path("stop.txt").write_text(f"{FIRST}\n")
        assert "1 suppressed" in done(*RUN, "--suppress", "stop.txt")
        assert FIRST not in sent()
        assert data("campaign", "status", "x", "--ledger", "l.db")["suppressed"] == 1

    def test_a_plan_leaves_them_out_too(self, data):
        Path("stop.txt").write_text(f"{FIRST}\n")
        found = data("campaign", "plan", "people.csv", *TEXT, "--suppress", "stop.txt")
        assert (found["recipients"], found["suppressed"]) == (2, 1)

    def test_its_numbers_are_read_as_those_of_the_recipients_also_when_it_goes_on(self, done, data, sent):
        Path("stop.txt").write_text("081-234-5678\n")
        done(*RUN, "--suppress", "stop.txt", "--region", "TH", "--rate", "50/1s")
        done("campaign", "resume", "x", "--ledger", "l.db")
        plan = data("campaign", "plan", "people.csv", *TEXT, "--suppress", "stop.txt", "--region", "TH")
        assert plan["suppressed"] == 1
        Path("stop.txt").unlink()
        assert "not to 1 number of the lists of x\n" in done("campaign", "follow-up", "x", "--ledger", "l.db")
        done("campaign", "resume", "x.2", "--ledger", "l.db")
        assert FIRST not in sent()
        assert data("campaign", "status", "x", "--ledger", "l.db")["suppressed"] == 1

    def test_it_stays_with_the_campaign_and_others_come_on_top(self, done, data, sent):
        Path("people.csv").write_text(f"to,name\n{SECOND},B\n")
        Path("stop.txt").write_text(f"{FIRST}\n")
        assert "not to 1 number of stop.txt\n" in done(*RUN, "--suppress", "stop.txt")
        Path("stop.txt").unlink()
        Path("people.csv").write_text(f"to,name\n{SECOND},B\n{FIRST},A\n66812345680,D\n")
        Path("more.txt").write_text(f"{SECOND}\n66812345680\n")
        said = done(*RUN, "--suppress", "more.txt")
        assert "not to 2 numbers of more.txt\nnot to 1 number that it was given before\n" in said
        Path("last.txt").write_text("081-234-5699\n")
        asked = ("campaign", "resume", "x", "--ledger", "l.db", "--suppress", "last.txt")
        assert "not to 1 number of last.txt\n" in done(*asked, "--region", "TH")
        assert "not to 4 numbers that it was given before\n" in done(*RUN)
        assert sent().keys() == {SECOND}
        assert data("campaign", "status", "x", "--ledger", "l.db")["suppressed"] == 2

    @pytest.mark.parametrize(
        "content", [None, b"081-234\n", b"\xff\xfe6\0"], ids=["gone", "no number", "UTF-16"]
    )
    def test_one_that_cannot_be_read_lets_nobody_through(self, refused, content):
        if content is not None:
            Path("stop.txt").write_bytes(content)
        assert "--suppress stop.txt" in refused(*RUN, "--suppress", "stop.txt")
        assert not Path("l.db").exists()


@pytest.mark.usefixtures("people")
class TestTimes:
    def test_rows_have_a_sender_of_their_own(self, done, sent):
        done(*RUN, "--sender-column", "from")
        assert [sent()[one]["from"] for one in (FIRST, SECOND)] == ["ANTS", "OTHER"]

    def test_rows_have_a_time_of_their_own_and_a_wrong_one_is_a_bad_row(self, done):
        soon = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        Path("people.csv").write_text(f"to,name,when\n{FIRST},A,{soon}\n{SECOND},B,soon\n")
        assert "1 bad rows" in done(*RUN, "--send-at-column", "when")
        assert "send_at: a time like 2027-05-01T09:00" in Path("people.rejects.csv").read_text()

    def test_a_row_whose_time_is_long_over_is_a_bad_row(self, done):
        old = datetime.now(UTC) - timedelta(days=365)
        Path("people.csv").write_text(f"to,name,when\n{FIRST},A,\n{SECOND},B,{old}\n")
        assert "bad rows: 1 left out" in done(*RUN, "--send-at-column", "when")
        assert "send_at: a day ago at most" in Path("people.rejects.csv").read_text()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--send-at", "soon"), "--send-at: 'soon'"),
            (("--quiet-hours", "9-5"), "quiet_hours"),
            (("--quiet-hours", "21:00-08:00", "--time-zone", "Siam"), "--time-zone: 'Siam'"),
            (("--validity", "9d"), "validity: 9 days, 0:00:00 is not valid"),
            (("--canary", "1", "--stop-if-failed", "many"), "--stop-if-failed: 'many'"),
            (("--canary", "1", "--canary-wait", "long"), "--canary-wait: 'long'"),
            (("--mode", "multi", "--sender-column", "from"), "want --mode advanced"),
            (("--canary-wait", "1m"), "are about --canary N"),
            (("--mode", "multi", "--send-at", "2030-01-01T09:00"), "use 'advanced'"),
        ],
    )
    def test_what_cannot_be_is_told_before_anything_is_sent(self, refused, options, said):
        assert said in refused(*RUN, *options)
        assert not Path("l.db").exists()

    def test_schedule_and_quiet_hours_are_shown(self, done, data):
        now = datetime.now(UTC).replace(microsecond=0)
        others = now.astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(hours=3)
        quiet = f"{others:%H:%M}-{others + timedelta(minutes=1):%H:%M}"
        done(
            *RUN,
            "--send-at",
            now.isoformat(),
            "--quiet-hours",
            quiet,
            "--time-zone",
            "Asia/Tokyo",
            "--validity",
            "2h",
        )
        status = data("campaign", "status", "x", "--ledger", "l.db")
        assert status["send_at"] == now.isoformat()
        assert status["quiet_hours"] == f"{quiet} Asia/Tokyo"

    def test_a_row_whose_time_is_in_the_quiet_hours_is_a_bad_row(self, done):
        soon = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=5)
        quiet = f"{soon:%H:%M}-{soon + timedelta(hours=1):%H:%M}"
        Path("people.csv").write_text(f"to,name,when\n{FIRST},A,\n{SECOND},B,{soon.isoformat()}\n")
        options = ("--send-at-column", "when", "--quiet-hours", quiet, "--time-zone", "UTC")
        assert "1 bad rows" in done(*RUN, *options)
        assert "send_at: outside of the quiet hours" in Path("people.rejects.csv").read_text()

    def test_another_validity_is_named_as_people_write_it(self, done, ants):
        done(*RUN, "--validity", "2h")
        assert "started with validity 2:00:00, not none" in ants(*RUN).stderr

    def test_an_odd_zone_is_refused_wanted_or_not(self, refused):
        for command in (RUN, ("campaign", "plan", "people.csv", *TEXT)):
            assert "--time-zone: 'Mars/X'" in refused(*command, "--time-zone", "Mars/X")


@pytest.mark.usefixtures("people")
class TestPace:
    @pytest.fixture
    def paces(self, data):
        def kept():
            source = json.loads(data("campaign", "status", "x", "--ledger", "l.db")["source"])
            return {name: source[name] for name in ("rate", "chunk", "concurrency") if name in source}

        return kept

    def test_that_was_asked_for_is_kept_when_it_goes_on(self, done, paces):
        Path("people.csv").write_text(f"to,name\n{UNREACHABLE},C\n{FIRST},A\n")
        done(*RUN, "--canary", "1", "--rate", "50/1s", "--chunk", "7", code=3)
        assert paces() == {"rate": "50/1s", "chunk": 7}
        again = ("campaign", "resume", "x", "--ledger", "l.db")
        done(*again, code=3)
        assert paces() == {"rate": "50/1s", "chunk": 7}
        done(*again, "--rate", "60/1s", code=3)
        assert paces() == {"rate": "60/1s", "chunk": 7}

    def test_is_kept_also_where_the_whole_list_was_read(self, done, paces):
        done(*RUN, "--rate", "50/1s")
        done("campaign", "resume", "x", "--ledger", "l.db", "--rate", "9/1s")
        assert paces() == {"rate": "9/1s"}

    def test_a_campaign_that_was_sent_to_an_api_does_not_go_on_in_a_simulator(self, done, ants, simulator):
        with simulator(balance=0):
            done(*RUN, code=3)
            again = ("campaign", "resume", "x", "--ledger", "l.db")
            assert "campaign 'x' is sent for real" in ants(*again, "--simulate").stderr
            done(*again)

    def test_is_how_it_goes_on(self, done):
        Path("people.csv").write_text(f"to,name\n{UNREACHABLE},C\n{FIRST},A\n{SECOND},B\n")
        done(*RUN, "--canary", "1", "--chunk", "1", code=3)
        done("campaign", "resume", "x", "--ledger", "l.db", "--no-canary", "--results", "out.jsonl")
        rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
        assert len({row["bulk_id"] for row in rows}) == len(rows) == 3


@pytest.mark.usefixtures("people")
class TestCanary:
    def test_others_are_not_sent_to_when_the_first_ones_fail(self, done, data):
        Path("people.csv").write_text(f"to,name\n{UNREACHABLE},C\n{FIRST},A\n")
        said = done(*RUN, "--canary", "1", "--stop-if-failed", "0.1", code=3)
        assert "paused: of the first 1 recipients 1 failed" in said
        assert data("campaign", "status", "x", "--ledger", "l.db")["total"] == 1

    def test_it_goes_on_with_the_campaign_until_somebody_says_otherwise(self, done, data):
        Path("people.csv").write_text(f"to,name\n{UNREACHABLE},C\n{FIRST},A\n")
        done(*RUN, "--canary", "1", "--stop-if-failed", "0.1", code=3)
        again = ("campaign", "resume", "x", "--ledger", "l.db")
        said = done(*again, code=3)
        assert "paused: of the first 1 recipients 1 failed" in said
        assert "--no-canary" in said
        done(*again, "--no-canary")
        assert data("campaign", "status", "x", "--ledger", "l.db")["total"] == 2

    def test_others_follow_when_the_first_ones_arrive(self, done, data):
        done(*RUN, "--canary", "1", "--stop-if-failed", "99%")
        assert data("campaign", "status", "x", "--ledger", "l.db")["total"] == 3

    def test_whom_it_let_through_it_does_not_hold_up_again(self, done):
        done(*RUN, "--canary", "1", "--stop-if-failed", "99%")
        summary = summary_in(Path("l.db"), None, "x")
        assert pending(Canary(1, 0.99), summary) is None
        assert pending(Canary(2, 0.99), summary)
        assert pending(Canary(1, 0.99), attrs.evolve(summary, final=0))

    def test_nor_ever_after(self, done, data):
        strict = ("--canary", "1", "--stop-if-failed", "0.1")
        Path("people.csv").write_text(f"to,name\n{FIRST},A\n{UNREACHABLE},C\n")
        for more in ("", "66812345690,D\n", "", "", "66812345691,E\n"):
            with Path("people.csv").open("a") as file:
                file.write(more)
            done(*RUN, *strict)
        assert data("campaign", "status", "x", "--ledger", "l.db")["total"] == 4

    def test_a_campaign_that_was_larger_when_it_was_asked_for_waits_for_it_all_the_same(self, done, data):
        strict = ("--canary", "1", "--stop-if-failed", "0.1")
        Path("people.csv").write_text(f"to,name\n{FIRST},A\n{UNREACHABLE},C\n")
        done(*RUN)
        with Path("people.csv").open("a") as file:
            file.write(f"{SECOND},B\n")
        for again in ([*RUN, *strict], [*RUN, *strict], ["campaign", "resume", "x", "--ledger", "l.db"]):
            assert "paused: of the first 2 recipients 1 failed" in done(*again, code=3)
        assert data("campaign", "status", "x", "--ledger", "l.db")["total"] == 2

    @pytest.mark.usefixtures("sent")
    def test_what_pauses_for_another_reason_goes_on_with_it(self, done, simulator):
        with simulator(balance=0):
            said = done(*RUN, "--canary", "1", code=3)
            again = done("campaign", "resume", "x", "--ledger", "l.db", code=3)
        assert "REJECTED_NOT_ENOUGH_CREDITS" in said
        assert (
            "0 already sent, 1 refused; to whom it did not reach: ants-async campaign follow-up x\n" in again
        )
        assert "to go on: ants-async campaign resume x" in said
        assert "--no-canary" not in said


@pytest.mark.usefixtures("people")
class TestFollowUp:
    AGAIN = ("campaign", "follow-up", "x", "--ledger", "l.db")

    def test_goes_to_whom_the_campaign_did_not_reach_under_a_new_name(self, done, data):
        done(*RUN)
        assert "campaign x.2: 1 recipient\n" in done(*self.AGAIN, "--advice", "retry_later")
        again = data("campaign", "status", "x.2", "--ledger", "l.db")
        assert (again["total"], again["sender"], again["state"]) == (1, "ANTS", "finished")

    def test_the_same_command_again_texts_nobody_again(self, done, sent, ants):
        done(*RUN)
        for _ in range(2):
            done(*self.AGAIN)
        assert len(ants("logs", "--all", "--json").stdout.splitlines()) == 4

    @pytest.mark.parametrize("name", ["x", "y", ""])
    def test_takes_no_other_campaigns_name_nor_none(self, done, refused, name):
        done(*RUN)
        done(*RUN, "--id", "y")
        said = "campaign id: ''" if not name else f"--id {name}: is the name of another campaign"
        assert said in refused(*self.AGAIN, "--id", name)

    def test_does_not_text_whoever_asked_for_that_meanwhile(self, done, data):
        Path("stop.txt").write_text(f"{UNREACHABLE}\n")
        done(*RUN)
        done(*self.AGAIN, "--advice", "retry_later", "--suppress", "stop.txt")
        again = data("campaign", "status", "x.2", "--ledger", "l.db")
        assert (again["total"], again["suppressed"]) == (0, 1)

    def test_does_not_text_whom_a_campaign_that_it_follows_is_not_to_text_by_now(self, done, data):
        Path("stop.txt").write_text(f"{UNREACHABLE}\n")
        done(*RUN)
        done(*self.AGAIN, "--advice", "retry_later")
        done("campaign", "resume", "x", "--ledger", "l.db", "--suppress", "stop.txt")
        done("campaign", "follow-up", "x.2", "--ledger", "l.db", "--advice", "retry_later")
        again = data("campaign", "status", "x.3", "--ledger", "l.db")
        assert (again["total"], again["suppressed"]) == (0, 1)

    def test_says_when_there_is_nobody(self, done):
        done(*RUN)
        assert "nobody to send to again" in done(*self.AGAIN, "--advice", "top_up")

    def test_follow_ups_are_counted(self, done):
        done(*RUN)
        done(*self.AGAIN, "--advice", "retry_later")
        followed = ("campaign", "follow-up", "x.2", "--ledger", "l.db", "--advice", "retry_later")
        assert "campaign x.3: 1 recipient\n" in done(*followed)

    def test_who_stands_in_another_follow_up_is_left_out(self, done):
        done(*RUN)
        done(*self.AGAIN, "--advice", "retry_later", "--id", "second")
        said = done(*self.AGAIN, "--advice", "retry_later")
        assert "continues campaign second, 1 already sent; to whom it did not reach: " in said
        assert "nobody to send to again" in done(*self.AGAIN, "--advice", "retry_later", "--id", "third")

    def test_after_one_that_was_cancelled_the_rest_is_for_the_next(self, done, ants):
        done(*RUN)

        async def stop_the_next_at_once():
            async with SqliteLedger("l.db") as ledger:
                source = json.dumps(OURS | {"follows": "x"})
                opened = await ledger.open_campaign(Campaign("x.2"), source, reads_source=True, now=1.0)
                await ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
                await ledger.cancel("x.2")

        anyio.run(stop_the_next_at_once)
        assert "campaign x.3: 1 recipient\n" in done(*self.AGAIN, "--advice", "retry_later")
        assert "campaign 'x.3' follows 'x', and takes no other list" in ants(*RUN, "--id", "x.3").stderr

    @pytest.mark.parametrize("is_cancelled", [False, True])
    def test_who_may_be_texted_by_another_follow_up_is_left_out(self, done, is_cancelled):
        done(*RUN)

        async def stop_the_next_in_the_middle():
            async with SqliteLedger("l.db") as ledger:
                source = json.dumps(OURS | {"follows": "x", "advice": ["retry_later"]})
                campaign = Campaign("x.2", sender="ANTS")
                opened = await ledger.open_campaign(campaign, source, reads_source=True, now=1.0)
                messages = Messages.planned("x.2", [1], [UNREACHABLE], ["Hi"])
                await ledger.attempting(await ledger.begin(opened, messages, 1.0), None)
                await ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)
                if is_cancelled:
                    await ledger.cancel("x.2")

        anyio.run(stop_the_next_in_the_middle)
        other = () if is_cancelled else ("--id", "second")
        said = done(*self.AGAIN, "--advice", "retry_later", *other)
        assert "nobody to send to again" in said
        assert "1 recipient in x.2 already, and not among these; to whom that does not reach: " in said

    def test_the_number_of_another_campaign_is_left_out(self, done, data):
        done(*RUN)
        done(*RUN, "--id", "x.2")
        assert "campaign x.3: 1 recipient\n" in done(*self.AGAIN, "--advice", "retry_later")
        assert "campaign x.2.2: 1 recipient\n" in done(
            "campaign", "follow-up", "x.2", "--ledger", "l.db", "--advice", "retry_later"
        )

    def test_of_what_was_sent_elsewhere_is_refused(self, done, ants, monkeypatch):
        done(*RUN)
        monkeypatch.setattr(AntsClient, "address", "api.example.com")
        said = ants(*self.AGAIN, "--advice", "retry_later").stderr
        assert "follows one that was sent to this machine, not to api.example.com" in said

    def test_of_what_was_only_simulated_is_refused(self, done, refused):
        done(*RUN, "--simulate")
        assert "campaign 'x' was only simulated" in refused(*self.AGAIN, "--advice", "retry_later")
