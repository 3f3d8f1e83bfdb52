"""A ledger that keeps no texts: whoever goes on with its campaigns brings the list again."""

import anyio
import httpx
import pytest
from engine_world import FIRST, people
from virtual_time import virtual_time

from ants_async import CampaignPaused, ValidationError
from ants_async.dispatch import Campaign, OutcomeKind, Recipient, SqliteLedger

PERSONAL = Campaign("pins", text="Your code, {name}", sender="ANTS")


async def half_sent(w, campaign, recipients):
    """Stopped with 20 of 50 answered and 10 under way."""
    sends = iter(range(10**6))

    async def bend(request, send):
        if "/text/" in request.url.path and next(sends) >= 2:
            await anyio.sleep_forever()

    w.network.bend = bend
    outcomes = w.dispatcher(concurrency=1, grace=0.1).run(campaign, recipients)
    async for outcome in outcomes:
        if outcome.kind is OutcomeKind.FINAL:
            break
    await outcomes.aclose()
    w.network.bend = None


async def unanswered(w, campaign, recipients):
    """Stopped when all had arrived, without an answer."""

    async def bend(request, send):
        if "/text/" in request.url.path:
            await send(request)
            raise httpx.ReadError("gone", request=request)

    w.network.bend = bend
    outcomes = w.dispatcher(grace=0.1).run(campaign, recipients)
    with anyio.move_on_after(5):
        await anext(outcomes)
    await outcomes.aclose()
    w.network.bend = None


def on_disk(tmp_path):
    return b"".join(file.read_bytes() for file in tmp_path.iterdir())


@virtual_time
async def test_no_text_of_anybody_reaches_the_disk_and_the_list_finishes_it(world, tmp_path):
    path = tmp_path / "ledger.db"
    async with world() as w:
        async with SqliteLedger(path, store_texts=False) as w.ledger:
            await half_sent(w, PERSONAL, people(50))
            assert b"Your code, n" not in on_disk(tmp_path)
        async with SqliteLedger(path) as w.ledger:  # what it began with holds for good
            await w.run(PERSONAL, people(50, shuffled=1))
            assert b"Your code, n" not in on_disk(tmp_path)
            assert [one.kind for one in await w.newest(PERSONAL)] == [OutcomeKind.FINAL] * 50
        texts = {(m["to"], m["text"]) for m in await w.sent()}
        assert texts == {(one.to, f"Your code, {one.fields['name']}") for one in people(50)}
        assert (await w.stats())["accepted"] == 50


@pytest.mark.parametrize("again", [None, people(25)], ids=["no list", "a shorter list"])
@virtual_time
async def test_without_the_texts_it_pauses_and_nobody_is_lost(world, tmp_path, again):
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            await half_sent(w, PERSONAL, people(50))
            with pytest.raises(CampaignPaused, match="keeps no texts: run the campaign with a list"):
                await w.run(PERSONAL, again)
            assert (await w.ledger.summary("pins")).planned == (10 if again is None else 5)
            summary = await w.ledger.summary("pins")
            assert (summary.accepted, summary.final) == (0, 20 if again is None else 25)
            await w.run(PERSONAL, people(50))
            assert (await w.ledger.summary("pins")).final == 50
        assert (await w.stats())["accepted"] == 50


@virtual_time
async def test_whoever_is_suppressed_by_then_needs_no_text(world, tmp_path):
    left_out = [one.to for one in people(25, first=FIRST + 25)]
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            await half_sent(w, PERSONAL, people(50))
            await w.run(PERSONAL, people(25), suppress=left_out)
            summary = await w.ledger.summary("pins")
            assert (summary.final, summary.rejected, summary.planned) == (25, 5, 0)
        assert (await w.stats())["accepted"] == 25


@virtual_time
async def test_a_recipients_own_text_is_not_taken_for_the_campaigns(world, tmp_path):
    own = [Recipient(one.to, text="own") for one in people(50)]
    same_for_all = Campaign("offers", text="for all")
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            await half_sent(w, same_for_all, own)
            await w.run(same_for_all, own)
        assert {message["text"] for message in await w.sent()} == {"own"}


@virtual_time
async def test_a_text_for_all_is_the_campaigns_and_needs_no_list(world, tmp_path):
    same_for_all = Campaign("offers", text="for all")
    async with world() as w, SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
        await half_sent(w, same_for_all, people(50))
        await w.run(same_for_all, None)
        assert (await w.ledger.summary("offers")).final == 30


@virtual_time
async def test_mode_multi_is_refused_as_it_looks_sends_up_by_their_text(world, tmp_path):
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            with pytest.raises(ValidationError, match="'advanced' where texts are not stored"):
                await w.run(Campaign("c", text="x", mode="multi"), people(1))
        assert not w.network.requests


@virtual_time
async def test_what_had_arrived_is_found_by_its_id_without_a_text(world, tmp_path):
    async with world() as w, SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
        await unanswered(w, PERSONAL, people(10))
        await w.run(PERSONAL, None)
        assert (await w.ledger.summary("pins")).final == 10


@virtual_time
async def test_a_chunk_that_is_divided_meanwhile_keeps_apart_whom_the_list_has_not(world, tmp_path):
    async def refuses_the_first(request, _):
        if "/text/" in request.url.path and str(FIRST).encode() in request.content:
            return httpx.Response(400, json={"requestError": {"serviceException": {}}})
        if "/logs" in request.url.path:
            await anyio.sleep(1)
        return None

    async with world() as w, SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
        await unanswered(w, PERSONAL, people(10))
        w.network.bend = refuses_the_first
        await w.run(PERSONAL, people(9))
        assert {one.to: one.kind for one in await w.newest(PERSONAL)} == {
            one.to: OutcomeKind.FINAL for one in people(10)
        }
        assert (await w.stats())["accepted"] == 10


def quoting(status):
    async def bend(request, _):
        if "/text/" in request.url.path:
            error = {"serviceException": {"messageId": "BAD_REQUEST", "text": request.content.decode()}}
            return httpx.Response(status, json={"requestError": error})
        return None

    return bend


@virtual_time
async def test_no_reason_and_no_error_quotes_a_text(world, tmp_path):
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            w.network.bend = quoting(400)
            await w.run(PERSONAL, people(3))
            with pytest.raises(ValidationError):
                await w.run(Campaign("other"), [Recipient("66800000009", text="Your code, n\ud800")])
        assert b"Your code, n" not in on_disk(tmp_path)


@pytest.mark.parametrize("status", [400, 418, 500])
@virtual_time
async def test_nor_does_the_reason_of_a_pause(world, tmp_path, status):
    async with world() as w:
        async with SqliteLedger(tmp_path / "ledger.db", store_texts=False) as w.ledger:
            w.network.bend = quoting(status)
            with pytest.raises(CampaignPaused, match="Your code, n"):
                await w.run(PERSONAL, people(60))
            reason = (await w.ledger.summary("pins")).reason
            assert reason == f"CampaignPaused: HTTP {status} BAD_REQUEST"
        assert b"Your code, n" not in on_disk(tmp_path)
