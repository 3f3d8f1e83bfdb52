"""No clear answer, from the API or from its logs: nobody is texted twice, nobody is given up too early."""

from collections import Counter

import anyio
import attrs
import httpx
import pytest
from engine_world import EPOCH, people, wall_clock
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, Recipient, SendingRules, TrackingRules
from ants_async.errors import AntsError, CampaignPaused, LedgerInUse
from ants_async.transport.clock import ServerClock

ADVANCED = Campaign("songkran", text="Hi {name}")
MULTI = Campaign("songkran", text="Hi {name}", mode="multi")
SENDS = {"/sms/1/text/advanced", "/sms/1/text/multi"}
REPORTS, LOGS = "/sms/1/reports", "/sms/1/logs"


def kinds(outcomes):
    return Counter(outcome.kind for outcome in outcomes)


def sends(w):
    return sum(w.network.count(path) for path in SENDS)


def once(path, answer):
    """Bends the first request to a path."""
    left = [answer]

    async def bend(request, send):
        if request.url.path in path and left:
            return await left.pop()(request, send)
        return None

    return bend


async def take_and_drop(request, send):
    await send(request)
    raise httpx.ReadError("gone", request=request)


def refusing(status):
    async def answer(request, send):
        return httpx.Response(status)

    return answer


def after(*bends):
    """The first of these that has something to say."""

    async def bend(request, send):
        for one in bends:
            answer = await one(request, send)
            if answer is not None:
                return answer
        return None

    return bend


@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("status", [400, 404, 413])
@virtual_time
async def test_a_refusal_by_the_logs_is_no_refusal_of_the_messages(world, status, count):
    async with world() as w:
        w.network.bend = after(once(SENDS, take_and_drop), once({LOGS}, refusing(status)))
        outcomes = await w.run(MULTI, people(count))
        assert kinds(outcomes)[OutcomeKind.FINAL] == count
        assert (await w.stats())["accepted"] == count


@virtual_time
async def test_a_request_of_a_killed_run_may_arrive_after_the_next_run_began(world):
    async with world() as w:
        held = []

        async def hold(request, _):
            held.append(request)
            await anyio.sleep_forever()

        w.network.bend = once(SENDS, hold)
        with anyio.move_on_after(3):
            await w.run(MULTI, people(10), grace=0.1)

        async def arrive_late():
            await anyio.sleep(2)
            first = held[0]
            request = httpx.Request("POST", first.url, headers=first.headers, content=first.content)
            await w.network.simulator.handle_async_request(request)

        async with anyio.create_task_group() as group:
            group.start_soon(arrive_late)
            outcomes = await w.run(MULTI, people(10))
        assert kinds(outcomes)[OutcomeKind.FINAL] == 10
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_a_message_taken_without_an_answer_and_then_refused_counts_as_taken(world):
    async with world() as w:
        w.network.bend = after(
            once(SENDS, take_and_drop), once(SENDS, take_and_drop), once(SENDS, refusing(400))
        )
        w.client._transport._retry = attrs.evolve(w.client._transport._retry, attempts=1)
        outcomes = await w.run(ADVANCED, people(1))
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 1, OutcomeKind.FINAL: 1}
        assert (await w.stats())["accepted"] == 1


