"""`campaign cancel`: of a ledger, as of a database."""

import os
import signal
from pathlib import Path

import anyio
import attrs
import pytest
from anyio.from_thread import start_blocking_portal
from scaleout_commands import started

from ants_async.cli import calling_off, job
from ants_async.dispatch import Campaign, CampaignState, SqliteLedger
from ants_async.dispatch.messages import Messages

FOLLOWS = '{"by": "ants-async", "follows": "april", "advice": ["retry_later"]}'


async def begin(path, source='{"by": "ants-async", "rows": 5}', *, is_killed=False):
    """A campaign whose list of five was read to its first, whom nothing was sent to, or perhaps."""
    async with SqliteLedger(path) as ledger:
        opened = await ledger.open_campaign(
            Campaign("songkran", text="Hi"), source, reads_source=True, now=1.0
        )
        messages = Messages.planned("songkran", [1], ["66800000001"], ["Hi"])
        chunk = await ledger.begin(opened, messages, 1.0)
        if not is_killed:
            await ledger.attempting(chunk, None)
        await ledger.close_campaign(opened.key, CampaignState.INTERRUPTED, None)


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    anyio.run(begin, path)
    return path


def test_it_is_told_and_stays_so(done, data, ledger, tmp_path):
    assert "cancelled by hand" in done("campaign", "cancel", "songkran", "--ledger", ledger)
    status = data("campaign", "status", "songkran", "--ledger", ledger)
    assert (status["state"], status["planned"]) == ("cancelled", 1)
    done("campaign", "results", "songkran", tmp_path / "out.csv", "--ledger", ledger)
    assert ",unsent," in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_how_much_of_the_list_was_never_looked_at_is_told(ants, done, data, ledger):
    assert "not yet read to its end; not looked at: up to 4 recipients" in done(
        "campaign", "status", "songkran", "--ledger", ledger
    )
    said = done("campaign", "cancel", "songkran", "--ledger", ledger)
    assert "never read to its end; not looked at: up to 4 recipients" in said
    assert data("campaign", "status", "songkran", "--ledger", ledger)["unread"] == 4
    said = ants("campaign", "follow-up", "songkran", "--ledger", ledger)
    assert "up to 4 recipients of its list not looked at, and not among these" in said.output


def test_whom_a_killed_run_has_perhaps_sent_to_is_told_wherever_it_matters(ants, done, api, data, tmp_path):
    path = ("--ledger", tmp_path / "ledger.db")
    anyio.run(lambda: begin(path[1], is_killed=True))
    told = "1 recipient may have been sent to: 'ants-async campaign resume songkran' asks the logs\n"
    assert told in done("campaign", "cancel", "songkran", *path)
    assert data("campaign", "status", "songkran", *path)["unclear"] == 1
    meanwhile = f"{told.strip()}; until then not among these\n"
    assert meanwhile in ants("campaign", "follow-up", "songkran", *path).output
    assert meanwhile in done("campaign", "results", "songkran", tmp_path / "out.csv", *path)
    done("campaign", "report", "songkran", *path, "--output", tmp_path / "page.html")
    assert "Perhaps sent" in (tmp_path / "page.html").read_text(encoding="utf-8")
    said = done("campaign", "resume", "songkran", *path, code=3)
    assert "1 recipient may have been sent to: the logs are asked\n" in said
    assert data("campaign", "status", "songkran", *path)["unclear"] == 0
    assert "perhaps sent" not in done("campaign", "status", "songkran", *path)


def test_it_is_told_that_only_reports_are_asked_for(done, api, ledger):
    done("campaign", "cancel", "songkran", "--ledger", ledger)
    said = done("campaign", "resume", "songkran", "--ledger", ledger, code=3).splitlines()
    assert "campaign songkran was cancelled: reports are asked for, and nothing more is sent" in said
    assert said[-1].startswith("cancelled after ")
    assert not any("to go on" in line for line in said)


