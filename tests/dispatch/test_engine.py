"""A list goes out, and every recipient comes to exactly one final status, whatever happens."""

import json
import re
from collections import Counter
from contextlib import aclosing

import anyio
import httpx
import pytest
from engine_world import people
from virtual_time import virtual_time

from ants_async.client import AntsClient
from ants_async.dispatch import (
    Campaign,
    CampaignState,
    Dispatcher,
    OutcomeKind,
    Recipient,
    SendingRules,
    SqliteLedger,
    TrackingRules,
)
from ants_async.errors import CampaignMismatch, CampaignPaused, ValidationError
from ants_async.simulator import Faults
from ants_async.transport.auth import BasicAuth

CAMPAIGN = Campaign("songkran", text="สวัสดี {name}", sender="ANTS")
MULTI = Campaign("songkran", text="สวัสดี {name}", sender="ANTS", mode="multi")
SEND = "/sms/1/text/advanced"


def kinds(outcomes):
    return Counter(outcome.kind for outcome in outcomes)


def last_words(outcomes):
    return Counter(outcome.to for outcome in outcomes if outcome.is_last)


def assert_one_last_word_each(outcomes, recipients):
    assert last_words(outcomes) == Counter(recipient.to for recipient in recipients)


@pytest.mark.parametrize("campaign", [CAMPAIGN, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_every_recipient_is_accepted_and_then_final_once(world, campaign):
    async with world() as w:
        outcomes = await w.run(campaign, people(35))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 35, OutcomeKind.FINAL: 35}
        assert_one_last_word_each(outcomes, people(35))
        final = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.FINAL]
        assert all(one.status.is_final and one.price and one.sent_at and one.done_at for one in final)
        assert {one.row for one in final} == set(range(1, 36))
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 35


@virtual_time
async def test_the_simulators_own_texts_and_ids_are_those_planned(world):
    async with world() as w:
        outcomes = await w.run(CAMPAIGN, people(3))
        request = next(r for r in w.network.requests if r.url.path == SEND)
        sent = json.loads(request.content)["messages"]
        assert [message["text"] for message in sent] == [f"สวัสดี n{66_800_000_000 + n}" for n in range(3)]
        ids = [message["destinations"][0]["messageId"] for message in sent]
        assert ids == [one.message_id for one in outcomes if one.kind is OutcomeKind.ACCEPTED]


@virtual_time
async def test_the_same_text_for_many_is_one_message_with_many_destinations(world):
    async with world() as w:
        await w.run(Campaign("c", text="Hello"), people(10))
        request = next(r for r in w.network.requests if r.url.path == SEND)
        (message,) = json.loads(request.content)["messages"]
        assert len(message["destinations"]) == 10


@virtual_time
async def test_an_async_source_is_read_too_and_only_as_far_as_needed(world):
    read = 0

    async def source():
        nonlocal read
        for recipient in people(10_000):
            read += 1
            yield recipient

    async with world() as w, aclosing(w.dispatcher(concurrency=2).run(CAMPAIGN, source())) as stream:
        await anext(stream)
        await anyio.sleep(3600)  # a reader that takes its time
        assert read < 500


@virtual_time
async def test_doubled_rows_do_not_pile_up_in_memory_until_a_chunk_is_full(world):
    async with world() as w:

        async def one_person_over_and_over():
            for row in range(1, 10_001):
                if row == 5000:
                    summary = await w.ledger.summary(CAMPAIGN.id)
                    assert row - summary.duplicates <= 1001
                yield people(1)[0]

        outcomes = await w.run(CAMPAIGN, one_person_over_and_over())
        assert kinds(outcomes)[OutcomeKind.DUPLICATE] == 9999


@virtual_time
async def test_a_doubled_number_is_sent_once_and_its_second_row_reported(world):
    recipients = [*people(5), *people(2)]
    async with world() as w:
        outcomes = await w.run(CAMPAIGN, recipients)
        doubled = [outcome for outcome in outcomes if outcome.kind is OutcomeKind.DUPLICATE]
        assert [one.row for one in doubled] == [6, 7]
        assert (await w.stats())["accepted"] == 5
        await w.run(CAMPAIGN, recipients)
        assert kinds(await w.newest(CAMPAIGN)) == {OutcomeKind.FINAL: 5, OutcomeKind.DUPLICATE: 2}


