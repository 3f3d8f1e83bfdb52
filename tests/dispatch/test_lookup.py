"""What arrived of a chunk that was sent without ids: the logs tell, message by message."""

import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, SqliteLedger
from ants_async.models.sms import TextMessage

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS", mode="multi")
SEND, LOGS = "/sms/1/text/multi", "/sms/1/logs"


def losing_the_first_answer(network):
    """The first send takes effect, its answer is lost."""

    async def bend(request, send):
        if request.url.path == SEND and network.count(SEND) == 1:
            await send(request)
            raise httpx.ReadError("gone", request=request)

    return bend


@virtual_time
async def test_on_a_busy_account_the_logs_are_asked_number_by_number(world, monkeypatch):
    monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", 5)
    async with world() as w:
        w.network.bend = losing_the_first_answer(w.network)
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.deduplicated for one in outcomes if one.kind is OutcomeKind.FINAL) == 10
        assert w.network.count(LOGS) >= 11
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_another_text_to_the_same_number_is_another_message(world):
    async with world() as w:

        async def bend(request, send):
            if request.url.path == SEND and w.network.count(SEND) == 1:
                raise httpx.ReadError("gone", request=request)

        await w.client.sms.send_multi(
            [TextMessage(to=[p.to], text="other", sender="ANTS") for p in people(10)]
        )
        w.network.requests.clear()
        w.network.bend = bend
        outcomes = await w.run(CAMPAIGN, people(10))
        assert not any(one.deduplicated for one in outcomes)
        assert (await w.stats())["accepted"] == 20


@virtual_time
async def test_logs_that_fail_while_being_asked_leave_the_chunk_unclear_and_nobody_is_texted_twice(
    world, monkeypatch
):
    monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", 5)
    async with world() as w:
        lose = losing_the_first_answer(w.network)

        async def bend(request, send):
            if request.url.path == LOGS and 1 < w.network.count(LOGS) < 40:
                return httpx.Response(500)
            return await lose(request, send)

        w.network.bend = bend
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.kind is OutcomeKind.FINAL for one in outcomes) == 10
        assert (await w.stats())["accepted"] == 10


def writing_numbers_with_a_plus(*paths):
    """Answers of these paths have `+66...` where `66...` was sent."""

    async def bend(request, send):
        if request.url.path not in paths:
            return None
        answer = await send(request)
        await answer.aread()
        return httpx.Response(200, content=answer.content.replace(b'"to":"', b'"to":"+'))

    return bend


@virtual_time
async def test_an_answer_that_writes_numbers_with_a_plus_is_about_the_same_numbers(world):
    async with world() as w:
        w.network.bend = writing_numbers_with_a_plus(SEND)
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.kind is OutcomeKind.FINAL for one in outcomes) == 10
        assert not any(one.deduplicated for one in outcomes)  # the logs were not needed


@pytest.mark.parametrize("page", [1000, 5], ids=["all at once", "number by number"])
@virtual_time
async def test_logs_that_write_numbers_with_a_plus_know_who_was_texted(world, monkeypatch, page):
    monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", page)
    async with world() as w:
        lose, plus = losing_the_first_answer(w.network), writing_numbers_with_a_plus(LOGS)

        async def bend(request, send):
            return await lose(request, send) or await plus(request, send)

        w.network.bend = bend
        outcomes = await w.run(CAMPAIGN, people(10))
        assert sum(one.deduplicated for one in outcomes if one.kind is OutcomeKind.FINAL) == 10
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_logs_that_write_numbers_with_a_plus_know_what_an_old_copy_of_the_ledger_does_not(
    world, tmp_path
):
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    async with world() as w:
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN, people(10))
        copy.write_bytes(path.read_bytes())
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN, people(30))
        path.write_bytes(copy.read_bytes())
        w.network.bend = writing_numbers_with_a_plus(LOGS)
        async with SqliteLedger(path) as w.ledger:
            await w.run(CAMPAIGN, people(30))
        assert (await w.stats())["accepted"] == 30
