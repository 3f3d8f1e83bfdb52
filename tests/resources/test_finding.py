"""A send without a clear answer: the error says what to look for, and `client.sms.find` looks."""

import json
import pickle

import anyio
import httpx
import pytest
from engine_world import EPOCH
from virtual_time import virtual_time

from ants_async import (
    AdvancedMessage,
    AdvancedRequest,
    BinaryMessage,
    Destination,
    OutcomeUnknown,
    SoughtMessage,
    TextMessage,
    ValidationError,
)

NUMBER, OTHER = "66847781470", "66847781471"
SENDS = {
    "single": lambda sms: sms.send([NUMBER, OTHER], "Hi", sender="ANTS"),
    "multi": lambda sms: sms.send_multi(
        [TextMessage(to=NUMBER, text="Hi"), TextMessage(to=OTHER, text="Ho", sender="ANTS")]
    ),
    "advanced without ids": lambda sms: sms.send_advanced(
        AdvancedRequest(
            messages=[
                AdvancedMessage(destinations=[Destination(NUMBER, "own"), Destination(OTHER)], text="Hi")
            ]
        )
    ),
    "binary": lambda sms: sms.send_binary([NUMBER, OTHER], b"\x01", sender="ANTS"),
    "binary multi": lambda sms: sms.send_binary_multi(
        [BinaryMessage(to=[NUMBER, OTHER], binary="01", sender="ANTS")]
    ),
}


def losing_answers(*, arrived):
    """Sends get no answer; whether they took effect is up to the test."""

    async def bend(request, send):
        if request.method == "POST":
            if arrived:
                await send(request)
            raise httpx.ReadError("gone", request=request)

    return bend


async def unclear(w, send, *, arrived):
    w.network.bend = losing_answers(arrived=arrived)
    with pytest.raises(OutcomeUnknown) as caught:
        await send(w.client.sms)
    w.network.bend = None
    return caught.value


@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
@virtual_time
async def test_what_arrived_is_found(world, send):
    async with world() as w:
        unknown = await unclear(w, send, arrived=True)
        assert [one.to for one in unknown.messages] == [NUMBER, OTHER]
        found = await w.client.sms.find(unknown)
        assert sorted(entry.to for entry in found) == [NUMBER, OTHER]


@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
@virtual_time
async def test_what_did_not_arrive_is_not_found(world, send):
    async with world() as w:
        assert await w.client.sms.find(await unclear(w, send, arrived=False)) == ()


@virtual_time
async def test_another_text_or_an_earlier_one_is_another_message(world):
    async with world() as w:
        await w.client.sms.send(NUMBER, "Hi", sender="ANTS")
        await anyio.sleep(60)
        await w.client.sms.send(NUMBER, "other", sender="ANTS")
        unknown = await unclear(w, lambda sms: sms.send(NUMBER, "Hi", sender="ANTS"), arrived=False)
        assert await w.client.sms.find(unknown) == ()


@virtual_time
async def test_before_the_server_has_told_its_time_this_machines_clock_may_be_wrong(world):
    async with world() as w:
        w.client.clock._wall_clock = lambda: EPOCH + 600
        unknown = await unclear(w, SENDS["single"], arrived=True)
        assert len(await w.client.sms.find(unknown)) == 2


@virtual_time
async def test_on_a_busy_account_it_asks_number_by_number(world, monkeypatch):
    async with world() as w:
        monkeypatch.setattr("ants_async.resources.finding.MAX_LIMIT", 1)
        unknown = await unclear(w, SENDS["single"], arrived=True)
        assert len(await w.client.sms.find(unknown)) == 2
        assert w.network.count("/sms/1/logs") == 3


@virtual_time
async def test_of_many_it_reads_page_by_page_and_not_number_by_number(world, monkeypatch):
    for module in ("finding", "reports"):
        monkeypatch.setattr(
            f"ants_async.resources.{module}.MAX_LIMIT", 600
        )  # more than are sent in a millisecond
    async with world() as w:
        numbers = [str(66_800_000_000 + n) for n in range(1500)]
        unknown = await unclear(w, lambda sms: sms.send(numbers, "Hi", sender="ANTS"), arrived=True)
        assert sorted(entry.to for entry in await w.client.sms.find(unknown)) == numbers
        assert w.network.count("/sms/1/logs") < 10


@virtual_time
async def test_where_others_entries_cannot_be_read_it_asks_number_by_number(world):
    async def unreadable(request, send):
        response = await send(request)
        if "to" not in request.url.params and "messageId" not in request.url.params:
            body = json.loads(await response.aread())
            return httpx.Response(200, json={"results": [*body["results"], {"status": "?"}]})
        return response

    async with world() as w:
        unknown = await unclear(w, SENDS["single"], arrived=True)
        w.network.bend = unreadable
        assert sorted(entry.to for entry in await w.client.sms.find(unknown)) == [NUMBER, OTHER]


@virtual_time
async def test_an_error_of_something_else_cannot_be_looked_for(world):
    async with world() as w:
        unknown = OutcomeUnknown("reports.fetch: no clear answer", sent_since=0.0)
        with pytest.raises(ValidationError, match="an OutcomeUnknown of a send"):
            await w.client.sms.find(unknown)
        assert not w.network.requests


def test_what_to_look_for_crosses_processes_and_shows_no_text():
    unknown = OutcomeUnknown(
        "?", sent_since=1.0, messages=[SoughtMessage(to=NUMBER, text="your PIN is 1234")]
    )
    again = pickle.loads(pickle.dumps(unknown))
    assert (again.messages, again.sent_since) == (unknown.messages, 1.0)
    assert "1234" not in repr(again.messages)
