"""Many tasks that send PINs at once: the application is read once for all, and its limits hold."""

import contextlib

import anyio
import httpx
import pytest
from virtual_time import virtual_time

from ants_async import errors
from ants_async.models.two_factor import ApplicationRequest, PinConfiguration

PIN, APPLICATION = "/2fa/1/pin", "/2fa/2/applications/A"
NUMBER = "66847781470"
SENT = {"pinId": "P1", "to": NUMBER, "smsStatus": "MESSAGE_SENT"}


def application(**configuration):
    return {"applicationId": "A", "name": "Shop", "configuration": configuration}


async def send(client, **options):
    return await client.two_factor.send_pin(application_id="A", message_id="M", to=NUMBER, **options)


def slow(api, answer):
    """The application takes a second to be read."""
    handle = api.handle_async_request

    async def handle_async_request(request):
        if request.method == "GET":
            await anyio.sleep(1)
        return await handle(request)

    api.handle_async_request = handle_async_request
    api("GET", APPLICATION, answer)


async def sent_of(count, client):
    """How many PINs leave when so many are asked for at once."""
    left = []

    async def one():
        with contextlib.suppress(errors.PinLimitReached):
            left.append(await send(client))

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return len(left)


@virtual_time
async def test_of_ten_at_once_only_as_many_leave_as_may(api, connect):
    api("POST", PIN, SENT)
    async with connect() as client:
        configuration = PinConfiguration(send_pin_per_phone_number_limit="3/1d")
        client.two_factor.use_configuration("A", configuration)
        assert await sent_of(10, client) == 3
    assert len(api.requests) == 3


@virtual_time
async def test_the_application_is_read_once_for_all_that_start_together(api, connect):
    slow(api, application(sendPinPerPhoneNumberLimit="3/1d"))
    api("POST", PIN, SENT)
    async with connect() as client:
        assert await sent_of(10, client) == 3
    assert api.paths.count(f"GET {APPLICATION}") == 1


@virtual_time
async def test_a_reading_that_fails_holds_up_nobody(api, connect):
    slow(api, httpx.Response(403))
    api("POST", PIN, SENT)
    async with connect() as client:
        assert await sent_of(10, client) == 10
    assert api.paths.count(f"GET {APPLICATION}") == 1


@virtual_time
async def test_who_reads_may_be_cancelled_without_harm_to_who_waits_for_it(api, connect):
    slow(api, application(sendPinPerPhoneNumberLimit="3/1d"))
    api("POST", PIN, SENT)
    async with connect() as client:
        with anyio.CancelScope() as reader:
            async with anyio.create_task_group() as group:
                group.start_soon(send, client)
                await anyio.sleep(0.5)
                reader.cancel()
        assert await sent_of(10, client) == 3


@virtual_time
async def test_limits_given_while_they_are_being_read_are_the_ones_that_hold(api, connect):
    slow(api, application(sendPinPerPhoneNumberLimit="3/1d"))
    api("POST", PIN, SENT)
    async with connect() as client, anyio.create_task_group() as group:
        group.start_soon(send, client)
        await anyio.sleep(0.5)
        configuration = PinConfiguration(send_pin_per_phone_number_limit="1/1d")
        client.two_factor.use_configuration("A", configuration)
        await anyio.sleep(1)
        with pytest.raises(errors.PinLimitReached, match="of 1/1d"):
            await send(client)


@virtual_time
async def test_limits_this_client_has_changed_are_read_again(api, connect):
    api("GET", APPLICATION, *(application(sendPinPerPhoneNumberLimit=one) for one in ("1/1d", "2/1d")))
    api("PUT", APPLICATION, application())
    api("POST", PIN, SENT)
    async with connect() as client:
        assert await sent_of(3, client) == 1
        await client.two_factor.applications.update("A", ApplicationRequest(name="Shop"))
        assert await sent_of(3, client) == 1
    assert api.paths.count(f"GET {APPLICATION}") == 2


@virtual_time
async def test_who_waits_for_one_place_gets_it_one_after_the_other(api, connect):
    api("POST", PIN, SENT)
    done = []

    async def one(client):
        await send(client, wait=True)
        done.append(anyio.current_time())

    async with connect() as client:
        client.two_factor.use_configuration("A", PinConfiguration(send_pin_per_phone_number_limit="1/1h"))
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one, client)
    assert done == [0, 3600, 7200, 10800]