def test_of_how_many_is_told_by_the_list(done, api, ledger):
    done("campaign", "cancel", "songkran", "--ledger", ledger)
    said = done("campaign", "resume", "songkran", "--ledger", ledger, code=3)
    assert " · 1 of 5 recipients · " in said


@pytest.mark.usefixtures("api")
def test_with_a_list_it_is_refused_and_nothing_else_is_said(ants, done, ledger, tmp_path):
    (tmp_path / "people.csv").write_text("to\n66800000001\n")
    done("campaign", "cancel", "songkran", "--ledger", ledger)
    again = ("run", tmp_path / "people.csv", "--id", "songkran", "--text", "Hi", "--ledger", ledger)
    refused = ants("campaign", *again)
    assert refused.exit_code == 2
    assert "reports are asked for" not in refused.stdout
    assert "was cancelled; to send anew take another id" in refused.stderr


def test_so_is_one_that_follows_another_and_has_not_read_whom_that_did_not_reach(done, api, tmp_path):
    anyio.run(begin, tmp_path / "other.db", FOLLOWS)
    done("campaign", "cancel", "songkran", "--ledger", tmp_path / "other.db")
    said = done("campaign", "resume", "songkran", "--ledger", tmp_path / "other.db", code=3)
    assert "reports are asked for, and nothing more is sent" in said


def test_nor_were_others_of_a_list_that_nobody_counted(ants, tmp_path):
    anyio.run(begin, tmp_path / "other.db", None)
    said = ants("campaign", "follow-up", "songkran", "--ledger", tmp_path / "other.db")
    assert "the rest of its list not looked at, and not among these" in said.output


