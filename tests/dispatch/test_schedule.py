"""Senders and times of rows and campaigns, and hours in which nothing leaves."""

import json
from datetime import UTC, datetime, time, timedelta

import anyio
import httpx
import pytest
from engine_world import people, wall_clock
from virtual_time import virtual_time

from ants_async.dispatch import Campaign, OutcomeKind, QuietHours, Recipient, follow_up
from ants_async.dispatch.messages import Messages, Options
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.errors import CampaignMismatch, ValidationError
from ants_async.models.codes import Advice

SEND = "/sms/1/text/advanced"
CAMPAIGN = Campaign("songkran", text="Hi", sender="ANTS")
FIRST, SECOND, THIRD = (one.to for one in people(3))
DAY = 24 * 3600.0
NOON = datetime(2027, 4, 13, 12, 0, tzinfo=UTC)


def messages_sent(w):
    bodies = [json.loads(one.content) for one in w.network.requests if one.url.path == SEND]
    return [message for body in bodies for message in body["messages"]]


def at(hours, minutes=0):
    """Seconds since 1970 of an hour of Songkran, in Bangkok."""
    return datetime(2027, 4, 13, hours, minutes, tzinfo=UTC).timestamp() - 7 * 3600


def for_three_hours():
    """They began an hour ago."""
    now = datetime.fromtimestamp(wall_clock(), UTC).replace(second=0, microsecond=0)
    return QuietHours((now - timedelta(hours=1)).time(), (now + timedelta(hours=3)).time(), "UTC")


class TestRows:
    @virtual_time
    async def test_have_a_sender_and_a_time_of_their_own(self, world):
        async with world() as w:
            await w.run(
                CAMPAIGN,
                [Recipient(FIRST), Recipient(SECOND, sender="OTHER"), Recipient(THIRD, send_at=NOON)],
            )
            plain, other, later = messages_sent(w)
            assert (plain["from"], other["from"], later["from"]) == ("ANTS", "OTHER", "ANTS")
            assert [one.get("sendAt") for one in (plain, other, later)] == [
                *(None, None),
                "2027-04-13T12:00:00.000+00:00",
            ]
            assert w.network.count("/sms/1/reports") < 400, "in three months"

    @virtual_time
    async def test_do_not_hold_up_what_is_known_of_the_others(self, world):
        async with world() as w:
            began = anyio.current_time()
            in_three_hours = datetime.fromtimestamp(wall_clock() + 3 * 3600, UTC)
            known = {}
            both = [Recipient(FIRST), Recipient(THIRD, send_at=in_three_hours)]
            async for outcome in w.dispatcher().run(CAMPAIGN, both):
                known[outcome.to, outcome.kind] = anyio.current_time() - began
            assert known[FIRST, OutcomeKind.FINAL] < 10
            assert 3 * 3600 < known[THIRD, OutcomeKind.FINAL] < 3 * 3600 + 10
            assert w.network.count("/sms/1/reports") < 40

    @virtual_time
    async def test_are_each_told_of_soon_after_their_time(self, world):
        async with world() as w:
            told = await self._told_after(w, days=(0, 1, 10, 90))
            assert [round(late) for late in told] == [0, 0, 0, 0], "minutes"
            assert w.network.count("/sms/1/reports") < 800

    @virtual_time
    @pytest.mark.parametrize("lost", range(3))
    async def test_whose_reports_somebody_else_took_are_found_in_the_logs_before_the_last_is_sent(
        self, world, lost
    ):
        async with world() as w:

            async def takes(request, real):
                if request.url.path != "/sms/1/reports":
                    return None
                is_lost = anyio.current_time() - began > (0, 1, 10)[lost] * DAY
                answer = await real(request)
                if is_lost and b"messageId" in await answer.aread():
                    w.network.bend = None
                    return httpx.Response(200, json={"results": []})
                return answer

            began = anyio.current_time()
            w.network.bend = takes
            told = await self._told_after(w, days=(0, 1, 10, 90))
            assert w.network.bend is None
            assert max(told) < 60, "minutes"

    async def _told_after(self, w, *, days):
        """Minutes after its time when each row's final status came."""
        now = wall_clock()
        rows = [
            Recipient(one.to, send_at=datetime.fromtimestamp(now + day * DAY, UTC) if day else None)
            for one, day in zip(people(len(days)), days, strict=True)
        ]
        due = {one.to: now + day * DAY for one, day in zip(rows, days, strict=True)}
        return [
            (wall_clock() - due[outcome.to]) / 60
            async for outcome in w.dispatcher().run(CAMPAIGN, rows)
            if outcome.kind is OutcomeKind.FINAL
        ]

    @virtual_time
    async def test_that_share_them_share_a_message(self, world):
        async with world() as w:
            await w.run(CAMPAIGN, [Recipient(one, sender="OTHER") for one in (FIRST, SECOND)])
            (message,) = messages_sent(w)
            assert [one["to"] for one in message["destinations"]] == [FIRST, SECOND]

    @virtual_time
    async def test_keep_them_when_the_campaign_goes_on_or_a_chunk_is_divided(self, world):
        async with world() as w:
            opened = await w.ledger.open_campaign(CAMPAIGN, None, reads_source=False, now=1.0)
            options = [None, Options("OTHER"), Options(None, NOON.timestamp())]
            planned = Messages.planned(CAMPAIGN.id, [1, 2, 3], [FIRST, SECOND, THIRD], ["Hi"] * 3, options)
            halves = await w.ledger.split(await w.ledger.begin(opened, planned, 1.0))
            loaded = [await w.ledger.chunk(opened, half.key) for half in halves]
            found = [own for one in loaded for own in one.messages.options or [None] * len(one.messages)]
            assert found == options

    def test_do_not_make_a_body_larger_than_it_may_be(self):
        planner = Planner(CAMPAIGN, NumberSet(), chunk_size=1000, max_body=4000)
        some = [Recipient(one.to, sender=f"S{n % 3}") for n, one in enumerate(people(40))]
        chunks = [*planner.cut(some), planner.flush()]
        assert max(map(len, chunks)) <= 20
        assert [own.sender for chunk in chunks for own in chunk.options] == [one.sender for one in some]

    @pytest.mark.parametrize("options", [{"sender": "OTHER"}, {"send_at": NOON}])
    @virtual_time
    async def test_of_mode_multi_cannot_have_them(self, world, options):
        async with world() as w:
            with pytest.raises(ValidationError, match="row 1: mode 'multi'"):
                await w.run(Campaign("m", text="Hi", mode="multi"), [Recipient(FIRST, **options)])

    @virtual_time
    async def test_are_followed_up_from_their_own_sender(self, world):
        async with world(unreachable={FIRST, SECOND}) as w:
            await w.run(CAMPAIGN, [Recipient(FIRST, sender="OTHER"), Recipient(SECOND)])
            found = [one async for one in follow_up(w.ledger, CAMPAIGN.id, list(Advice))]
            assert [one.sender for one in found] == ["OTHER", None]

    @pytest.mark.parametrize("value", ["tomorrow", datetime(2027, 4, 13)], ids=["a word", "no time zone"])  # noqa: DTZ001
    def test_say_what_a_time_has_to_be(self, value):
        with pytest.raises(ValidationError, match="send_at"):
            Recipient(FIRST, send_at=value)


