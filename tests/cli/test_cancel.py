"""`campaign cancel`: of a ledger, as of a database."""

import anyio
import pytest

from ants_async.dispatch import Campaign, CampaignState, SqliteLedger
from ants_async.dispatch.messages import Messages

FOLLOWS = '{"by": "ants-async", "follows": "april", "advice": ["retry_later"]}'


async def begin(path, source='{"by": "ants-async", "rows": 5}'):
    """A campaign whose list of five was read to its first, whom nothing was sent to."""
    async with SqliteLedger(path) as ledger:
        opened = await ledger.open_campaign(
            Campaign("songkran", text="Hi"), source, reads_source=True, now=1.0
        )
        messages = Messages.planned("songkran", [1], ["66800000001"], ["Hi"])
        await ledger.attempting(await ledger.begin(opened, messages, 1.0), None)
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


def test_what_is_not_there_is_told(refused, ledger, tmp_path):
    assert "there are: songkran" in refused("campaign", "cancel", "nobody", "--ledger", ledger)
    assert "there is no ledger" in refused("campaign", "cancel", "x", "--ledger", tmp_path / "no.db")


def test_a_run_over_a_ledger_is_told_how_it_pauses(refused, ledger):
    said = refused("campaign", "pause", "songkran", "--ledger", ledger)
    assert "paused by Ctrl-C, or SIGTERM, where it runs, and 'ants-async campaign resume songkran'" in said
