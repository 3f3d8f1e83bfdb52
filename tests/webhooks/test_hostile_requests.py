"""What a stranger, a broken proxy or a bad day sends to the receiver, and what it must not come to."""

import logging

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from virtual_time import virtual_time

from ants_async.errors import DecodeError, ReportsNotTaken
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import STATUSES
from ants_async.webhooks import Push, PushKey, parse_reports, report_receiver
from ants_async.wire import json

PUSH = Push("https://example.com/ants", PushKey("k1", b"s" * 32))
PATH = PUSH.notify_url.removeprefix("https://example.com")
STATUS = {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"}
JSON, XML = "application/json", "application/xml"
SIGNED = {"messageId": "m1", "to": "66847781470", "status": STATUS}
SIGNED["callbackData"] = PUSH.callback_data("m1", "66847781470")
GOOD = json.dumps({"results": [SIGNED]})


async def push(on_reports, content=GOOD, *, kind=JSON, path=PATH, app=None, **options):
    transport = httpx.ASGITransport(app or report_receiver(PUSH, on_reports, **options))
    async with httpx.AsyncClient(transport=transport, base_url="https://example.com") as http:
        return await http.post(path, content=content, headers={"Content-Type": kind})


async def kept(_):
    await anyio.lowlevel.checkpoint()


UNREADABLE = [
    (JSON, b"{}"),
    (JSON, b'{"result": []}'),
    (JSON, b'{"results": null}'),
    (JSON, b'{"results": {}}'),
    (JSON, b'{"results": [{"x": 1}, 5]}'),
    (JSON, b"[" * 100_000),
    (JSON, b'{"results":' + b'{"a":' * 50_000),
    (XML, b"<a/>"),
    (XML, b"<a><results>x</results></a>"),
    (XML, b"<a>" * 50_000 + b"</a>" * 50_000),
    (JSON, b'{"results":[' + b"0," * 400_000 + b"0]}"),
    (JSON, b'{"results":[' + b"{}," * 300_000 + b"0]}"),
    (XML, b"<a><results>" + b"<result/>" * 100_000 + b"</results></a>"),
    (XML, b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"),
    (XML, GOOD),
    (JSON, b"<reportResponse/>"),
    ("text/html", GOOD),
    ("application/x-www-form-urlencoded", GOOD),
    ("application/octet-stream", GOOD),
]


@pytest.mark.parametrize(("kind", "content"), UNREADABLE, ids=range(len(UNREADABLE)))
async def test_what_is_no_list_of_reports_is_refused_and_never_acknowledged(kind, content):
    with pytest.raises(DecodeError):
        parse_reports(kind, content)
    answer = await push(kept, content, kind=kind)
    assert (answer.status_code, answer.content) == (404, b"Not Found")


@pytest.mark.parametrize("kind", ["", "text/json", "Application/JSON;charset=utf-8"])
def test_json_goes_by_several_names_or_none(kind):
    assert len(parse_reports(kind, GOOD)) == 1


def test_a_list_without_reports_is_one():
    assert parse_reports(JSON, b'{"results": []}') == ()


def test_one_that_cannot_be_read_costs_no_other():
    assert len(parse_reports(JSON, json.dumps({"results": [{"x": 1}, SIGNED]}))) == 1


@pytest.mark.parametrize("field", ["message_id", "to", "callback_data"])
def test_half_a_character_which_json_can_spell_is_a_forgery_and_no_crash(field):
    made = {"message_id": "m1", "to": "66847781470", "callback_data": "v1.k1.x", "status": STATUSES[5]}
    assert not PUSH.is_authentic(DeliveryReport(**made | {field: "\ud800"}))


@virtual_time
async def test_storing_that_takes_too_long_is_cut_off_and_asked_for_again():
    async def slow(_):
        await anyio.sleep(3600)

    assert (await push(slow, timeout=10)).status_code == 503
    assert anyio.current_time() == 10


@virtual_time
async def test_one_and_the_same_time_is_for_body_and_storing():
    async def slow(_):
        await anyio.sleep(6)

    async def body():
        await anyio.sleep(6)
        yield GOOD

    assert (await push(slow, body(), timeout=10)).status_code == 503
    assert anyio.current_time() == 10


async def test_an_early_push_leaves_no_traceback_in_the_log_and_a_full_disk_does(caplog):
    async def early(reports):
        raise ReportsNotTaken(reports)

    async def full(_):
        raise OSError("disk full")

    assert (await push(early)).status_code == 503
    assert caplog.text == ""
    assert (await push(full)).status_code == 503
    assert "disk full" in caplog.text


async def test_a_thousand_strangers_are_one_line_in_the_log(caplog):
    app = report_receiver(PUSH, kept)
    for _ in range(100):
        await push(kept, app=app, path="/wp-login.php")
        await push(kept, b"secret content", app=app)
    warnings = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == 2
    assert "secret content" not in caplog.text


async def test_a_websocket_is_closed():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    await report_receiver(PUSH, kept)({"type": "websocket", "path": PATH, "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close"}]


async def test_it_is_found_where_starlette_has_mounted_it():
    app = Starlette(routes=[Mount("/ants", report_receiver(PUSH, kept))])
    assert (await push(kept, app=app)).status_code == 204
