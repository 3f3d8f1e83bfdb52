"""The page as a text: what it holds, and what it does not."""

import json
import re
from datetime import UTC, timedelta, timezone
from decimal import Decimal

import attrs
import pytest
from report_outcomes import (
    EXPIRED,
    NINE,
    NUMBER,
    UNDELIVERABLE,
    accepted,
    duplicate,
    figures,
    final,
    rejected,
    summary,
    suppressed,
    unresolved,
)

from ants_async.dispatch.campaign import Campaign, CampaignState
from ants_async.models.statuses import STATUSES, Status
from ants_async.report import Look, Price, render

LOOK = Look(made_at=NINE, zone=UTC)
EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'{name}"""


def page(*outcomes, about=None, look=LOOK, **options):
    return render(about or summary(), figures(*outcomes, **options), look)


def words(text):
    """What is to be read, without what stands in both languages twice."""
    without = re.sub(r'<(span|text) class="th".*?</\1>', "", text, flags=re.DOTALL)
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style).*?</\1>", "", without, flags=re.DOTALL))
    )


def data(text):
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


class TestUnread:
    def test_who_stands_in_a_list_that_was_not_read_to_its_end_is_counted(self):
        look = attrs.evolve(LOOK, source="june.csv", unread=24_000)
        running = attrs.evolve(summary(), source_read=False)
        for state, said in (
            (CampaignState.PAUSED, "not read to its end yet"),
            (CampaignState.CANCELLED, "never"),
        ):
            text = words(page(final(), about=attrs.evolve(running, state=state), look=look))
            assert f"june.csv · {said}" in text
            assert "In the list, not looked at 24,000" in text

    def test_of_one_that_was_nothing_is_said(self):
        assert "not looked at" not in words(page(final(), look=attrs.evolve(LOOK, unread=0)))


class TestPolicy:
    def test_it_forbids_every_network_and_runs_only_what_it_brings(self):
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page(final()))[1].replace(
            "&#x27;", "'"
        )
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"].startswith("'sha256-")
        assert rules["style-src"].startswith("'sha256-")
        assert "unsafe" not in policy

    def test_it_names_no_address(self):
        assert not re.search(
            r"""(src|href)=["'](?!data:,)|url\(|https?://|@import""", page(final(), rejected())
        )

    def test_its_styles_and_handlers_stand_nowhere_but_in_its_style_and_script(self):
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page(final(), rejected(), unresolved()))


class TestForeignWords:
    def test_are_text_wherever_they_stand(self):
        status = Status(5, "REJECTED", 99, EVIL, EVIL)
        about = summary(Campaign("songkran", text=EVIL), reason=EVIL)
        evil = [
            rejected(status=status, error=EVIL),
            final(status=status, error=EVIL, currency="<b>"),
            unresolved(error=EVIL, message_id=EVIL),
        ]
        found = page(*evil, about=about, look=attrs.evolve(LOOK, source=EVIL))
        assert "<img" not in found
        assert "alert(1)</script>" not in found
        assert found.count("<script") == found.count("</script>") == 2
        assert "<b>" not in found

    def test_reach_the_table_as_they_were(self):
        found = data(page(rejected(status=None, error=EVIL)))
        assert found["causes"] == [["rejected", None, EVIL]]

    @pytest.mark.parametrize("mark", ["\u061c", "\u200f", "\u202e", "\u2067"])
    def test_turn_nothing_around_not_even_in_the_table(self, mark):
        words = f"wrong{mark} number"
        status = Status(5, "REJECTED", 99, words, words)
        about = summary(Campaign("songkran", text=words), reason=words)
        found = page(
            rejected(status=status, error=words, network=words, message_id=words, to=f"66{mark}812345678"),
            about=about,
        )
        assert mark not in found
        assert "wrong number" in found