@virtual_time
async def test_a_finished_list_shuffled_and_extended_texts_only_the_new_ones(world):
    async with world() as w:
        await w.run(CAMPAIGN, people(40))
        outcomes = await w.run(CAMPAIGN, people(47, shuffled=1))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 7, OutcomeKind.FINAL: 7}
        assert (await w.stats())["accepted"] == 47


@virtual_time
async def test_with_the_ledger_lost_the_second_run_finds_its_ids_taken(world):
    from ants_async.dispatch import MemoryLedger

    async with world() as w:
        await w.run(CAMPAIGN, people(20))
        async with MemoryLedger() as fresh:
            w.ledger = fresh
            outcomes = await w.run(CAMPAIGN, people(30, shuffled=2))
        assert_one_last_word_each(outcomes, people(30))
        assert sum(one.deduplicated for one in outcomes if one.kind is OutcomeKind.FINAL) == 20
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 30


@pytest.mark.parametrize("campaign", [CAMPAIGN, MULTI], ids=["advanced", "multi"])
@pytest.mark.parametrize("seed", range(5))
@virtual_time
async def test_a_network_that_fails_half_the_time_texts_nobody_twice_and_loses_nobody(world, campaign, seed):
    faults = Faults(drop_before=0.15, drop_after=0.2, error_500=0.1, slow=0.1)
    async with world(faults=faults, seed=seed) as w:
        outcomes = await w.run(campaign, people(120))
        assert_one_last_word_each(outcomes, people(120))
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 120


@pytest.mark.parametrize("campaign", [CAMPAIGN, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_one_bad_row_does_not_sink_its_neighbours(world, campaign):
    async def refuse(request, _):
        if b"n66800000007" in request.content:
            return httpx.Response(
                400,
                json={"requestError": {"serviceException": {"messageId": "BAD_REQUEST", "text": "bad text"}}},
            )
        return None

    async with world() as w:
        w.network.bend = refuse
        outcomes = await w.run(campaign, people(30))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 29, OutcomeKind.FINAL: 29, OutcomeKind.REJECTED: 1}
        (rejected,) = (one for one in outcomes if one.kind is OutcomeKind.REJECTED)
        assert (rejected.to, rejected.error) == ("66800000007", "BAD_REQUEST: bad text")


@virtual_time
async def test_a_body_the_server_finds_too_large_is_halved_until_it_fits(world):
    async with world(max_body=800) as w:
        outcomes = await w.run(CAMPAIGN, people(30))
        assert_one_last_word_each(outcomes, people(30))
        assert kinds(outcomes)[OutcomeKind.FINAL] == 30


@virtual_time
async def test_an_api_that_refuses_every_message_pauses_instead_of_burning_through_the_list(world):
    async def refuse(request, _):
        return httpx.Response(400) if request.url.path == SEND else None

    async with world() as w:
        w.network.bend = refuse
        with pytest.raises(CampaignPaused, match="one message after the other"):
            await w.run(CAMPAIGN, people(1000))
        assert len(w.network.requests) < 200


@pytest.mark.parametrize("status", [401, 403])
@virtual_time
async def test_a_refused_account_pauses_and_the_campaign_goes_on_later(world, status):
    async def refuse(request, _):
        return httpx.Response(status) if w.network.count(SEND) > 2 and request.url.path == SEND else None

    async with world() as w:
        w.network.bend = refuse
        with pytest.raises(CampaignPaused, match="refuses the account"):
            await w.run(CAMPAIGN, people(100), concurrency=1)
        assert (await w.ledger.summary("songkran")).state is CampaignState.PAUSED
        assert (await w.stats())["accepted"] == 20
        w.network.bend = None
        await w.run(CAMPAIGN, people(100))
        assert kinds(await w.newest(CAMPAIGN)) == {OutcomeKind.FINAL: 100}
        assert (await w.stats())["accepted"] == 100


@virtual_time
async def test_out_of_credits_pauses_with_the_rest_unsent(world):
    async with world(balance=20) as w:
        with pytest.raises(CampaignPaused, match="NOT_ENOUGH_CREDITS"):
            await w.run(CAMPAIGN, people(100), concurrency=1)
        summary = await w.ledger.summary("songkran")
        assert (summary.state, summary.accepted, summary.rejected) == (CampaignState.PAUSED, 40, 10)
        assert summary.reason is not None


@virtual_time
async def test_an_api_out_of_reach_pauses_after_the_patience_with_nothing_marked_as_sent(world, caplog):
    async def unreachable(request, _):
        raise httpx.ConnectError("refused", request=request)

    async with world() as w:
        w.network.bend = unreachable
        start = anyio.current_time()
        with pytest.raises(CampaignPaused, match="no answer: cannot reach"):
            await w.run(CAMPAIGN, people(20), sending=SendingRules(patience=60))
        assert 60 < anyio.current_time() - start < 200
        (told,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
        assert re.search("cannot reach http://localhost: .* for 60 s", told)
        assert (await w.ledger.summary("songkran")).planned == 20
        w.network.bend = None
        await w.run(CAMPAIGN, None)
        assert kinds(await w.newest(CAMPAIGN)) == {OutcomeKind.FINAL: 20}


@virtual_time
async def test_reports_lost_on_their_way_are_found_in_the_logs(world):
    async def lose(request, send):
        if request.url.path == "/sms/1/reports":
            await send(request)
            raise httpx.ReadError("gone", request=request)

    async with world() as w:
        w.network.bend = lose
        outcomes = await w.run(CAMPAIGN, people(20))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 20, OutcomeKind.FINAL: 20}
        assert anyio.current_time() < 60
        assert (await w.stats())["reports_handed_out"] == 20


@virtual_time
async def test_what_no_source_tells_of_is_unresolved_in_the_end(world):
    async def silent(request, _):
        return httpx.Response(200, json={"results": []}) if request.method == "GET" else None

    async with world() as w:
        w.network.bend = silent
        outcomes = await w.run(CAMPAIGN, people(5))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 5, OutcomeKind.UNRESOLVED: 5}
        assert anyio.current_time() >= 49 * 3600
        assert w.network.count("/sms/1/reports") < 400, "after an hour every ten minutes"


