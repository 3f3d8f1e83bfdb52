"""PIN limits of all workers, in a real PostgreSQL on a clock that moves when a test says so."""

import json
import logging

import anyio
import httpx
import pytest
from scaleout.conftest import Clock

from ants_async import AntsClient, ApiKeyAuth, PinConfiguration
from ants_async.errors import LimitsUnreachable, PinLimitReached
from ants_async.models.limits import RateLimit
from ants_async.resources.pin_limits import Use
from ants_async.scaleout.pin_limits import SharedPinLimits

NUMBER = "66847781470"


@pytest.fixture
def worker(pool, clock):
    """As many workers as one likes."""
    return lambda account="main": SharedPinLimits(pool, account, clock=Clock.SQL)


def use(limit="1/1h", key=("A", NUMBER), name="sendPinPerPhoneNumberLimit"):
    return Use(name, limit and RateLimit(limit), key)


async def leaves(limits, *uses):
    """Whether there is room for one of each, and it is taken."""
    try:
        await limits.take(list(uses), wait=False)
    except PinLimitReached:
        return False
    return True


async def rows(pool):
    async with pool.connection() as connection:
        return await (await connection.execute("SELECT account, name, key, over_at FROM pin_use")).fetchall()


async def test_a_limit_holds_for_all_workers_together_in_any_window(worker, clock):
    left = []
    for _ in range(40):
        clock.move(0.7)
        is_room = sum(clock.now - one < 4 for one in left) < 3
        assert await leaves(worker(), use("3/4s")) is is_room
        if is_room:
            left.append(clock.now)
    assert len(left) >= 18


async def test_of_many_at_once_only_as_many_leave_as_may(worker):
    done = []

    async def one():
        done.append(await leaves(worker(), use("3/1d"), use("100/1d", "A", "application")))

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(one)
    assert sum(done) == 3


async def test_uses_in_any_order_never_wait_for_each_other_for_good(worker):
    one, other = use("1000/1d", "one"), use("1000/1d", "other")
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(60):
                group.start_soon(leaves, worker(), *([one, other] if number % 2 else [other, one]))
    assert await leaves(worker(), one, other)


async def test_all_are_taken_or_none(worker):
    assert await leaves(worker(), use("2/1d", "A"), use("1/1d", "one"))
    for _ in range(5):
        assert not await leaves(worker(), use("2/1d", "A"), use("1/1d", "one"))
    assert await leaves(worker(), use("2/1d", "A"), use("1/1d", "other"))
    assert not await leaves(worker(), use("2/1d", "A"), use("1/1d", "third"))


async def test_the_limit_that_takes_longest_is_the_one_named(worker):
    both = [use("1/1d", "A", "application"), use("1/1h", "one", "number")]
    await worker().take(both, wait=False)
    with pytest.raises(PinLimitReached) as caught:
        await worker().take(both, wait=False)
    assert (caught.value.limit_name, caught.value.limit) == ("application", "1/1d")
    assert caught.value.retry_after == 86_400


async def test_what_is_given_back_is_free_for_any_worker_and_nothing_else_is(worker, clock):
    taken = await worker().take([use("2/1d"), use("9/1d", "A")], wait=False)
    clock.move(1)
    assert await leaves(worker(), use("2/1d"))
    await worker().give_back([use("2/1d"), use("9/1d", "A")], taken)
    await worker().give_back([use("2/1d")], taken)
    assert await leaves(worker(), use("2/1d"))
    assert not await leaves(worker(), use("2/1d"))


async def test_of_two_at_the_same_moment_one_is_given_back(worker):
    taken = [await worker().take([use("2/1d")], wait=False) for _ in range(2)]
    await worker().give_back([use("2/1d")], taken[0])
    assert await leaves(worker(), use("2/1d"))
    assert not await leaves(worker(), use("2/1d"))


async def test_a_429_holds_back_the_number_in_all_workers_and_nobody_else(worker, clock):
    both = [use(None, "A", "application"), use(None)]
    taken = await worker().take(both, wait=False)
    assert await worker().refused(both, taken, 120) == 120
    assert not await leaves(worker(), *both)
    assert await leaves(worker(), both[0], use(None, ("A", "66800000000")))
    clock.move(120)
    assert await leaves(worker(), *both)


async def test_a_429_uses_nothing_up_and_a_shorter_one_does_not_end_a_longer_one(worker, clock):
    taken = await worker().take([use("1/1d")], wait=False)
    assert await worker().refused([use("1/1d")], taken, 120) == 120
    assert await worker().refused([use("1/1d")], taken, None) == 60
    clock.move(119)
    assert not await leaves(worker(), use("1/1d"))
    clock.move(1)
    assert await leaves(worker(), use("1/1d"))


async def test_a_429_of_nobody_knows_how_long_holds_nobody(worker):
    assert await worker().refused([use(None)], 0.0, None) is None
    assert await leaves(worker(), use(None))


async def test_who_waits_gets_the_place_when_it_is_free(pool):
    limits = SharedPinLimits(pool, "main")
    times = [await limits.take([use("1/100ms")], wait=True) for _ in range(3)]
    assert times[2] - times[0] >= 0.2


async def test_accounts_are_apart(worker):
    assert await leaves(worker("main"), use())
    assert await leaves(worker("other"), use())


async def test_what_is_over_is_forgotten_and_what_counts_is_not(worker, clock, pool):
    limits = worker()
    for number in range(150):
        assert await leaves(limits, use("1/1s", str(number)), use("1/10000s", f"kept {number}"))
        clock.move(1)
    kept = [json.loads(key) for _, _, key, _ in await rows(pool)]
    assert sum(key.startswith("kept") for key in kept) == 150
    assert len(kept) < 150 + 60


async def test_a_row_tells_the_application_and_the_number(worker, pool, clock):
    await worker().take([use("1/1h")], wait=False)
    assert await rows(pool) == [
        ("main", "sendPinPerPhoneNumberLimit", json.dumps(["A", NUMBER]), clock.now + 3600)
    ]


async def test_clients_of_two_workers_keep_one_limit(pool):
    requests = []

    def answer(request):
        requests.append(request)
        return httpx.Response(200, json={"pinId": "P1", "to": NUMBER, "smsStatus": "MESSAGE_SENT"})

    async def send():
        options = {"transport": httpx.MockTransport(answer), "pin_limits": SharedPinLimits(pool, "main")}
        async with AntsClient("http://localhost", ApiKeyAuth("k3y"), **options) as client:
            configuration = PinConfiguration(send_pin_per_phone_number_limit="1/1d")
            client.two_factor.use_configuration("A", configuration)
            await client.two_factor.send_pin(application_id="A", message_id="M", to=NUMBER)

    await send()
    with pytest.raises(PinLimitReached, match="sendPinPerPhoneNumberLimit of 1/1d"):
        await send()
    assert len(requests) == 1


async def test_without_the_database_no_pin_is_sent_and_nothing_hides_what_went_wrong(pool, caplog):
    await pool.close()
    limits = SharedPinLimits(pool, "main")
    with pytest.raises(LimitsUnreachable, match="PIN limits"):
        await limits.take([use()], wait=True)
    with caplog.at_level(logging.WARNING, "ants_async.scaleout"):
        await limits.give_back([use()], 1.0)
        assert await limits.refused([use()], 1.0, 30) == 30
    assert len(caplog.records) == 2
    assert NUMBER not in caplog.text
