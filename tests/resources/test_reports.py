"""Reports and logs as streams: page by page, each entry once, in URLs that every server takes."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ants_async import AntsClient, BasicAuth, errors
from ants_async.resources import reports
from ants_async.wire.converter import format_time

LOGS, REPORTS = "/sms/1/logs", "/sms/1/reports"
START = datetime(2026, 5, 1, tzinfo=UTC)
STATUS = {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"}


def entry(place, millisecond):
    moment = START + timedelta(milliseconds=millisecond)
    return {"messageId": f"m{place}", "to": "66847781470", "status": STATUS, "sentAt": format_time(moment)}


class FakeLogs(httpx.AsyncBaseTransport):
    """Logs in one order or the other, cut at the limit of a page, with times to the millisecond."""

    def __init__(self, entries, *, newest_first):
        self.entries = sorted(entries, key=lambda one: one["sentAt"], reverse=newest_first)
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        query = request.url.params
        ids = query["messageId"].split(",") if "messageId" in query else None
        found = [
            one
            for one in self.entries
            if (ids is None or one["messageId"] in ids)
            and query.get("sentSince", "") <= one["sentAt"] <= query.get("sentUntil", "9")
        ]
        return httpx.Response(200, json={"results": found[: int(query["limit"])]})


def client(transport):
    return AntsClient("https://api.ants.co.th", BasicAuth("demo", "demo"), transport=transport, rate=None)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 40), max_size=60).filter(
        lambda times: all(times.count(one) < 5 for one in times)
    ),
    newest_first=st.booleans(),
)
def test_every_entry_comes_once_in_whichever_order_the_api_has_them(monkeypatch, times, newest_first):
    import anyio

    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    logs = FakeLogs([entry(place, time) for place, time in enumerate(times)], newest_first=newest_first)

    async def stream():
        async with client(logs) as api:
            return [one.message_id async for one in api.logs.stream()]

    assert sorted(anyio.run(stream)) == sorted(f"m{place}" for place in range(len(times)))


async def test_more_than_a_page_at_one_moment_is_said_and_not_cut_off(monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    logs = FakeLogs([entry(place, 0) for place in range(6)], newest_first=True)
    async with client(logs) as api:
        with pytest.raises(errors.IncompleteResult, match="narrow by bulk_id"):
            [one async for one in api.logs.stream()]


async def test_any_number_of_ids_is_asked_for_in_urls_of_2000_characters_at_most():
    entries = [entry(place, place) for place in range(3000)]
    logs = FakeLogs(entries, newest_first=True)
    async with client(logs) as api:
        found = [one.message_id async for one in api.logs.stream(message_id=(f"m{n}" for n in range(3000)))]
        assert [one async for one in api.logs.stream(message_id=[])] == []
    assert sorted(found) == sorted(f"m{n}" for n in range(3000))
    assert max(len(str(request.url)) for request in logs.requests) <= 2000
    assert len(logs.requests) < 3000 / 50


async def test_reports_are_fetched_until_there_are_no_more(api, connect, monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 2)
    page = [entry(1, 0), entry(2, 0)]
    api("GET", REPORTS, {"results": page}, {"results": page[:1]}, httpx.Response(500))
    async with connect() as client:
        assert len([one async for one in client.reports.stream(bulk_id="b")]) == 3
    assert [request.url.params["bulkId"] for request in api.requests] == ["b", "b"]
