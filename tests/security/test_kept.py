"""A campaign whose reports are pushed: neither the ledger's files nor what is logged hold a secret."""

import secrets
import stat

import pytest
from security.leaks import Canaries, listening
from virtual_time import virtual_time

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, Recipient, SqliteLedger
from ants_async.simulator import SimulatorConfig, running
from ants_async.webhooks import Push, PushKey

PASSWORD = "canary-p@ssword"


@pytest.fixture
def push():
    return Push("http://127.0.0.1:9/ants", PushKey("k1", secrets.token_bytes(32)))


@virtual_time
async def test_the_ledger_and_its_companions(tmp_path, push, capfd):
    canaries = Canaries(token=push.notify_url.rpartition("/")[2], key=push.keys[0].secret.decode("latin-1"))
    canaries.add_basic("anna", PASSWORD)
    path, found = tmp_path / "ledger.db", {}
    people = [Recipient(f"668477814{number:02}") for number in range(20)]
    config = SimulatorConfig(user=f"anna:{PASSWORD}", delivery_time=0.0)
    with listening() as heard:
        async with (
            running(config) as base_url,
            AntsClient(base_url, BasicAuth("anna", PASSWORD), rate=None) as client,
            SqliteLedger(path) as ledger,
        ):
            dispatcher = Dispatcher(client, ledger, chunk_size=5, push=push)
            campaign = Campaign("songkran", text="Hi", sender="ANTS")
            outcomes = [one async for one in dispatcher.run(campaign, people)]
            assert len([one for one in outcomes if one.is_last]) == 20
            assert canaries.in_object([dispatcher, outcomes, push]) == set()
            found = {one.name: (one.read_bytes(), one.stat().st_mode) for one in tmp_path.iterdir()}
    assert {"ledger.db", "ledger.db-wal"} <= found.keys()
    for content, _ in found.values():
        assert canaries.in_bytes(content) == set()
    assert canaries.in_text("\n".join([heard.text, *capfd.readouterr()])) == set()
    rows = [one for one in found if one in {"ledger.db", "ledger.db-wal", "ledger.db-shm"}]
    assert [stat.filemode(found[one][1]) for one in rows] == ["-rw-------"] * 3
