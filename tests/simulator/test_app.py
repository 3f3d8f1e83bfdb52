"""The API as the manual states it, spoken to as any client would: bodies in, bodies out."""

import httpx
import pytest
from virtual_time import virtual_time

from ants_async.models.limits import RateLimit
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport

SINGLE, MULTI, ADVANCED = (f"/sms/1/text/{form}" for form in ("single", "multi", "advanced"))
NUMBER = "66847781470"


def statuses(response):
    assert response.status_code == 200, response.text
    return [message["status"]["name"] for message in response.json()["messages"]]


def advanced(*destinations, **fields):
    return {"messages": [{"destinations": list(destinations), "text": "Hello", **fields}]}


class TestSending:
    async def test_one_text_to_one_number_has_no_bulk_id_and_to_many_has_one(self, api):
        one = await api().post(SINGLE, json={"from": "ANTS", "to": NUMBER, "text": "Hello"})
        many = await api().post(SINGLE, json={"to": [NUMBER, "66847781471"], "text": "Hello"})
        assert "bulkId" not in one.json()
        assert many.json()["bulkId"]
        assert statuses(many) == ["PENDING_ENROUTE"] * 2

    async def test_an_id_is_taken_once_and_for_all(self, api):
        async with api() as client:
            body = advanced({"to": NUMBER, "messageId": "m1"}, bulkId="b")
            assert statuses(await client.post(ADVANCED, json=body)) == ["PENDING_ENROUTE"]
            body = advanced({"to": NUMBER, "messageId": "m1"}, {"to": NUMBER, "messageId": "m2"})
            assert statuses(await client.post(ADVANCED, json=body)) == [
                "REJECTED_DUPLICATE_MESSAGE_ID",
                "PENDING_ENROUTE",
            ]

    @pytest.mark.parametrize(
        ("message", "status"),
        [
            ({"to": "", "text": "x"}, "MISSING_TO"),
            ({"to": None, "text": "x"}, "MISSING_TO"),
            ({"to": [], "text": "x"}, "MISSING_TO"),
            ({"to": "123", "text": "x"}, "REJECTED_PREFIX_MISSING"),
            ({"to": NUMBER, "text": "x" * 4000}, "REJECTED_MESSAGE_TOO_LONG"),
            ({"to": NUMBER, "text": "ก" * 1400}, "REJECTED_MESSAGE_TOO_LONG"),
        ],
    )
    async def test_what_is_wrong_with_one_message_is_its_status(self, api, message, status):
        response = await api().post(MULTI, json={"messages": [message, {"to": NUMBER, "text": "x"}]})
        assert statuses(response) == [status, "PENDING_ENROUTE"]

    async def test_the_balance_falls_by_the_parts_until_nothing_is_left(self, api):
        async with api(balance=1, price="0.5") as client:
            body = {"messages": [{"to": NUMBER, "text": text} for text in ("ก" * 71, "x")]}
            assert statuses(await client.post(MULTI, json=body)) == [
                "PENDING_ENROUTE",
                "REJECTED_NOT_ENOUGH_CREDITS",
            ]
            assert (await client.get("/account/1/balance")).json() == {"balance": 0.0, "currency": "THB"}

    @pytest.mark.parametrize(
        ("path", "body", "named"),
        [
            (SINGLE, [], "body"),
            (SINGLE, {"to": NUMBER}, "text"),
            (SINGLE, {"to": 5, "text": "x"}, "to"),
            (SINGLE, {"to": NUMBER, "text": "x", "from": "far too long a name"}, "from"),
            (MULTI, {}, "messages"),
            (MULTI, {"messages": [{"to": NUMBER, "text": "x"}, 5]}, "messages[1]"),
            (ADVANCED, advanced(), "messages[0].destinations"),
            (ADVANCED, advanced(5), "messages[0].destinations[0]"),
            (ADVANCED, advanced({"to": 5}), "messages[0].destinations[0].to"),
            (ADVANCED, advanced({"to": NUMBER}, validityPeriod=2881), "messages[0].validityPeriod"),
            (ADVANCED, {**advanced({"to": NUMBER}), "bulkId": 5}, "bulkId"),
        ],
    )
    async def test_a_body_of_another_form_is_refused_as_a_whole_naming_the_path(
        self, api, refusal, path, body, named
    ):
        status, code, text = refusal(await api().post(path, json=body))
        assert (status, code) == (400, "BAD_REQUEST")
        assert text.startswith(f"[{named} : ")

    async def test_a_body_that_is_no_json_or_does_not_say_so_is_refused(self, api, refusal):
        headers = {"Content-Type": "application/json"}
        assert refusal(await api().post(SINGLE, content=b"{", headers=headers))[1] == "BAD_REQUEST"
        assert refusal(await api().post(SINGLE, content=b"{}"))[1] == "BAD_REQUEST"

    async def test_a_body_over_the_cap_is_refused(self, api, refusal):
        response = await api(max_body=1000).post(SINGLE, json={"to": NUMBER, "text": "x" * 1000})
        assert refusal(response)[0] == 413


