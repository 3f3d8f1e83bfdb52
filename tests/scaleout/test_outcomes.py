"""Outcomes as a stream for any process, each once for each consumer."""

from collections import Counter
from contextlib import aclosing

import pytest
from scaleout_world import CAMPAIGN

from ants_async.errors import LedgerError, LedgerInUse, ValidationError
from ants_async.scaleout import Cursor


async def finished(world, count=30):
    campaign = await world.submit(count)
    await world.work_off("send", "track", "look_up")
    return campaign


async def heard(stream):
    return [(outcome.to, outcome.kind.value) async for outcome in stream]


async def test_everybody_is_told_at_each_step_and_then_it_ends(world):
    campaign = await finished(world)
    told = await heard(campaign.outcomes())
    assert len(told) == len(set(told)) == 60
    assert Counter(kind for _, kind in told) == {"accepted": 30, "final": 30}


async def test_from_each_cursor_it_goes_on_after_it(world):
    campaign = await finished(world, 12)
    stream = campaign.outcomes()
    told = [(outcome.to, outcome.kind.value, str(stream.cursor)) async for outcome in stream]
    for place in range(0, 24, 5):
        rest = await heard(campaign.outcomes(after=told[place][2]))
        assert rest == [one[:2] for one in told[place + 1 :]]


async def test_the_order_is_that_of_numbers_where_transactions_get_a_digit_more(world):
    campaign = await finished(world)
    await world.sql(
        "UPDATE fate SET told_in = (CASE state WHEN 3 THEN 998 + chunk ELSE 20000 END)::text::xid8"
    )
    while (await world.sql("SELECT pg_current_xact_id()::text::bigint"))[0][0] < 20_001:
        await burn(world)
    told = await heard(campaign.outcomes())
    assert len(told) == len(set(told)) == 60


async def burn(world):
    """Transaction numbers, some thousands at once."""
    async with await world.scaleout.ledger._connect() as connection:
        await connection.execute(
            "DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )


async def test_what_an_older_transaction_commits_later_is_not_passed_over(world):
    campaign = await world.submit(20)
    ledger = world.scaleout.ledger
    async with await ledger._connect() as older, older.transaction():
        await older.execute("SELECT pg_current_xact_id()")
        await world.work_off("send", "track", "look_up")
        async with aclosing(aiter(campaign.outcomes(poll=0.01))) as stream:
            found, is_over = await ledger.within(campaign.outcomes()._read)
            assert (found, is_over) == ([], False)
            await older.execute("UPDATE ants_async.fate SET told_in = pg_current_xact_id() WHERE chunk = 1")
            await older.execute("COMMIT")
            told = [outcome.to async for outcome in stream]
    assert len(told) == 40


async def test_a_consumer_gets_each_once_over_several_sittings(world):
    campaign = await finished(world)
    told = []
    while True:
        before = len(told)
        async with campaign.outcomes(consumer="billing") as stream:
            async for outcome in stream:
                told.append((outcome.to, outcome.kind))
                if len(told) == before + 7:
                    break
        if len(told) == before:
            break
    assert len(told) == len(set(told)) == 60


async def test_what_a_consumer_failed_at_comes_again(world):
    campaign, told = await finished(world), []

    async def consume():
        async with campaign.outcomes(consumer="billing") as stream:
            async for outcome in stream:
                told.append((outcome.to, outcome.kind))
                if len(told) == 10:
                    raise RuntimeError

    with pytest.raises(RuntimeError):
        await consume()
    async with campaign.outcomes(consumer="billing") as stream:
        told += [(outcome.to, outcome.kind) async for outcome in stream]
    assert len(told) == 61
    assert told[9] == told[10]


async def test_one_process_at_a_time_reads_under_a_name(world):
    campaign = await finished(world)
    async with campaign.outcomes(consumer="billing"):
        with pytest.raises(LedgerInUse, match="billing"):
            async with campaign.outcomes(consumer="billing"):
                pass
        async with campaign.outcomes(consumer="other") as other:
            assert len(await heard(other)) == 60
    async with campaign.outcomes(consumer="billing") as again:
        assert len(await heard(again)) == 60


async def test_it_waits_while_a_campaign_is_paused_and_ends_with_a_cancelled_one(world):
    campaign = await world.submit(20)
    await world.work_off("send", most=1)
    await campaign.pause()
    stream = campaign.outcomes(poll=0.01)
    told = []
    async for outcome in stream:
        told.append(outcome)
        if len(told) == 10:
            await campaign.cancel()
            await world.work_off("track", "look_up", "send")
    assert len(told) == 20


async def test_a_divided_chunk_tells_nobody_twice(world):
    campaign = await finished(world, 20)
    stream = campaign.outcomes()
    told = []
    async for outcome in stream:
        told.append((outcome.to, outcome.kind))
        if len(told) == 5:
            await world.sql("UPDATE fate SET first = first, last = last")
    assert len(told) == len(set(told)) == 40


@pytest.mark.parametrize("cursor", ["", "1-2", "a-b-c", "1-2-3-4", "-1-2-3"])
async def test_what_is_no_cursor_is_refused(world, cursor):
    with pytest.raises(ValidationError, match="after"):
        world.scaleout.campaign(CAMPAIGN.id).outcomes(after=cursor)


def test_a_cursor_is_read_as_it_is_written():
    assert Cursor.read(str(Cursor(744, 12, 3))) == Cursor(744, 12, 3)


async def test_a_consumers_place_is_the_databases_alone(world):
    with pytest.raises(ValidationError, match="after"):
        world.scaleout.campaign(CAMPAIGN.id).outcomes(after="1-1-1", consumer="billing")


async def test_a_consumer_that_is_not_entered_is_refused(world):
    campaign = await finished(world, 1)
    with pytest.raises(LedgerError, match="async with"):
        await heard(campaign.outcomes(consumer="billing"))


async def test_a_campaign_that_is_not_there_is_refused(world):
    with pytest.raises(LedgerError, match="'nobody' is not in"):
        await heard(world.scaleout.campaign("nobody").outcomes())
