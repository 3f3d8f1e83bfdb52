"""Reports and logs as streams: page by page, each entry once, in URLs that every server takes."""

from datetime import UTC, datetime, timedelta

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ants_async import AntsClient, BasicAuth, RetryPolicy, errors
from ants_async.models.statuses import StatusGroup
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

    def __init__(self, entries, *, newest_first=True):
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


async def ids_of(transport, **filters):
    async with client(transport) as api:
        return [one.message_id async for one in api.logs.stream(**filters)]


@st.composite
def moments(draw, most):
    """Moments in any order, the same one for so many entries at most."""
    ties = draw(st.dictionaries(st.integers(0, 40), st.integers(1, most), max_size=25))
    return draw(st.permutations([moment for moment, count in ties.items() for _ in range(count)]))


def paging(most, **more):
    """Properties of logs in pages of five."""

    def decorate(test):
        strategies = {"times": moments(most), "newest_first": st.booleans()} | more
        checks = [HealthCheck.function_scoped_fixture]
        return settings(deadline=None, suppress_health_check=checks)(given(**strategies)(test))

    return decorate


@paging(4)
def test_every_entry_comes_once_in_whichever_order_the_api_has_them(monkeypatch, times, newest_first):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    logs = FakeLogs([entry(place, time) for place, time in enumerate(times)], newest_first=newest_first)
    assert sorted(anyio.run(ids_of, logs)) == sorted(f"m{place}" for place in range(len(times)))


@paging(3, unreadable=st.integers(0, 75))
def test_an_entry_that_cannot_be_read_costs_no_other(monkeypatch, times, newest_first, unreadable):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    entries = [entry(place, time) for place, time in enumerate(times)]
    for one in entries[unreadable : unreadable + 1]:
        one["status"] = "unreadable"
    found = anyio.run(ids_of, FakeLogs(entries, newest_first=newest_first))
    assert sorted(found) == sorted(f"m{place}" for place in range(len(times)) if place != unreadable)


async def test_more_than_a_page_at_one_moment_is_said_and_not_cut_off(monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    logs = FakeLogs([entry(place, 0) for place in range(6)], newest_first=True)
    async with client(logs) as api:
        with pytest.raises(errors.IncompleteResult, match="narrow by bulk id"):
            [one async for one in api.logs.stream()]


async def test_logs_that_show_the_same_page_for_ever_are_said_and_not_asked_for_ever(monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)

    class Deaf(FakeLogs):
        """Its filters on time do nothing."""

        async def handle_async_request(self, request):
            self.requests.append(request)
            return httpx.Response(200, json={"results": self.entries[:5]})

    logs = Deaf([entry(place, place) for place in range(6)])
    async with client(logs) as api:
        with pytest.raises(errors.IncompleteResult):
            [one async for one in api.logs.stream()]
    assert len(logs.requests) == 2


async def test_nothing_is_concluded_from_logs_in_no_order_of_time(monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    logs = FakeLogs([entry(place, place) for place in range(9)])
    logs.entries[1:3] = logs.entries[2:0:-1]
    async with client(logs) as api:
        with pytest.raises(errors.IncompleteResult, match="not in the order of time"):
            [one async for one in api.logs.stream(complete=True)]


async def test_entries_without_a_time_do_not_come_twice(monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 5)
    timeless = {"messageId": "none", "status": STATUS}

    class Waiting(FakeLogs):
        """What is not sent yet stands at the head of every page."""

        async def handle_async_request(self, request):
            response = await super().handle_async_request(request)
            return httpx.Response(200, json={"results": [timeless, *response.json()["results"][:4]]})

    found = await ids_of(Waiting([entry(place, place) for place in range(9)]))
    assert sorted(found) == ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "none"]


EVERYTHING = {
    "sender": "VerySecret1",
    "to": "668477814701234",
    "bulk_id": "b" * 100,
    "general_status": StatusGroup.UNDELIVERABLE,
    "sent_since": START - timedelta(days=1),
    "sent_until": START + timedelta(days=1),
    "mcc": "520",
    "mnc": "01",
}


@pytest.mark.parametrize("filters", [{}, EVERYTHING], ids=["alone", "with every filter"])
@pytest.mark.parametrize("form", ["m{}", "a/long/id/{}", "ก{}", "two words {}"])
async def test_any_number_of_ids_is_asked_for_in_urls_of_2000_characters_at_most(form, filters):
    ids = [form.format(n) for n in range(1000)]
    logs = FakeLogs([entry(place, place) | {"messageId": one} for place, one in enumerate(ids)])
    assert sorted(await ids_of(logs, message_id=iter(ids), **filters)) == sorted(ids)
    urls = [len(str(request.url)) for request in logs.requests]
    assert max(urls) <= 2000
    assert sum(urls) / len(urls) > 1500  # and few of them


async def test_an_id_asked_for_twice_comes_once():
    ids = [f"m{n}" for n in range(1000)]
    found = await ids_of(FakeLogs([entry(n, n) for n in range(1000)]), message_id=ids + ids)
    assert sorted(found) == sorted(ids)


async def test_of_no_messages_nothing_is_found_and_nothing_is_asked():
    logs = FakeLogs([entry(0, 0)])
    async with client(logs) as api:
        assert await api.logs.search(message_id=iter([])) == ()
        assert [one async for one in api.logs.stream(message_id=[])] == []
    assert logs.requests == []


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"message_id": ""}, "message_id"),
        ({"message_id": [""]}, "message_id"),
        ({"message_id": ["m1", None]}, "message_id"),
        ({"message_id": ["m1,m2"]}, "message_id"),
        ({"message_id": ["m1", "m" * 2000]}, "message_id"),
        ({"message_id": ["\ud800"]}, "message_id"),
        ({"bulk_id": ""}, "bulk_id"),
        ({"to": "0812345678"}, "to"),
        ({"sent_since": datetime(2026, 1, 1)}, "sent_since"),  # noqa: DTZ001 - what is refused
        ({"sender": "\ud800"}, "query"),
    ],
)
async def test_a_filter_that_would_let_through_something_else_is_refused(filters, field):
    logs = FakeLogs([entry(0, 0)])
    async with client(logs) as api:
        with pytest.raises(errors.ValidationError) as searched:
            await api.logs.search(**filters)
        with pytest.raises(errors.ValidationError) as streamed:
            [one async for one in api.logs.stream(**filters)]
    assert (searched.value.field, streamed.value.field, logs.requests) == (field, field, [])


