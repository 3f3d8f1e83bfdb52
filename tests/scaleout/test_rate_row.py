"""The row in a real PostgreSQL: turns that never overlap, one clock, and one story for all."""

import random
from itertools import pairwise

import anyio
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool
from scaleout.conftest import Clock

from ants_async.endpoints import Family
from ants_async.errors import ConnectionFailed, LimitsUnreachable, ValidationError
from ants_async.models.limits import RateLimit
from ants_async.scaleout.asking import CLOCK
from ants_async.scaleout.rates import SharedRate, shared_rates
from ants_async.scaleout.row import RateRow
from ants_async.scaleout.turns import Ask, News
from ants_async.transport.rate import FixedRate, Unlimited

RNG = random.Random(1)


@pytest.fixture
def row(pool, clock):
    """Rows of as many workers as one likes, on a clock that stands still."""

    def make(limit=None, name="account: send"):
        return RateRow(pool, name, None if limit is None else RateLimit(limit), clock=Clock.SQL)

    return make


async def visit(row, waiting=0, *news):
    lease, _ = await row.visit(news, Ask(waiting), RNG)
    return lease


def accepted(count=1, ago=0.0):
    return News(anyio.current_time() - ago, accepted=count)


def refused(retry_after=None, ago=0.0):
    return News(anyio.current_time() - ago, retry_after=retry_after)


async def test_turns_of_workers_that_ask_at_once_never_overlap(row):
    turns = []

    async def worker():
        mine = row("100/1s")
        for _ in range(5):
            turns.extend((await visit(mine, 3)).turns)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(worker)
    assert len(turns) >= 50
    assert [two - one for one, two in pairwise(sorted(turns))] == pytest.approx([0.01] * (len(turns) - 1))


async def test_turns_not_used_are_not_handed_out_again(row, clock):
    first = await visit(row("100/1s"), 10)
    clock.move(60)
    assert (await visit(row("100/1s"), 1)).turns == (clock.now,)
    assert len(first.turns) == 10


async def test_names_are_apart(row, clock):
    await visit(row("1/1s"), 1)
    assert (await visit(row("1/1s", name="other: send"), 1)).turns == (clock.now,)


async def test_the_clock_is_read_by_who_has_the_row_and_not_by_who_waits_for_it(pool, database):
    row = RateRow(pool, "account: send", RateLimit("100/1s"), clock=CLOCK)
    await visit(row)
    leases = []

    async def ask():
        leases.append(await visit(row, 1))

    async with await psycopg.AsyncConnection.connect(database) as other:
        await other.execute("SELECT * FROM rate FOR UPDATE")
        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            async with await psycopg.AsyncConnection.connect(database, autocommit=True) as watcher:
                waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                while (await (await watcher.execute(waits)).fetchone()) == (0,):
                    pass
            ((freed_at,),) = await (await other.execute(f"SELECT {CLOCK}")).fetchall()
            await other.commit()
    assert leases[0].now >= freed_at


async def test_429s_of_many_workers_are_one_cut(row, clock):
    for _ in range(30):
        await visit(row(), 0, accepted(2))
        clock.move(0.1)
    before = (await visit(row())).rate
    one = await visit(row(), 0, refused())
    clock.move(0.01)
    other = await visit(row(), 0, refused())
    assert one.rate == other.rate < before
    clock.move(10)
    again = await visit(row(), 0, accepted(), refused())
    assert again.rate < one.rate


@pytest.mark.parametrize("limit", [None, "100/1s"], ids=["learnt", "fixed"])
async def test_a_retry_after_that_one_is_told_holds_all(row, clock, limit):
    taken = await visit(row(limit), 5)
    told = await visit(row(limit), 0, refused(30))
    assert not any(told.keeps(turn, taken.now) for turn in taken.turns)
    clock.move(29)
    other = await visit(row(limit), 5)
    assert all(turn >= taken.now + 30 for turn in other.turns)
    clock.move(10)
    assert (await visit(row(limit), 5)).turns