class TestReports:
    async def test_each_is_handed_out_once_when_it_is_there(self, api, clock):
        async with api(delivery_time=10.0) as client:
            await client.post(ADVANCED, json={**advanced({"to": NUMBER, "messageId": "m"}), "bulkId": "b"})
            assert (await client.get("/sms/1/reports")).json() == {"results": []}
            clock.now += 20
            (report,) = (await client.get("/sms/1/reports", params={"bulkId": "b"})).json()["results"]
            assert (report["messageId"], report["bulkId"]) == ("m", "b")
            assert report["status"]["groupName"] in {"DELIVERED", "UNDELIVERABLE", "EXPIRED", "REJECTED"}
            assert (await client.get("/sms/1/reports")).json() == {"results": []}
            assert (await client.get("/_simulator/stats")).json()["reports_handed_out"] == 1

    async def test_limit_and_filters_leave_the_rest_for_later(self, api, clock):
        async with api(delivery_time=1.0) as client:
            for bulk in ("b1", "b2"):
                body = advanced(*({"to": NUMBER, "messageId": f"{bulk}-{n}"} for n in range(3)))
                await client.post(ADVANCED, json={**body, "bulkId": bulk})
            clock.now += 5

            async def pull(**query):
                results = (await client.get("/sms/1/reports", params=query)).json()["results"]
                return [report["messageId"] for report in results]

            assert await pull(messageId="b2-1") == ["b2-1"]
            assert await pull(limit=2) == ["b1-0", "b1-1"]
            assert await pull(bulkId="b2") == ["b2-0", "b2-2"]
            assert await pull(bulkId="b2") == []
            assert await pull() == ["b1-2"]

    @pytest.mark.parametrize("limit", ["0", "-1", "many"])
    async def test_a_limit_that_is_none_is_refused(self, api, refusal, limit):
        assert refusal(await api().get("/sms/1/reports", params={"limit": limit}))[0] == 400


class TestLogs:
    async def test_they_can_be_read_again_and_every_filter_filters(self, api, clock):
        async with api(delivery_time=0.0) as client:
            await client.post(SINGLE, json={"from": "ANTS", "to": NUMBER, "text": "Hello"})
            clock.now += 60
            sent = {"from": "OTHER", "destinations": [{"to": "66847781471", "messageId": "m"}], "text": "Bye"}
            await client.post(ADVANCED, json={"bulkId": "b", "messages": [sent]})

            async def texts(**query):
                response = await client.get("/sms/1/logs", params=query)
                return [entry["text"] for entry in response.json()["results"]]

            assert await texts() == await texts() == ["Bye", "Hello"]
            (entry,) = (await client.get("/sms/1/logs", params={"to": NUMBER})).json()["results"]
            for query in (
                {"from": "ANTS"},
                {"to": NUMBER},
                {"bulkId": entry["bulkId"]},
                {"messageId": entry["messageId"]},
                {"sentUntil": "2027-01-15T08:00:30.000+0000"},
            ):
                assert await texts(**query) == ["Hello"], query
            assert await texts(messageId=f"m,unknown,{entry['messageId']}") == ["Bye", "Hello"]
            assert await texts(sentSince="2027-01-15T08:00:30.000+00:00") == ["Bye"]
            assert await texts(limit=1) == ["Bye"]
            assert await texts(mcc=entry["mccmnc"][:3], mnc=entry["mccmnc"][3:], to=NUMBER) == ["Hello"]
            assert await texts(generalStatus="PENDING") == []

    async def test_after_48_hours_they_are_gone(self, api, clock):
        async with api() as client:
            await client.post(SINGLE, json={"to": NUMBER, "text": "Hello"})
            clock.now += 48 * 3600 + 1
            assert (await client.get("/sms/1/logs")).json() == {"results": []}

    async def test_a_time_that_is_none_is_refused(self, api, refusal):
        status, _, text = refusal(await api().get("/sms/1/logs", params={"sentSince": "yesterday"}))
        assert status == 400
        assert text.startswith("[sentSince : date format should be")