@pytest.mark.parametrize("campaign", [ADVANCED, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_a_campaign_at_work_is_not_started_a_second_time(world, campaign):
    async with world(latency=1.0) as w:
        refused = []

        async def again():
            await anyio.sleep(0.5)
            with pytest.raises(LedgerInUse, match="at work already"):
                await w.run(campaign, people(30))
            refused.append(True)

        async with anyio.create_task_group() as group:
            group.start_soon(again)
            outcomes = await w.run(campaign, people(30))
        assert refused
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 30, OutcomeKind.FINAL: 30}
        assert (await w.stats())["accepted"] == 30


@virtual_time
async def test_what_was_accepted_of_an_unclear_chunk_is_followed_when_the_rest_is_parked(world):
    async def leave_one_out(request, send):
        if request.url.path not in SENDS:
            return None
        response = await send(request)
        await response.aread()
        messages = [one for one in response.json()["messages"] if one["to"] != "66800000003"]
        return httpx.Response(200, json={"messages": messages})

    async with world() as w:
        w.network.bend = leave_one_out
        with anyio.move_on_after(3):
            await w.run(ADVANCED, people(10))
        await anyio.sleep(49 * 3600)
        w.network.bend = None
        assert kinds(await w.run(ADVANCED, people(10))) == {OutcomeKind.UNRESOLVED: 1, OutcomeKind.FINAL: 9}


@virtual_time
async def test_days_later_an_error_of_the_reports_gives_nobody_up(world):
    async def no_reports(request, _):
        return httpx.Response(500) if request.url.path in {REPORTS, LOGS} else None

    async with world() as w:
        w.network.bend = no_reports
        with anyio.move_on_after(5):
            await w.run(ADVANCED, people(10))
        await anyio.sleep(72 * 3600)
        w.network.bend = after(once({REPORTS}, refusing(500)), once({REPORTS}, refusing(500)))
        assert kinds(await w.run(ADVANCED, people(10))) == {OutcomeKind.FINAL: 10}


@virtual_time
async def test_an_api_that_tells_nothing_any_more_pauses_with_everybody_still_waiting(world):
    async def no_reports(request, _):
        return httpx.Response(500) if request.url.path in {REPORTS, LOGS} else None

    async with world() as w:
        w.network.bend = no_reports
        with pytest.raises(CampaignPaused, match="gives no answer"):
            await w.run(ADVANCED, people(10), tracking=TrackingRules(patience=60))
        assert (await w.ledger.summary("songkran")).accepted == 10


@virtual_time
async def test_a_report_with_something_unreadable_in_it_is_a_report_all_the_same(world):
    async def spoil(request, send):
        if request.url.path != REPORTS:
            return None
        response = await send(request)
        await response.aread()
        results = [
            one | {"doneAt": None, "price": "free", "smsCount": "?"} for one in response.json()["results"]
        ]
        return httpx.Response(200, json={"results": results})

    async with world() as w:
        w.network.bend = spoil
        await w.client.account.balance()  # which tells the time: else the logs are asked for it
        assert kinds(await w.run(ADVANCED, people(10)))[OutcomeKind.FINAL] == 10
        assert w.network.count(LOGS) == 0


@virtual_time
async def test_a_refused_chunk_is_not_halved_on_once_the_run_is_stopped(world):
    async def refuse(request, _):
        if request.url.path in SENDS:
            await anyio.sleep(1)
            return httpx.Response(400)
        return None

    async with world() as w:
        w.network.bend = refuse
        with anyio.move_on_after(2.5):
            await w.run(ADVANCED, people(500), chunk_size=500, concurrency=1, grace=60)
        assert anyio.current_time() < 5
        assert (await w.ledger.summary("songkran")).planned == 500


@pytest.mark.parametrize("hours", [-30, -1, 1, 30])
@virtual_time
async def test_a_clock_that_is_wrong_texts_nobody_twice(world, monkeypatch, hours):
    async with world() as w:
        wrong = w.client._transport.clock
        monkeypatch.setattr(wrong, "_wall_clock", lambda: EPOCH + hours * 3600 + anyio.current_time())
        w.network.bend = once(SENDS, take_and_drop)
        outcomes = await w.run(MULTI, people(10))
        assert kinds(outcomes)[OutcomeKind.FINAL] == 10
        assert (await w.stats())["accepted"] == 10


@pytest.mark.parametrize("status", [401, 500])
@virtual_time
async def test_without_a_word_from_the_logs_nothing_is_sent_in_multi_mode(world, status):
    async def refuse(request, _):
        return httpx.Response(status) if request.url.path == LOGS else None

    async with world() as w:
        w.network.bend = refuse
        with pytest.raises(CampaignPaused):
            await w.run(MULTI, people(10), sending=SendingRules(patience=60))
        assert (await w.stats())["accepted"] == 0


@virtual_time
async def test_a_text_that_is_too_long_is_rejected_here_and_its_neighbours_go_out(world):
    recipients = people(10)
    recipients[3] = Recipient(recipients[3].to, text="x" * 3900)
    async with world() as w:
        outcomes = await w.run(ADVANCED, recipients)
        assert kinds(outcomes) == {OutcomeKind.ACCEPTED: 9, OutcomeKind.FINAL: 9, OutcomeKind.REJECTED: 1}
        (rejected,) = (one for one in outcomes if one.kind is OutcomeKind.REJECTED)
        assert (rejected.row, rejected.error) == (4, "text: at most 25 parts, not 26")


@virtual_time
async def test_half_a_character_is_an_error_of_ours(world):
    async with world() as w:
        with pytest.raises(AntsError, match="whole characters"):
            await w.client.sms.send("66800000001", "\ud83d")
        assert w.network.requests == []


@virtual_time
async def test_an_unclear_chunk_older_than_an_hour_asks_the_logs_before_it_goes_out_again(world):
    async with world() as w:
        await leave_unclear(w, ADVANCED, arrived=True)
        await anyio.sleep(2 * 3600)
        outcomes = await w.run(ADVANCED, None)
        assert kinds(outcomes)[OutcomeKind.FINAL] == 10
        assert (await w.stats())["duplicates_rejected"] == 0


@pytest.mark.parametrize("campaign", [ADVANCED, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_an_unclear_chunk_older_than_the_logs_is_parked_for_a_person(world, campaign):
    async with world() as w:
        await leave_unclear(w, campaign, arrived=False)
        sent = sends(w)
        await anyio.sleep(50 * 3600)
        outcomes = await w.run(campaign, None)
        assert kinds(outcomes) == {OutcomeKind.UNRESOLVED: 10}
        assert "a person must decide" in outcomes[0].error
        assert sends(w) == sent


def logs_that_fail(*, first):
    """The first requests for the logs fail."""
    left = iter(range(first))

    async def bend(request, _):
        return httpx.Response(500) if request.url.path == LOGS and next(left, None) is not None else None

    return bend


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("days", [-3, 3], ids=["set back", "set forward"])
@virtual_time
async def test_a_clock_that_is_wrong_by_days_makes_no_chunk_too_old(world, days, arrived):
    async with world() as w:
        await leave_unclear(w, ADVANCED, arrived=arrived)
        w.client._transport.clock = ServerClock(lambda: wall_clock() + days * 86_400)
        assert kinds(await w.run(ADVANCED, None))[OutcomeKind.FINAL] == 10
        assert (await w.stats())["accepted"] == 10


@pytest.mark.parametrize("campaign", [ADVANCED, MULTI], ids=["advanced", "multi"])
@virtual_time
async def test_a_clock_set_right_in_the_middle_wears_out_no_patience(world, campaign):
    async with world() as w:
        w.client._transport.clock = ServerClock(lambda: wall_clock() - 3 * 86_400)
        w.network.bend = logs_that_fail(first=3)
        assert kinds(await w.run(campaign, people(10)))[OutcomeKind.FINAL] == 10


@virtual_time
async def test_the_time_of_a_proxys_page_is_not_the_servers(world):
    async with world() as w:
        tries = iter(range(10**6))

        async def bend(request, send):
            if next(tries) == 0:
                return httpx.Response(502, headers={"Date": "Fri, 15 Jan 2027 10:00:00 GMT"})
            if request.url.path in SENDS and w.network.count(request.url.path) == 1:
                await send(request)
                raise httpx.ReadError("gone", request=request)
            return None

        w.network.bend = bend
        await w.run(MULTI, people(10))
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_what_an_answer_left_out_has_time_to_appear_in_the_logs(world):
    async with world() as w:
        sent_at = []

        async def bend(request, send):
            response = await send(request)
            await response.aread()
            body = response.json()
            if request.url.path in SENDS:
                sent_at.append(anyio.current_time())
                return httpx.Response(200, json=body | {"messages": body["messages"][1:]})
            if request.url.path == LOGS and sent_at and anyio.current_time() < sent_at[0] + 5:
                return httpx.Response(200, json={"results": []}, headers={"Date": response.headers["date"]})
            return None

        w.network.bend = bend
        assert kinds(await w.run(MULTI, people(10)))[OutcomeKind.FINAL] == 10
        assert (await w.stats())["accepted"] == 10


@virtual_time
async def test_what_seems_to_be_from_the_future_asks_the_logs_before_it_goes_out_again(world):
    async with world() as w:
        await leave_unclear(w, ADVANCED, arrived=True)
        w.client._transport.clock = ServerClock(lambda: wall_clock() - 86_400)
        w.network.bend = logs_that_fail(first=3)  # so that nobody tells the time
        await w.run(ADVANCED, None)
        assert (await w.stats())["duplicates_rejected"] == 0


@virtual_time
async def test_a_chunk_refused_for_the_account_and_resumed_days_later_is_simply_sent(world):
    async def refuse(request, _):
        return httpx.Response(401) if request.url.path in SENDS else None

    async with world() as w:
        w.network.bend = refuse
        with pytest.raises(CampaignPaused):
            await w.run(ADVANCED, people(10))
        w.network.bend = None
        await anyio.sleep(5 * 24 * 3600)
        assert kinds(await w.run(ADVANCED, None))[OutcomeKind.FINAL] == 10


async def leave_unclear(w, campaign, *, arrived):
    """A run that is cut while its only request has no answer."""

    async def hang(request, send):
        if request.url.path not in SENDS:
            return
        if arrived:
            await send(request)
        await anyio.sleep_forever()

    w.network.bend = hang
    with anyio.move_on_after(5):
        await w.run(campaign, people(10), grace=1)
    w.network.bend = None


def test_the_rules_have_defaults_that_outlast_a_short_failure():
    assert SendingRules().patience == TrackingRules().patience == 600