async def test_a_429_counts_from_when_it_came(row, clock):
    await visit(row("100/1s"), 0, refused(30, ago=20))
    clock.move(18)
    assert (await visit(row("100/1s"), 1)).turns == (clock.now,)


async def test_one_probe_of_all_workers_and_its_answer_opens_the_door_for_all(row, clock):
    await visit(row(), 0, refused(2))
    clock.move(3)
    probes = [(await visit(row(), 5)).turns for _ in range(4)]
    assert [len(turns) for turns in probes] == [1, 0, 0, 0]
    clock.move(0.1)
    await visit(row(), 0, accepted())
    assert (await visit(row(), 5)).turns[0] < clock.now + 1


async def test_what_is_learnt_outlives_everybody(row, clock, database):
    for _ in range(40):
        await visit(row(), 0, accepted(5))
        clock.move(0.1)
    learnt = (await visit(row())).rate
    assert learnt > 15
    clock.move(86_400)
    async with AsyncConnectionPool(database, open=False, min_size=1) as pool:
        assert (await visit(RateRow(pool, "account: send", None, clock=Clock.SQL))).rate == learnt


async def test_a_clock_that_is_set_back_stops_nobody(row, clock):
    await visit(row("1/1s"), 3)
    clock.move(-3600)
    assert (await visit(row("1/1s"), 1)).turns[0] <= clock.now + 4


# --- without the database


async def test_a_database_without_the_table_is_told_as_an_error_of_ours(row, pool):
    async with pool.connection() as connection:
        await connection.execute("DROP TABLE rate")
    with pytest.raises(LimitsUnreachable, match=r"rate 'account: send': .*relation \"rate\" does not exist"):
        await visit(row())


async def test_a_closed_pool_is_told_as_a_connection_that_failed(pool):
    await pool.close()
    async with SharedRate(pool, "account: send") as rate:
        with pytest.raises(ConnectionFailed, match="account: send"):
            await rate.acquire()


# --- all of it, in real time


async def test_workers_share_a_rate(pool):
    got = []

    async def caller(rate):
        await rate.acquire()
        got.append(anyio.current_time())
        rate.succeeded()

    limit = RateLimit("500/1s")
    began = anyio.current_time()
    async with SharedRate(pool, "a", limit) as one, SharedRate(pool, "a", limit) as other:
        async with anyio.create_task_group() as group:
            for rate in [one, other] * 50:
                group.start_soon(caller, rate)
        assert max(got) - began >= 99 / 500 - 0.025  # a turn may be used a little late, not early
        other.throttled(0.1)
        await other.acquire()
        assert anyio.current_time() - max(got) >= 0.1


async def test_each_family_of_an_account_has_a_rate_of_its_own(pool):
    own = FixedRate(RateLimit("5/1s"))
    wanted = {
        Family.SEND: "1000/1s",
        Family.REPORTS: None,
        Family.LOGS: own,
        Family.ACCOUNT: RateLimit("1/1s"),
    }
    async with shared_rates(pool, "main", wanted) as rates:
        assert [type(rates[family]) for family in Family] == [
            SharedRate,
            Unlimited,
            FixedRate,
            SharedRate,
            SharedRate,
        ]
        assert rates[Family.LOGS] is own
        assert [rates[family].rate for family in (Family.SEND, Family.TWO_FACTOR, Family.ACCOUNT)] == [
            1000,
            10,
            1,
        ]
        for family in (Family.SEND, Family.TWO_FACTOR):
            await rates[family].acquire()
    async with pool.connection() as connection:
        names = await (await connection.execute("SELECT name FROM rate ORDER BY name")).fetchall()
    assert names == [("main: send",), ("main: two factor",)]


async def test_a_rate_that_is_none_is_refused_before_anything_runs(pool):
    with pytest.raises(ValidationError, match="rate: 'fast'"):
        async with shared_rates(pool, "main", "fast"):
            pass
