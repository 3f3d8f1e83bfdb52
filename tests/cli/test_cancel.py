"""`campaign cancel`: of a ledger, as of a database."""

import anyio
import pytest

from ants_async.dispatch import Campaign, CampaignState, SqliteLedger
from ants_async.dispatch.messages import Messages


async def begin(path):
    """A campaign with one recipient that nothing was sent to."""
    async with SqliteLedger(path) as ledger:
        opened = await ledger.open_campaign(Campaign("songkran", text="Hi"), None, reads_source=True, now=1.0)
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


def test_what_is_not_there_is_told(refused, ledger, tmp_path):
    assert "there are: songkran" in refused("campaign", "cancel", "nobody", "--ledger", ledger)
    assert "there is no ledger" in refused("campaign", "cancel", "x", "--ledger", tmp_path / "no.db")