class TestSchedule:
    @virtual_time
    async def test_is_told_to_the_api_and_reports_are_asked_for_from_then_on(self, world):
        async with world() as w:
            later = datetime.fromtimestamp(wall_clock() + 7200, UTC)
            began = anyio.current_time()
            outcomes = await w.run(Campaign("c", text="Hi", send_at=later), people(3))
            assert [one["sendAt"][:19] for one in messages_sent(w)] == [later.isoformat()[:19]]
            assert sum(one.kind is OutcomeKind.FINAL for one in outcomes) == 3
            assert anyio.current_time() - began >= 7200
            assert w.network.count("/sms/1/reports") < 5

    @virtual_time
    async def test_a_campaign_goes_on_with_the_same_one_alone(self, world):
        async with world() as w:
            await w.run(Campaign("c", text="Hi", send_at=datetime.fromtimestamp(wall_clock(), UTC)), [])
            with pytest.raises(CampaignMismatch, match="send_at"):
                await w.run(Campaign("c", text="Hi"), [])

    @virtual_time
    async def test_it_and_quiet_hours_are_in_the_ledger(self, world):
        async with world() as w:
            campaign = Campaign("c", text="Hi", send_at=NOON, quiet_hours=QuietHours.parse("21:00-08:00"))
            await w.run(campaign, [])
            assert (await w.ledger.summary("c")).campaign == campaign

    @virtual_time
    async def test_long_past_it_is_taken_for_a_slip_unless_the_campaign_began_in_time(self, world):
        async with world() as w:
            now = datetime.fromtimestamp(wall_clock(), UTC)
            with pytest.raises(ValidationError, match="the API would send it at once"):
                await w.run(Campaign("past", text="Hi", send_at=now - timedelta(days=2)), people(1))
            assert messages_sent(w) == []
            campaign = Campaign("c", text="Hi", send_at=now)
            await w.run(campaign, people(1))
            await anyio.sleep(3 * 86400)
            await w.run(campaign, people(2))
            assert len(messages_sent(w)) == 2

    def test_mode_multi_has_none(self):
        with pytest.raises(ValidationError, match="use 'advanced'"):
            Campaign("c", mode="multi", send_at=NOON)

    def test_it_does_not_go_by_quiet_hours(self):
        with pytest.raises(ValidationError, match="outside of the quiet hours, 18:00-20:00 Asia/Bangkok"):
            Campaign("c", send_at=NOON, quiet_hours=QuietHours.parse("18:00-20:00"))

    @virtual_time
    async def test_nor_does_that_of_a_row(self, world):
        async with world() as w:
            campaign = Campaign("c", text="Hi", quiet_hours=QuietHours.parse("18:00-20:00"))
            with pytest.raises(ValidationError, match="row 1: outside of the quiet hours"):
                await w.run(campaign, [Recipient(FIRST, send_at=NOON)])


