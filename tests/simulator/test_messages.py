"""What is taken, when it is delivered, and what the platform's rules refuse."""

import pytest

NUMBER, DEAD = "66847781470", "66847781479"
SINGLE, ADVANCED = "/sms/1/text/single", "/sms/1/text/advanced"


async def status_of(client, message_id):
    (entry,) = (await client.get("/sms/1/logs", params={"messageId": message_id})).json()["results"]
    return entry["status"]["name"]


def advanced(*destinations, **fields):
    return {"messages": [{"destinations": list(destinations), "text": "Hello", **fields}]}


def one(message_id="m", to=NUMBER):
    return {"to": to, "messageId": message_id}


async def send(client, text, to=NUMBER):
    response = await client.post(SINGLE, json={"to": to, "text": text})
    return response.json()["messages"][0]["status"]["name"]


class TestFloodingFilter:
    async def test_six_times_the_same_an_hour_and_no_more(self, api, clock):
        async with api() as client:
            assert [await send(client, "Hello") for _ in range(7)] == ["PENDING_ENROUTE"] * 6 + [
                "REJECTED_FLOODING_FILTER"
            ]
            assert await send(client, "Bye") == "PENDING_ENROUTE"
            assert await send(client, "Hello", to="66847781471") == "PENDING_ENROUTE"
            clock.now += 3600
            assert await send(client, "Hello") == "PENDING_ENROUTE"

    async def test_twenty_varied_texts_an_hour_and_no_more(self, api):
        async with api() as client:
            taken = [await send(client, f"{n}") for n in range(21)]
        assert taken == ["PENDING_ENROUTE"] * 20 + ["REJECTED_FLOODING_FILTER"]

    async def test_it_can_be_left_out(self, api):
        async with api(flooding_filter=False) as client:
            assert {await send(client, "Hello") for _ in range(50)} == {"PENDING_ENROUTE"}


class TestLogs:
    async def test_messages_are_sent_one_after_the_other_also_of_requests_at_one_moment(self, api):
        async with api() as client:
            for first in (66_800_000_000, 66_800_000_500):
                numbers = [str(first + n) for n in range(500)]
                await client.post(SINGLE, json={"to": numbers, "text": "Hi"})
            found = await client.get("/sms/1/logs", params={"limit": 1000})
            times = [entry["sentAt"] for entry in found.json()["results"]]
            first = await client.get("/sms/1/logs", params={"limit": 1000, "sentUntil": times[-1]})
            last = await client.get("/sms/1/logs", params={"limit": 1000, "sentSince": times[0]})
        assert len(times) == 1000
        assert len(set(times)) > 1
        assert times == sorted(times, reverse=True)
        assert len(first.json()["results"]) == times.count(times[-1])
        assert len(last.json()["results"]) == times.count(times[0])

    async def test_nothing_is_done_before_it_was_sent(self, api):
        async with api(delivery_time=0.0) as client:
            await client.post(
                SINGLE, json={"to": [str(66_800_000_000 + n) for n in range(1000)], "text": "Hi"}
            )
            found = (await client.get("/sms/1/logs", params={"limit": 1000})).json()["results"]
        assert all(entry["doneAt"] >= entry["sentAt"] for entry in found)

    async def test_are_in_the_order_of_sending_also_of_what_is_scheduled(self, api):
        async with api() as client:
            await client.post(ADVANCED, json=advanced(one("later"), sendAt="2027-01-15T09:00:00.000+0000"))
            await client.post(ADVANCED, json=advanced(one("now", "66847781471")))
            found = (await client.get("/sms/1/logs")).json()["results"]
        assert [entry["messageId"] for entry in found] == ["later", "now"]


