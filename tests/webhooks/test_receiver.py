"""Pushed reports at the door: ours are stored before the API is told, everybody else gets the same 404."""

import logging

import anyio
import httpx
import pytest
from virtual_time import virtual_time

from ants_async.webhooks import Push, PushKey, parse_reports, report_receiver
from ants_async.wire import json, xml

PUSH = Push("https://example.com/ants", PushKey("k1", b"s" * 32))
PATH = PUSH.notify_url.removeprefix("https://example.com")
STATUS = {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"}
PENDING = {"groupId": 1, "groupName": "PENDING", "id": 3, "name": "PENDING_WAITING_DELIVERY"}
JSON, XML = "application/json", "application/xml"


def report(message_id="m1", to="66847781470", **changes):
    signed = PUSH.callback_data(message_id, to)
    return {"messageId": message_id, "to": to, "status": STATUS, "callbackData": signed} | changes


def body(*reports):
    return json.dumps({"results": list(reports)})


class Store:
    """Keeps what it is given, or fails as it is told to."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.kept = []

    async def __call__(self, reports):
        await anyio.lowlevel.checkpoint()
        if self.failures:
            raise self.failures.pop(0)
        self.kept += [one.message_id for one in reports]


def client(store, **options):
    transport = httpx.ASGITransport(report_receiver(PUSH, store, **options))
    return httpx.AsyncClient(transport=transport, base_url="https://example.com")


async def push(store, content, *, path=PATH, kind=JSON, method="POST", **options):
    async with client(store, **options) as http:
        return await http.request(method, path, content=content, headers={"Content-Type": kind})


class TestOurs:
    @pytest.mark.parametrize("kind", [JSON, "application/json; charset=utf-8", XML])
    async def test_they_are_handed_over_and_then_acknowledged(self, kind):
        store = Store()
        data = {"results": [report("m1"), report("m2")]}
        content = xml.dumps(data, "reportResponse") if kind == XML else json.dumps(data)
        assert (await push(store, content, kind=kind)).status_code == 204
        assert store.kept == ["m1", "m2"]

    async def test_forged_ones_among_them_are_left_out(self, caplog):
        store = Store()
        answer = await push(store, body(report("m1"), report("m2", callbackData="v1.k1.forged")))
        assert (answer.status_code, store.kept) == (204, ["m1"])
        assert "1 pushed reports without our signature" in caplog.text

    async def test_what_could_not_be_stored_is_asked_for_again(self):
        store = Store(OSError("disk full"))
        assert (await push(store, body(report()))).status_code == 503
        assert (await push(store, body(report()))).status_code == 204
        assert store.kept == ["m1"]

    async def test_they_are_found_wherever_the_app_is_mounted(self):
        assert (await push(Store(), body(report()), path=f"/some/where{PATH}")).status_code == 204

    async def test_intermediate_ones_are_parsed_like_final_ones(self):
        (parsed,) = parse_reports(JSON, body(report(status=PENDING)))
        assert not parsed.status.is_final


class TestEverybodyElse:
    @pytest.mark.parametrize(
        ("content", "changes"),
        [
            (body(report()), {"path": "/ants"}),
            (body(report()), {"path": "/"}),
            (body(report()), {"path": PATH[:-1]}),
            (body(report()), {"path": f"{PATH}/"}),
            (body(report()), {"path": PATH.replace("k1", "k2")}),
            (body(report()), {"method": "PUT"}),
            (b"", {"method": "GET"}),
            (body(report(callbackData=None)), {}),
            (body(report(callbackData="v1.k1.forged")), {}),
            (body(report(to="66847781471", callbackData=PUSH.callback_data("m1", "66847781470"))), {}),
            (b"", {}),
            (b"{", {}),
            (b"[]", {}),
            (b'{"results": 5}', {}),
            (b"\xff\xfe", {}),
            (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", {"kind": XML}),
            (body(report(extra="x" * 2000)), {"max_body": 1000}),
        ],
    )
    async def test_gets_one_and_the_same_404(self, content, changes):
        store = Store()
        answer = await push(store, content, **changes)
        assert (answer.status_code, answer.content) == (404, b"Not Found")
        assert dict(answer.headers) == {"content-type": "text/plain", "content-length": "9"}
        assert store.kept == []

    async def test_an_endless_body_is_cut_off_at_the_cap(self):
        sent = 0

        async def flood():
            nonlocal sent
            while True:
                sent += 1 << 16
                yield bytes(1 << 16)

        assert await raw(flood()) == 404
        assert sent <= (1 << 20) + (2 << 16)

    @virtual_time
    async def test_a_body_that_drips_is_cut_off_at_the_time(self):
        async def drip():
            while True:
                await anyio.sleep(1)
                yield b" "

        assert await raw(drip(), timeout=10.0) == 404
        assert anyio.current_time() == 10

    async def test_a_body_that_breaks_off_is_refused(self):
        async def broken():
            yield b'{"results": ['

        assert await raw(broken()) == 404

    async def test_the_log_says_why_but_no_secret(self, caplog):
        caplog.set_level(logging.DEBUG)
        await push(Store(), body(report()), path=f"{PATH}x")
        await push(Store(), body(report(callbackData="v1.k1.forged")))
        assert "its path is not the one given" in caplog.text
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("ants_async")]
        assert len(ours) == 2
        assert PATH.rsplit("/", 1)[1] not in "".join(ours)


async def raw(pieces, **options):
    """The status for a body of these pieces, which may never end; then the sender is gone."""
    iterator = aiter(pieces)
    status = []

    async def receive():
        async for piece in iterator:
            return {"type": "http.request", "body": piece, "more_body": True}
        return {"type": "http.disconnect"}

    async def send(message):
        status.append(message.get("status"))

    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "headers": [(b"content-type", b"application/json")],
    }
    await report_receiver(PUSH, Store(), **options)(scope, receive, send)
    return status[0]


async def test_it_is_an_app_of_its_own_for_any_server():
    import socket

    import uvicorn

    store = Store()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(report_receiver(PUSH, store), log_config=None, lifespan="on"))
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listener])
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                answer = await http.post(PATH, content=body(report()), headers={"Content-Type": JSON})
            server.should_exit = True
    assert (answer.status_code, store.kept) == (204, ["m1"])