class TestNumbers:
    def test_the_funnel_and_the_fates_add_up(self):
        found = words(page(final(), final(), final(EXPIRED), rejected(), accepted(), duplicate()))
        assert "Usable rows 6" in found
        assert "Planned 5" in found
        assert "Accepted 4" in found
        assert "Delivered 2 40.0%" in found
        assert "Total 5" in found

    def test_rows_that_were_left_out_are_told(self):
        found = words(page(final(), duplicate(), suppressed(), suppressed()))
        assert "Usable rows 4 1 duplicates are not sent twice ; 2 are on a suppression list" in found
        assert "On a suppression list 2" in found

    def test_errors_come_with_advice(self):
        found = words(page(final(UNDELIVERABLE, error="EC_ABSENT_SUBSCRIBER")))
        assert "EC_ABSENT_SUBSCRIBER UNDELIVERABLE_NOT_DELIVERED The subscriber is offline" in found
        assert "Send it again later" in found

    def test_what_no_report_has_a_price_for_is_reckoned_with_one(self):
        look = attrs.evolve(LOOK, price=Price(Decimal("0.40")))
        found = words(page(final(), accepted(sms_count=2), look=look))
        assert "1.30 THB" in found
        assert "estimated" in found
        assert "2 parts without a reported price are reckoned at 0.40 THB each" in found

    def test_without_any_price_it_says_how_to_give_one(self):
        assert "--price" in words(page(accepted()))

    def test_times_are_on_the_clock_of_the_zone_that_is_named(self):
        look = attrs.evolve(LOOK, zone=timezone(timedelta(hours=7)))
        found = words(page(final(), look=look))
        assert "2026-05-01 16:00:00" in found
        assert "UTC+07:00" in found


class TestLittleToSay:
    def test_a_campaign_without_outcomes_has_a_page(self):
        found = words(page(about=summary(state=CampaignState.RUNNING, source_read=False)))
        assert "Running" in found
        assert "Nothing went wrong." in found
        assert "NaN" not in found

    @pytest.mark.parametrize("outcome", [final(), rejected(), accepted(), unresolved(), duplicate()])
    def test_so_has_one_with_a_single_outcome(self, outcome):
        assert "songkran" in words(page(outcome))


class TestFailures:
    def test_beyond_the_cap_it_says_how_many_are_left_out(self):
        found = page(*(rejected(row) for row in range(1200)), most_failures=100)
        assert "1,100 more are not in this page" in words(found)
        assert len(data(found)["rows"]) == 100

    def test_masked_there_is_no_way_back_to_a_number(self):
        wanted = f"HTTP 400: {NUMBER} and 66899999999 are wrong"
        found = page(
            rejected(status=None, error=wanted, message_id="m-1"),
            final(STATUSES[9]),
            look=attrs.evolve(LOOK, masked=True),
        )
        assert NUMBER not in found
        assert "66899999999" not in found
        assert "m-1" not in found
        assert data(found)["rows"][0][1] == "6681•••••78"
        assert "Numbers are masked" in words(found)


class TestMasked:
    @pytest.mark.parametrize("number", ["66899999999", "+66 89 999 9999", "089-999-9999", "(089) 999-9999"])
    def test_no_words_of_others_name_a_number(self, number):
        words = f"to {number}!"
        status = Status(9, "NEW", 4711, words, words)
        about = summary(Campaign("songkran", text=words), reason=words)
        outcomes = [
            final(status=status, network=number[:12]),
            final(status=status, error=words),
            rejected(status=None, error=words),
            final(network=number[:12]),
        ]
        found = page(*outcomes, about=about, look=attrs.evolve(LOOK, masked=True))
        assert number[:12] not in found
        assert number not in found
        assert "•" in found

    def test_a_mark_within_a_number_hides_it_from_nobody(self):
        about = summary(reason="to 6689\u200e9999999")
        assert "9999999" not in page(about=about, look=attrs.evolve(LOOK, masked=True))

    def test_a_status_is_masked_before_it_is_cut(self):
        status = Status(9, "NEW", 4711, "x" * 93 + "66899999999")
        found = page(final(status=status), look=attrs.evolve(LOOK, masked=True))
        assert "6689999" not in found

    def test_what_is_too_short_for_a_number_stays(self):
        about = summary(Campaign("songkran", text="50% off, 10:00 to 22:00, code 12345"))
        assert "50% off, 10:00 to 22:00, code 12345" in page(
            about=about, look=attrs.evolve(LOOK, masked=True)
        )


def test_it_opens_in_the_language_asked_for():
    assert '<html lang="th">' in page(final(), look=attrs.evolve(LOOK, language="th"))