@pytest.mark.usefixtures("api")
class TestOfARun:
    RUN = (
        "campaign",
        "run",
        "people.csv",
        "--id",
        "june",
        "--text",
        "Hi",
        "--ledger",
        "l.db",
        "--rate",
        "1/1s",
    )
    CANCEL = ("campaign", "cancel", "june", "--ledger", "l.db")

    @pytest.fixture(autouse=True)
    def _people(self, api):
        Path("people.csv").write_text("to\n" + "".join(f"{66_800_000_000 + n}\n" for n in range(500)))

    def test_is_obeyed_there(self, done, data, simulator):
        with (
            simulator(delivery_time=3600.0),
            started(*self.RUN, "--chunk", 1, "--concurrency", 1, stderr=None) as process,
        ):
            next(line for line in process.stdout if " of 500" in line and "sent 0 " not in line)
            said = done(*self.CANCEL)
            accepted = data("campaign", "status", "june", "--ledger", "l.db")["accepted"]
            assert f"{accepted} the API has already: they are sent, also those that are scheduled" in said
            assert "cancelled from elsewhere: stopping" in process.stdout.read()
            assert process.wait() == 3
        assert 1 <= accepted < 500
        assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "cancelled"

    def test_is_of_whoever_has_the_ledger_next_when_the_run_dies(self, data, simulator):
        with (
            simulator(delivery_time=3600.0),
            started(*self.RUN, "--chunk", 1, "--concurrency", 1, stderr=None) as process,
        ):
            next(line for line in process.stdout if " of 500" in line and "sent 0 " not in line)
            os.kill(process.pid, signal.SIGSTOP)  # it hears of nothing
            with started(*self.CANCEL) as cancelling:
                assert "asking whoever runs 'june' to end it" in cancelling.stderr.readline()
                process.kill()
                assert "cancelled" in cancelling.stdout.read()
                assert cancelling.wait() == 0
        assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "cancelled"

    def test_is_of_that_run_and_no_later_one(self, done, data):
        Path("l.db-cancel-june").touch()
        Path("people.csv").write_text("to\n66800000000\n")
        done(*self.RUN)
        assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "finished"
        assert not Path("l.db-cancel-june").exists()

    def test_whoever_does_not_hear_of_it_has_to_be_stopped(self, refused, monkeypatch):
        monkeypatch.setattr(calling_off, "_UNTIL_HEARD", 0.1)
        anyio.run(begin, Path("l.db"))
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(SqliteLedger("l.db")),
        ):
            said = refused("campaign", "cancel", "songkran", "--ledger", "l.db")
        assert "stop it where it runs (Ctrl-C, or SIGTERM), then cancel again" in said
        assert not list(Path().glob("*-cancel-*"))

    def test_whoever_has_heard_is_waited_for_however_long_he_takes(self, ledger, monkeypatch):
        monkeypatch.setattr(calling_off, "_UNTIL_HEARD", -1.0)
        monkeypatch.setattr(calling_off, "_LOOK", 0.0)
        looks = []

        async def look(path, campaign_id):
            async with SqliteLedger(path, read_only=True) as found:
                now = await found.summary(campaign_id)
            looks.append(now)
            if len(looks) == 1:
                await anyio.Path(f"{path}-cancel-songkran").write_text("heard", encoding="utf-8")
            state = CampaignState.CANCELLED if len(looks) == 4 else CampaignState.RUNNING
            return attrs.evolve(now, state=state)

        monkeypatch.setattr(calling_off, "_tried", look)
        assert anyio.run(calling_off.call_off, ledger, "songkran").state is CampaignState.CANCELLED
        assert not Path(f"{ledger}-cancel-songkran").exists()

    def test_a_ledger_that_nobody_has_at_work_may_take_its_time_to_open(self, done, ledger, monkeypatch):
        monkeypatch.setattr(calling_off, "_UNTIL_HEARD", -1.0)
        assert "cancelled by hand" in done("campaign", "cancel", "songkran", "--ledger", ledger)

    def test_one_that_comes_to_its_end_by_itself_at_that_moment_is_finished(self, done, data, monkeypatch):
        """Cancelled while it tells its ledger that it is done."""
        asked, close = [], SqliteLedger.close_campaign

        async def when_it_ends(_ledger, _campaign_id):
            asked.append(anyio.Event())
            await asked[0].wait()

        async def closing(self, *how):
            asked[0].set()
            await close(self, *how)

        monkeypatch.setattr(job, "called_off", when_it_ends)
        monkeypatch.setattr(SqliteLedger, "close_campaign", closing)
        Path("people.csv").write_text("to\n66800000000\n")
        said = done(*self.RUN)
        assert "cancelled from elsewhere" in said
        assert said.splitlines()[-1].startswith("finished after")
        assert data("campaign", "status", "june", "--ledger", "l.db")["state"] == "finished"

    def test_is_heard_by_whatever_name_the_ledger_goes(self, done, data, simulator):
        Path("other.db").symlink_to("l.db")
        with (
            simulator(delivery_time=3600.0),
            started(*self.RUN, "--chunk", 1, "--concurrency", 1, stderr=None) as process,
        ):
            next(line for line in process.stdout if " of 500" in line and "sent 0 " not in line)
            done("campaign", "cancel", "june", "--ledger", "other.db")
            assert "cancelled from elsewhere: stopping" in process.stdout.read()

    def test_one_that_is_finished_has_nothing_left_to_cancel(self, done, refused):
        Path("people.csv").write_text("to\n66800000000\n")
        done(*self.RUN)
        assert "campaign 'june' is finished: there is nothing to cancel" in refused(*self.CANCEL)


def test_what_is_not_there_is_told(refused, ledger, tmp_path):
    assert "there are: songkran" in refused("campaign", "cancel", "nobody", "--ledger", ledger)
    assert "there is no ledger" in refused("campaign", "cancel", "x", "--ledger", tmp_path / "no.db")


def test_a_run_over_a_ledger_is_told_how_it_pauses(refused, ledger):
    said = refused("campaign", "pause", "songkran", "--ledger", ledger)
    assert "paused by Ctrl-C, or SIGTERM, where it runs, and 'ants-async campaign resume songkran'" in said
