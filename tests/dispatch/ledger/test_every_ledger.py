"""What every ledger does for a campaign as a whole: it begins, goes on, ends, and is summed up."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from ledger_work import (
    CAMPAIGN,
    DELIVERED,
    EXPIRED,
    NUMBERS,
    accepted,
    begun,
    counts,
    messages,
    opened,
    rejected,
    reports,
    told,
    tracked,
)

from ants_async.dispatch import Campaign, CampaignState, Mode, Outcome, OutcomeKind
from ants_async.dispatch.suppression import SuppressionList
from ants_async.errors import CampaignMismatch, LedgerError, LedgerInUse, ValidationError

durable = pytest.mark.parametrize("make_ledger", ["sqlite", "postgres"], indirect=True)
FULL = Campaign("full", text="Hi {name}", sender="ANTS", validity=timedelta(hours=2))


async def test_a_new_one_knows_no_campaign(ledger):
    assert await ledger.campaigns() == []
    assert await ledger.summary("songkran") is None
    with pytest.raises(LedgerError, match="'songkran' is not in"):
        await anext(ledger.outcomes("songkran"))


async def test_one_that_is_not_open_says_how_to_open_it(make_ledger):
    with pytest.raises(LedgerError, match="async with"):
        await make_ledger().campaigns()


async def test_one_that_was_closed_is_not_open_any_more(make_ledger):
    async with make_ledger() as ledger:
        pass
    with pytest.raises(LedgerError, match="async with"):
        await ledger.campaigns()


async def test_a_campaign_begins_as_it_was_asked_for(ledger):
    work = await opened(ledger, FULL, "people.csv", now=1_800_000_000.25)
    assert (work.campaign, work.started_at, work.stores_texts) == (FULL, None, True)
    summary = await ledger.summary("full")
    assert summary.campaign == FULL
    assert (summary.state, summary.reason) == (CampaignState.RUNNING, None)
    assert summary.created_at == datetime.fromtimestamp(1_800_000_000.25, UTC)
    assert (summary.source, summary.source_read, summary.stores_texts) == ("people.csv", False, True)
    assert (summary.total, summary.duplicates, summary.deduplicated, summary.by_group) == (0, 0, 0, {})


async def test_whom_a_campaign_does_not_text_is_kept_with_it_and_only_grows(ledger):
    first = SuppressionList(str(66_800_000_000 + n) for n in range(25_000))
    work = await ledger.open_campaign(CAMPAIGN, None, suppress=first, reads_source=True, now=1.0)
    assert set(work.suppressed) == set(first)
    await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
    more = SuppressionList(["66800000007", "66999999999"])
    work = await ledger.open_campaign(CAMPAIGN, None, suppress=more, reads_source=True, now=1.0)
    await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
    assert set((await opened(ledger)).suppressed) == {*first, "66999999999"}
    assert set(await ledger.suppressed(CAMPAIGN.id)) == {*first, "66999999999"}
    assert not (await opened(ledger, FULL)).suppressed


@pytest.mark.parametrize("state", ["paused", "interrupted", "finished"])
async def test_how_a_run_ended_is_kept_with_its_reason(ledger, state):
    work = await opened(ledger)
    reason = "สงกรานต์: 'quoted', \\ and 😀"
    await ledger.close_campaign(work.key, CampaignState(state), reason)
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.state, summary.reason) == (state, reason)


async def test_one_that_goes_on_is_the_same_and_its_reason_is_forgotten(ledger):
    work = await opened(ledger, FULL, "people.csv")
    await ledger.close_campaign(work.key, CampaignState.PAUSED, "no credit")
    again = await opened(ledger, FULL, now=5.0)
    assert (again.key, again.campaign) == (work.key, FULL)
    summary = await ledger.summary("full")
    assert (summary.state, summary.reason, summary.source) == (CampaignState.RUNNING, None, "people.csv")
    assert summary.created_at == datetime.fromtimestamp(1.0, UTC)


async def test_it_has_started_with_its_first_request_that_may_have_arrived(ledger):
    async def started_at():
        await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
        return (await opened(ledger, now=9.0)).started_at

    work = await opened(ledger, now=1.0)
    assert await started_at() == 1.0
    chunk = await ledger.begin(work, messages(), 4.0)
    assert await started_at() == 4.0
    await ledger.attempting(chunk, None)
    assert await started_at() == 1.0
    await ledger.answered(chunk, [accepted(chunk)], 6.0)
    assert await started_at() == 6.0


@pytest.mark.parametrize("reads_source", [True, False])
async def test_whether_its_source_was_read_holds_until_it_reads_another(ledger, reads_source):
    work = await opened(ledger, source="one.csv")
    await ledger.source_read(work.key)
    assert (await ledger.summary(CAMPAIGN.id)).is_done
    await ledger.close_campaign(work.key, CampaignState.FINISHED, None)
    await opened(ledger, source="two.csv", reads_source=reads_source)
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.source, summary.source_read) == ("two.csv", not reads_source)


OTHERS = {
    "text": Campaign("full", text="Bye {name}", sender="ANTS", validity=timedelta(hours=2)),
    "sender": Campaign("full", text="Hi {name}", validity=timedelta(hours=2)),
    "validity": Campaign("full", text="Hi {name}", sender="ANTS", validity=timedelta(hours=1)),
    "mode": Campaign("full", text="Hi {name}", sender="ANTS", mode=Mode.MULTI),
}


async def test_a_campaign_that_was_begun_at_another_api_is_refused(ledger):
    async def at(api):
        work = await ledger.open_campaign(FULL, None, api=api, reads_source=False, now=1.0)
        await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)

    await at(None)  # it is not known yet
    await at("this machine")
    await at(None)
    await at("this machine")
    with pytest.raises(CampaignMismatch, match=r"begun at this machine, and api\.example\.com knows nothing"):
        await at("api.example.com")


@pytest.mark.parametrize("field", OTHERS)
async def test_another_campaign_by_the_same_id_is_refused_by_the_name_of_what_differs(ledger, field):
    work = await opened(ledger, FULL)
    await ledger.close_campaign(work.key, CampaignState.PAUSED, "no credit")
    with pytest.raises(CampaignMismatch, match=f"was started with {field} "):
        await opened(ledger, OTHERS[field])
    summary = await ledger.summary("full")
    assert (summary.campaign, summary.state, summary.reason) == (FULL, CampaignState.PAUSED, "no credit")
    await opened(ledger, FULL)  # and it is still free


async def test_one_at_work_is_refused_until_it_has_ended(ledger):
    work = await opened(ledger)
    with pytest.raises(LedgerInUse, match="'songkran' is at work already"):
        await opened(ledger)
    other = await opened(ledger, FULL)
    await ledger.close_campaign(work.key, CampaignState.FINISHED, None)
    await opened(ledger)
    with pytest.raises(LedgerInUse, match="'full' is at work already"):
        await opened(ledger, FULL)
    assert other.key != work.key


@durable
async def test_nobody_else_gets_at_a_campaign_at_work(make_ledger):
    async with make_ledger() as ledger:
        await opened(ledger)
        with pytest.raises(LedgerInUse, match=r"at work already|another process"):
            async with make_ledger() as other:
                await opened(other)


@durable
async def test_what_is_closed_says_the_same_when_it_is_opened_again(make_ledger):
    async with make_ledger() as ledger:
        work, chunk, bulk = await tracked(ledger)
        await ledger.settle(work, bulk, reports(chunk, [1]))
        await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, "stopped")
        before = await ledger.campaigns(), await told(ledger)
    async with make_ledger() as ledger:
        assert (await ledger.campaigns(), await told(ledger)) == before
        assert (await opened(ledger)).key == work.key
        assert await ledger.bulks(work.key) == [bulk]


@durable
async def test_one_that_was_let_down_is_shown_as_interrupted_and_goes_on(make_ledger):
    async with make_ledger() as ledger:
        work = await opened(ledger)
    async with make_ledger() as ledger:
        assert (await ledger.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
        assert [one.state for one in await ledger.campaigns()] == [CampaignState.INTERRUPTED]
        assert (await opened(ledger)).key == work.key


AT_WORK = """
import asyncio, sys
from ants_async import Campaign, PostgresLedger, SqliteLedger
async def main():
    async with {ledger!r} as ledger:
        await ledger.open_campaign(Campaign("songkran", sender="ANTS"), None, reads_source=True, now=1.0)
        print("at work", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@durable
async def test_after_a_kill_it_is_free_for_the_next(make_ledger):
    program = AT_WORK.format(ledger=make_ledger())
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    assert await process.stdout.readline() == b"at work\n"
    with pytest.raises(LedgerInUse):
        async with make_ledger() as ledger:
            await opened(ledger)
    process.kill()
    await process.wait()
    async with make_ledger() as ledger:
        with anyio.fail_after(30):
            while (await ledger.summary(CAMPAIGN.id)).state is CampaignState.RUNNING:
                pass  # a server may see it a moment later
        assert (await ledger.summary(CAMPAIGN.id)).state is CampaignState.INTERRUPTED
        await opened(ledger)


@durable
async def test_one_that_keeps_no_texts_stays_so_and_is_never_in_mode_multi(make_ledger):
    async with make_ledger(store_texts=False) as ledger:
        work = await opened(ledger)
        assert not work.stores_texts
        with pytest.raises(ValidationError, match="looks sends up by their text"):
            await opened(ledger, OTHERS["mode"])
    async with make_ledger() as ledger:
        assert not (await opened(ledger)).stores_texts
        assert not (await ledger.summary(CAMPAIGN.id)).stores_texts


async def test_campaigns_are_told_newest_first_each_with_its_own_counts(ledger):
    for number, created_at in enumerate([3.0, 1.0, 2.0, 2.0]):
        campaign = Campaign(f"c{number}")
        work = await opened(ledger, campaign, now=created_at)
        chunk = await ledger.begin(work, messages(campaign, NUMBERS[: number + 1]), created_at)
        await ledger.answered(chunk, [accepted(chunk)], 5.0)
    assert [(one.campaign.id, one.accepted) for one in await ledger.campaigns()] == [
        *[("c0", 1), ("c3", 4), ("c2", 3), ("c1", 2)]
    ]
    assert (await ledger.summary("c2")).accepted == 3


async def test_a_summary_counts_everybody_once(ledger):
    work, chunk = await begun(ledger)
    answers = [accepted(chunk, 0, 4), accepted(chunk, 5, 6, deduplicated=True), rejected(7, 8)]
    await ledger.answered(chunk, answers, 3.0)
    (bulk,) = await ledger.bulks(work.key)
    await ledger.settle(work, bulk, reports(chunk, [0, 5]) | reports(chunk, [1], status=EXPIRED))
    assert await counts(ledger) == (1, 4, 2, 3, 0)
    await ledger.park(work, chunk.key, "overdue", 5.0)
    await ledger.source_read(work.key)
    assert await counts(ledger) == (0, 4, 2, 3, 1)
    summary = await ledger.summary(CAMPAIGN.id)
    assert (summary.total, summary.deduplicated, summary.is_done) == (10, 2, False)
    assert summary.by_group == {DELIVERED.group_name: 2, EXPIRED.group_name: 1}
    await ledger.give_up(work, chunk.key, "overdue", 6.0)
    assert (await ledger.summary(CAMPAIGN.id)).is_done


async def test_numbers_come_in_batches_all_of_them_and_in_order(ledger):
    work = await opened(ledger)
    numbers = [str(66_800_000_000 + n) for n in range(50)]
    for start in range(0, 50, 2):
        await ledger.begin(work, messages(numbers=numbers[start : start + 2]), 2.0)
    other = Campaign("other")
    await ledger.begin(await opened(ledger, other), messages(other, ["66900000000"]), 2.0)
    batches = [some async for some in ledger.numbers(work.key)]
    assert len(batches) > 1
    assert [number for some in batches for number in some] == list(map(int, numbers))


def doubled(*rows):
    return [Outcome(OutcomeKind.DUPLICATE, row, NUMBERS[0]) for row in rows]


async def test_doubled_rows_are_told_after_all_others_and_replaced_by_those_of_a_new_reading(ledger):
    work, _, _ = await tracked(ledger, numbers=NUMBERS[:2])
    await ledger.replace_left_out(work.key, doubled(12, 11), first=True)
    await ledger.replace_left_out(work.key, doubled(*range(13, 30)), first=False)
    await ledger.replace_left_out(work.key, [], first=False)
    assert [(one.row, one.kind) for one in await told(ledger)] == [
        *[(1, OutcomeKind.ACCEPTED), (2, OutcomeKind.ACCEPTED)],
        *[(row, OutcomeKind.DUPLICATE) for row in range(11, 30)],
    ]
    assert (await ledger.summary(CAMPAIGN.id)).duplicates == 19
    await ledger.replace_left_out(work.key, doubled(40), first=True)
    assert [one.row for one in await told(ledger)] == [1, 2, 40]
    await ledger.replace_left_out(work.key, [], first=True)
    assert (await ledger.summary(CAMPAIGN.id)).duplicates == 0


async def test_doubled_rows_of_other_campaigns_are_left_alone(ledger):
    other = Campaign("other")
    works = [await opened(ledger), await opened(ledger, other)]
    for work in works:
        await ledger.replace_left_out(work.key, doubled(7), first=True)
    await ledger.replace_left_out(works[0].key, [], first=True)
    assert [one.row for one in await told(ledger, other)] == [7]


async def test_one_that_is_cancelled_says_who_was_not_sent_to_and_stays_so(ledger):
    work, _, _ = await tracked(ledger)
    chunk = await ledger.begin(work, messages(numbers=["66800000099"], first_row=11), 4.0)
    with pytest.raises(LedgerInUse, match="stop it first"):
        await ledger.cancel(CAMPAIGN.id)
    await ledger.attempting(chunk, None)
    await ledger.close_campaign(work.key, CampaignState.INTERRUPTED, None)
    await ledger.cancel(CAMPAIGN.id)
    assert [one.kind for one in await told(ledger)][9:] == [OutcomeKind.ACCEPTED, OutcomeKind.UNSENT]
    with pytest.raises(CampaignMismatch, match="was cancelled"):
        await opened(ledger)
    work = await opened(ledger, reads_source=False)
    assert work.is_cancelled
    await ledger.close_campaign(work.key, CampaignState.FINISHED, None)
    assert (await ledger.summary(CAMPAIGN.id)).state is CampaignState.CANCELLED


async def test_one_that_is_finished_is_not_cancelled(ledger):
    work = await opened(ledger)
    await ledger.close_campaign(work.key, CampaignState.FINISHED, None)
    with pytest.raises(ValidationError, match="not finished"):
        await ledger.cancel(CAMPAIGN.id)
