"""HTML in two languages, and numbers for people."""

from datetime import UTC, datetime, timedelta, timezone
from string import Formatter

import pytest

from ants_async.models.codes import Advice
from ants_async.report.html import both, duration, html, moment, offset, percent, put, say
from ants_async.report.words import ADVICE, WORDS

BANGKOK = timezone(timedelta(hours=7))


class TestEscaping:
    @pytest.mark.parametrize("text", ["<script>", "\"><img src=x onerror='alert(1)'>", "&lt;"])
    def test_whatever_is_put_in_is_text(self, text):
        found = html('<p title="{text}">{text}</p>', text=text)
        assert found.count("<") == found.count(">") == 2
        assert "&amp;" in found or "&lt;" in found

    def test_what_is_html_already_is_not_escaped_again(self):
        assert html("<p>{inner}</p>", inner=html("<b>{text}</b>", text="&")) == "<p><b>&amp;</b></p>"

    def test_lists_stand_one_after_the_other(self):
        assert html("{some}", some=["<", html("<br>")]) == "&lt;<br>"

    def test_braces_in_foreign_words_are_braces(self):
        assert html("{text}", text="Hi {name}") == "Hi {name}"

    def test_what_no_page_can_show_is_marked_and_what_turns_text_around_is_dropped(self):
        assert put("a\0b\x1b\u202ec\u2066d\u061ce") == "a\ufffdb\ufffdcde"

    def test_nothing_is_nothing(self):
        assert put(None) == ""


class TestTwoLanguages:
    def test_words_come_in_both(self):
        english, thai = WORDS["delivered"]
        assert say("delivered") == (
            f'<span class="en" lang="en">{english}</span><span class="th" lang="th">{thai}</span>'
        )

    def test_what_is_the_same_in_both_comes_once(self):
        assert both(("12", "12")) == "12"

    @pytest.mark.parametrize("name", WORDS)
    def test_both_say_the_same_things(self, name):
        english, thai = (
            {field for _, field, _, _ in Formatter().parse(text) if field} for text in WORDS[name]
        )
        assert english == thai

    def test_every_advice_is_there(self):
        assert set(ADVICE) == set(Advice)
        assert all(english == advice.text for advice, (english, _) in ADVICE.items())


class TestNumbers:
    @pytest.mark.parametrize(
        ("part", "whole", "text"),
        [
            (0, 0, "–"),
            (0, 9, "0%"),
            (9, 9, "100%"),
            (1, 3, "33.3%"),
            (99_999, 100_000, "99.9%"),
            (1, 99_999, "<0.1%"),
        ],
    )
    def test_a_share_is_all_or_nothing_only_when_it_is(self, part, whole, text):
        assert percent(part, whole) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0.42, "420 ms"),
            (4.24, "4.2 s"),
            (5, "5 s"),
            (42.4, "42 s"),
            (59.7, "1 min"),
            (200, "3 min 20 s"),
            (7500, "2 h 5 min"),
            (172_800, "2 d"),
        ],
    )
    def test_durations_are_those_that_people_name(self, seconds, text):
        assert duration(seconds)[0].replace("\u00a0", " ") == text

    def test_moments_are_on_the_clock_of_a_zone(self):
        at = datetime(2026, 5, 1, 9, tzinfo=UTC)
        assert (moment(at, BANGKOK), offset(at, BANGKOK)) == ("2026-05-01 16:00:00", "+07:00")
        assert offset(at, UTC) == "+00:00"
        assert moment(None, UTC) == ""