class TestTime:
    async def test_a_message_goes_through_its_states(self, api, clock):
        async with api(delivery_time=100.0) as client:
            await client.post(ADVANCED, json=advanced(one(), sendAt="2027-01-15T09:00:00.000+01:00"))
            seen = [await status_of(client, "m")]
            for _ in range(9):
                clock.now += 5
                seen.append(await status_of(client, "m"))
            clock.now += 200
            seen.append(await status_of(client, "m"))
        assert seen[0] == "PENDING_ENROUTE"  # the hour had come
        assert "PENDING_WAITING_DELIVERY" in seen

    async def test_a_scheduled_one_waits_for_its_hour(self, api, clock):
        async with api(delivery_time=1.0) as client:
            body = advanced(one(), sendAt="2027-01-15T09:00:00.000+0000")
            assert (await client.post(ADVANCED, json=body)).status_code == 200
            clock.now += 3599
            assert await status_of(client, "m") == "PENDING_ACCEPTED"
            assert (await client.get("/sms/1/reports")).json()["results"] == []
            clock.now += 10
            (report,) = (await client.get("/sms/1/reports")).json()["results"]
            assert report["sentAt"] == "2027-01-15T09:00:00.000+0000"
            found = await client.get("/sms/1/logs", params={"sentSince": "2027-01-15T08:30:00.000+0000"})
            assert len(found.json()["results"]) == 1

    async def test_what_takes_longer_than_its_validity_expires(self, api, clock):
        async with api(delivery_time=3600.0) as client:
            await client.post(ADVANCED, json=advanced(one(), validityPeriod=1))
            clock.now += 61
            (report,) = (await client.get("/sms/1/reports")).json()["results"]
        assert report["status"]["name"] == "EXPIRED_EXPIRED"
        assert report["error"]["name"] == "EC_VALIDITYEXPIRED"

    async def test_a_number_out_of_reach_is_not_delivered(self, api, clock):
        async with api(delivery_time=1.0, unreachable=[DEAD]) as client:
            await client.post(ADVANCED, json=advanced(one(to=DEAD)))
            clock.now += 5
            assert await status_of(client, "m") == "UNDELIVERABLE_NOT_DELIVERED"


class TestContent:
    @pytest.mark.parametrize(
        ("binary", "status"),
        [
            ({"hex": "0f c2"}, "PENDING_ENROUTE"),
            ({"hex": "05 00 03 01 02 01 41", "esmClass": 64}, "PENDING_ENROUTE"),
            ({"hex": "05 00", "esmClass": 64}, "REJECTED_INVALID_UDH"),
            ({"hex": "41" * 4001}, "REJECTED_MESSAGE_TOO_LONG"),
            ({"hex": "41" * 3400}, "REJECTED_MESSAGE_TOO_LONG"),
        ],
    )
    async def test_binary(self, api, binary, status):
        response = await api().post("/sms/1/binary/single", json={"to": NUMBER, "binary": binary})
        assert response.json()["messages"][0]["status"]["name"] == status

    @pytest.mark.parametrize(
        ("message", "named"),
        [
            ({}, "binary"),
            ({"binary": {}}, "binary.hex"),
            ({"binary": {"hex": "0"}}, "binary.hex"),
            ({"binary": {"hex": "zz"}}, "binary.hex"),
            ({"binary": {"hex": "00", "dataCoding": 256}}, "binary.dataCoding"),
            ({"binary": {"hex": "00", "esmClass": "x"}}, "binary.esmClass"),
        ],
    )
    async def test_binary_of_another_form_is_refused(self, api, refusal, message, named):
        response = await api().post("/sms/1/binary/single", json={"to": NUMBER, **message})
        assert refusal(response)[2].startswith(f"[{named} : ")

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"notifyContentType": "text/html"}, "messages[0].notifyContentType"),
            ({"flash": "perhaps"}, "messages[0].flash"),
            ({"sendAt": "tomorrow"}, "messages[0].sendAt"),
            ({"callbackData": "x" * 4001}, "messages[0].callbackData"),
            ({"language": {"languageCode": "XX", "singleShift": True}}, "messages[0].language.languageCode"),
        ],
    )
    async def test_options_of_another_form_are_refused(self, api, refusal, fields, named):
        response = await api().post(ADVANCED, json=advanced(one(), **fields))
        assert refusal(response)[2].startswith(f"[{named} : ")

    async def test_tracking_is_for_texts_or_links(self, api, refusal):
        body = {**advanced(one()), "tracking": {"track": "FEET"}}
        assert refusal(await api().post(ADVANCED, json=body))[2].startswith("[tracking.track : ")

    async def test_the_national_tables_count(self, api):
        text = "ş" * 100
        plain = await api().post(SINGLE, json={"to": NUMBER, "text": text})
        language = {"languageCode": "TR", "singleShift": True, "lockingShift": True}
        turkish = await api().post(ADVANCED, json=advanced(one(), text=text, language=language))
        counts = [response.json()["messages"][0]["smsCount"] for response in (plain, turkish)]
        assert counts == [2, 1]