@virtual_time
async def test_strangers_reports_are_not_asked_for(world):
    async with world() as w:
        await w.run(CAMPAIGN, people(20))
        pulls = [r for r in w.network.requests if r.url.path == "/sms/1/reports"]
        assert pulls
        assert all("bulkId" in r.url.params for r in pulls)


@pytest.mark.parametrize("campaign", [CAMPAIGN, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_answers_in_another_order_with_some_missing_and_some_added_are_matched_by_id(world, campaign):
    async def shuffle(request, send):
        if request.method != "POST":
            return None
        response = await send(request)
        await response.aread()
        body = response.json()
        stranger = body["messages"][0] | {"to": "66999999999", "messageId": "STRANGER"}
        body["messages"] = [stranger, *reversed(body["messages"][2:])]
        return httpx.Response(200, json=body)

    async with world() as w:
        w.network.bend = shuffle
        outcomes = await w.run(campaign, people(20))
        assert_one_last_word_each(outcomes, people(20))
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 20
        ids = {one["messageId"]: one["to"] for one in (await messages(w))}
        assert all(ids[one.message_id] == one.to for one in outcomes)


async def messages(w):
    request = httpx.Request("GET", "http://localhost/_simulator/messages?limit=1000")
    response = await w.network.simulator.handle_async_request(request)
    await response.aread()
    return response.json()["messages"]


@pytest.mark.parametrize("accepted", [1, 15, 33])
@virtual_time
async def test_a_reader_that_leaves_stops_the_run_and_the_ledger_knows_all_that_was_sent(world, accepted):
    async with world(latency=0.1) as w:
        async with aclosing(w.dispatcher(concurrency=2).run(CAMPAIGN, people(200))) as stream:
            for _ in range(accepted):
                await anext(stream)
        stats = await w.stats()
        summary = await w.ledger.summary("songkran")
        assert summary.state is CampaignState.INTERRUPTED
        assert summary.accepted + summary.final == stats["accepted"] < 200
        assert summary.planned == 0  # what was in flight came home within the grace period
        await w.run(CAMPAIGN, people(200))
        assert (await w.stats())["accepted"] == 200


@virtual_time
async def test_requests_slower_than_the_grace_are_cut_and_sent_again_with_the_same_ids(world):
    async with world(latency=25) as w:
        with anyio.move_on_after(30):
            async with aclosing(w.dispatcher(concurrency=2, grace=5).run(CAMPAIGN, people(60))) as stream:
                async for _ in stream:
                    pass
        assert 30 <= anyio.current_time() <= 36
        assert (await w.ledger.summary("songkran")).planned > 0
        await w.run(CAMPAIGN, people(60))
        assert kinds(await w.newest(CAMPAIGN)) == {OutcomeKind.FINAL: 60}
        assert (await w.stats())["accepted"] == 60


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.1, 0.35, 1.0, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("campaign", [CAMPAIGN, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_cancelled_at_any_moment_the_run_can_be_continued(world, moment, campaign, tmp_path):
    async with world(SqliteLedger(tmp_path / "ledger.db"), latency=0.1) as w:
        with anyio.move_on_after(moment):
            await w.run(campaign, people(100), concurrency=3)
        await w.run(campaign, people(100, shuffled=3))
        assert kinds(await w.newest(campaign)) == {OutcomeKind.FINAL: 100}
        stats = await w.stats()
        assert stats["accepted"] == stats["accepted_recipients"] == 100


@virtual_time
async def test_an_error_of_the_source_reaches_the_reader_after_all_that_was_sent_is_recorded(world):
    def source():
        yield from people(25)
        raise OSError("the disk was pulled out")

    async with world(latency=0.1) as w:
        with pytest.raises(OSError, match="pulled out"):
            await w.run(CAMPAIGN, source())
        summary = await w.ledger.summary("songkran")
        assert (summary.state, summary.source_read) == (CampaignState.INTERRUPTED, False)
        assert summary.accepted == (await w.stats())["accepted"] == 10, "what had not left yet stays"


@virtual_time
async def test_a_missing_field_is_an_error_before_that_chunk_is_sent(world):
    async with world() as w:
        with pytest.raises(ValidationError, match="'name' is missing"):
            await w.run(CAMPAIGN, [Recipient("66800000001")])
        assert not w.network.count(SEND)


@pytest.mark.parametrize(
    "other",
    [Campaign("songkran", text="Bye"), Campaign("songkran", text=CAMPAIGN.text, sender="OTHER"), MULTI],
    ids=["text", "sender", "mode"],
)
@virtual_time
async def test_an_id_used_before_for_something_else_is_refused_with_the_way_out(world, other):
    async with world() as w:
        await w.run(CAMPAIGN, people(1))
        with pytest.raises(CampaignMismatch, match="take another id"):
            await w.run(other, people(1))


@virtual_time
async def test_what_was_sent_elsewhere_does_not_count_as_sent(world):
    async with world() as w:
        await w.run(CAMPAIGN, people(1))
        account = BasicAuth("demo", "demo")
        async with AntsClient("https://api.example.com", account, transport=w.network) as elsewhere:
            with pytest.raises(CampaignMismatch, match="begun at this machine"):
                await anext(Dispatcher(elsewhere, w.ledger).run(CAMPAIGN, people(1)))


@pytest.mark.parametrize("option", [{"chunk_size": 0}, {"chunk_size": 1001}, {"concurrency": 0}])
@virtual_time
async def test_settings_that_cannot_work_are_refused(world, option):
    async with world() as w:
        with pytest.raises(ValidationError):
            w.dispatcher(**option)


@virtual_time
async def test_a_quiet_bulk_is_asked_ever_more_rarely(world):
    async with world(delivery_time=3600) as w:
        await w.run(CAMPAIGN, people(10), tracking=TrackingRules(first=2, longest=60))
        assert w.network.count("/sms/1/reports") < 3600 / 60 * 1.6 + 20


def test_the_dispatcher_takes_its_defaults():
    assert Dispatcher(None, None).chunk_size == 1000