class TestQuietHours:
    NIGHT = QuietHours(time(21), time(8))

    @pytest.mark.parametrize(
        ("hours", "now", "left"),
        [
            (NIGHT, at(20, 59), 0),
            (NIGHT, at(21), 11 * 3600),
            (NIGHT, at(23, 30), 8.5 * 3600),
            (NIGHT, at(7, 59), 60),
            (NIGHT, at(8), 0),
            (QuietHours.parse("12:00-13:00"), at(12, 15), 45 * 60),
            (QuietHours.parse("12:00-13:00"), at(11, 59), 0),
            (QuietHours.parse("12:00-13:00 Europe/Berlin"), at(17, 30), 30 * 60),
        ],
    )
    def test_say_how_long_they_last(self, hours, now, left):
        assert hours.left(now) == left

    def test_end_by_the_clock_also_in_the_night_when_it_is_put_forward(self):
        night = QuietHours.parse("22:00-07:00", "Europe/Berlin")
        midnight = datetime(2027, 3, 27, 23, 0, tzinfo=UTC).timestamp()
        assert night.left(midnight) == timedelta(hours=6).total_seconds()

    def test_end_once_also_in_the_hour_that_comes_twice(self):
        night = QuietHours.parse("21:00-02:30", "Europe/Berlin")
        two = datetime(2027, 10, 31, 0, 0, tzinfo=UTC)  # for the first time
        left = [night.left((two + timedelta(minutes=15 * n)).timestamp()) / 60 for n in range(9)]
        assert left == [30, 15, 0, 0, 30, 15, 0, 0, 0]

    @pytest.mark.parametrize("odd", [time(21, 0, 5), time(21, tzinfo=UTC)])
    def test_are_of_whole_minutes_by_the_clocks_of_their_zone(self, odd):
        with pytest.raises(ValidationError, match="whole minutes"):
            QuietHours(odd, time(8))

    def test_a_zone_that_is_written_with_them_counts(self):
        assert QuietHours.parse("21:00-08:00 Europe/Berlin", "Asia/Tokyo").zone == "Europe/Berlin"

    @pytest.mark.parametrize(
        "text", ["", "21-08", "25:00-08:00", "21:00-21:00", "21:00-08:00 Siam", "9:00-10:00"]
    )
    def test_that_are_none_are_refused(self, text):
        with pytest.raises(ValidationError, match="quiet_hours"):
            QuietHours.parse(text)

    def test_read_as_they_are_written(self):
        assert QuietHours.parse(str(self.NIGHT)) == self.NIGHT

    @virtual_time
    async def test_nothing_leaves_before_they_end(self, world):
        async with world() as w:
            began = anyio.current_time()
            stream = w.dispatcher().run(Campaign("c", text="Hi", quiet_hours=for_three_hours()), people(3))
            await anext(stream)
            assert anyio.current_time() - began > 3600
            assert len([outcome async for outcome in stream]) == 5

    @virtual_time
    async def test_a_run_can_be_stopped_in_them(self, world):
        async with world() as w:
            stream = w.dispatcher().run(Campaign("c", text="Hi", quiet_hours=for_three_hours()), people(3))
            with anyio.move_on_after(60):
                await anext(stream)
            await stream.aclose()
            assert (await w.stats())["accepted"] == 0
            assert (await w.ledger.summary("c")).total == 0