async def test_an_empty_filter_does_not_take_everybodys_reports(api, connect):
    async with connect() as client:
        for filters in ({"bulk_id": ""}, {"message_id": ""}):
            with pytest.raises(errors.ValidationError, match="leave it out to ask for all"):
                await client.reports.fetch(**filters)
    assert api.requests == []


async def test_a_number_is_searched_for_in_the_form_it_was_sent_to():
    logs = FakeLogs([])
    await ids_of(logs, to="+66847781470")
    assert logs.requests[0].url.params["to"] == "66847781470"


@pytest.mark.parametrize("body", [{}, {"status": "maintenance"}, {"results": {}}, {"results": ""}, []])
async def test_what_is_no_answer_of_the_logs_does_not_mean_that_nothing_was_sent(api, connect, body):
    api("GET", LOGS, body)
    api("GET", REPORTS, body)
    async with connect(retry=RetryPolicy(attempts=1)) as client:
        with pytest.raises(errors.DecodeError):
            await client.logs.search()
        with pytest.raises(errors.OutcomeUnknown):
            await client.reports.fetch()


async def test_a_report_that_cannot_be_read_does_not_end_the_stream(api, connect, monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 2)
    api("GET", REPORTS, {"results": [entry(1, 0), 5]}, {"results": [5, 5]}, {"results": [entry(2, 0)]})
    async with connect() as client:
        assert [one.message_id async for one in client.reports.stream()] == ["m1", "m2"]


async def test_reports_are_fetched_until_there_are_no_more(api, connect, monkeypatch):
    monkeypatch.setattr(reports, "MAX_LIMIT", 2)
    page = [entry(1, 0), entry(2, 0)]
    api("GET", REPORTS, {"results": page}, {"results": page[:1]}, httpx.Response(500))
    async with connect() as client:
        assert len([one async for one in client.reports.stream(bulk_id="b")]) == 3
    assert [request.url.params["bulkId"] for request in api.requests] == ["b", "b"]