class TestTheDoor:
    async def test_without_the_right_credentials_401(self, api, refusal):
        for auth in (None, ("demo", "wrong"), ("", "")):
            response = await api().get("/account/1/balance", auth=auth)
            assert refusal(response)[:2] == (401, "UNAUTHORIZED")

    async def test_a_key_of_the_account_opens_it_too(self, api):
        headers = {"Authorization": "App key"}
        async with api(api_key="key") as client:
            assert (await client.get("/account/1/balance", headers=headers, auth=None)).status_code == 200

    async def test_over_the_rate_429_until_the_window_ends(self, api, refusal, clock):
        async with api(rate=RateLimit("2/1s")) as client:
            answers = [(await client.get("/account/1/balance")).status_code for _ in range(3)]
            assert answers == [200, 200, 429]
            assert refusal(await client.get("/account/1/balance"))[1] == "THROTTLE_EXCEPTION"
            clock.now += 1
            assert (await client.get("/account/1/balance")).status_code == 200
            assert (await client.get("/_simulator/stats")).json()["throttled"] == 2

    @pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", SINGLE, 405)])
    async def test_it_says_404_and_405_in_the_apis_words(self, api, refusal, method, path, status):
        assert refusal(await api().request(method, path))[0] == status

    @virtual_time
    async def test_latency_delays_every_answer(self):
        import anyio

        app = Simulator(SimulatorConfig(latency=0.5)).app
        async with httpx.AsyncClient(
            transport=SimulatorTransport(app), base_url="http://localhost"
        ) as client:
            await client.get("/account/1/balance")
        assert anyio.current_time() == 0.5

    async def test_what_it_took_is_listed_a_page_at_a_time(self, api, refusal):
        async with api() as client:
            for n in range(5):
                await client.post(SINGLE, json={"to": NUMBER, "text": f"{n}"})

            async def page(**query):
                return (await client.get("/_simulator/messages", params=query)).json()

            assert [one["text"] for one in (await page(offset=1, limit=2))["messages"]] == ["1", "2"]
            assert [one["text"] for one in (await page(offset=-2))["messages"]] == ["3", "4"]
            assert len((await page(offset=-9))["messages"]) == 5
            assert (await page())["total"] == 5
            assert refusal(await client.get("/_simulator/messages", params={"offset": "x"}))[0] == 400


class TestFates:
    async def test_equal_seeds_and_ids_come_to_equal_ends_and_most_are_delivered(self, api, clock):
        async def ends(seed):
            async with api(seed=seed, delivery_time=1.0) as client:
                await client.post(
                    ADVANCED,
                    json=advanced(*({"to": f"{int(NUMBER) + n}", "messageId": f"m{n}"} for n in range(1000))),
                )
                clock.now += 10
                results = (await client.get("/sms/1/logs", params={"limit": 1000})).json()["results"]
                return {entry["messageId"]: entry["status"]["name"] for entry in results}

        first = await ends(1)
        assert first == await ends(1) != await ends(2)
        assert 900 < sum(name.startswith("DELIVERED") for name in first.values()) < 990
        assert len(set(first.values())) >= 4
