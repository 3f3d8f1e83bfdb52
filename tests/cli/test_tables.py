"""Rows to look at: drawn on a terminal, between tabs anywhere else."""

import pytest

from ants_async.cli.tables import clean, flat, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("สวัสดี ครับ", "สวัสดี ครับ"),
        ("a\tb\nc\r\nd", "a b c  d"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\u202edef", "abc\\u202edef"),
        ("half \ud83d", "half \\ud83d"),
        ("10\u00a0THB", "10\u00a0THB"),
        ("👩\u200d👧 ❤\ufe0f", "👩\u200d👧 ❤\ufe0f"),
    ],
)
def test_nothing_in_a_text_is_an_order_to_a_terminal(text, shown):
    assert clean(text) == shown


def test_nested_data_as_lines():
    data = {"a": {"b": True, "c": None}, "d": ["x", "y"], "e": 5}
    assert flat(data) == {"a.b": "yes", "a.c": "", "d": "x, y", "e": "5"}


def test_between_tabs_everything_is_as_it_came(capsys):
    table(["sent", "error"], [["2026-05-01T09:00:00.123+00:00", "NO_ERROR"], ["", "a\tb"]])
    assert capsys.readouterr().out == "sent\terror\n2026-05-01T09:00:00.123+00:00\tNO_ERROR\n\ta b\n"


class TestOnATerminal:
    @pytest.fixture(autouse=True)
    def terminal(self, at_a_terminal, monkeypatch):
        monkeypatch.setenv("TZ", "Asia/Bangkok")
        import time

        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()

    def test_times_are_those_of_the_clock_on_the_wall(self, capsys):
        table(["sent"], [["2026-05-01T09:00:00.123+00:00"]])
        assert "│ 2026-05-01 16:00:00 │" in capsys.readouterr().out

    @pytest.mark.parametrize("end", ["9999-12-31T23:59:59.999+00:00", "0001-01-01T00:00:00+23:00"])
    def test_a_time_that_no_clock_here_shows_is_shown_as_it_came(self, capsys, end):
        table(["valid to"], [[end]])
        assert f"│ {end} │" in capsys.readouterr().out

    def test_numbers_stand_right_and_telephone_numbers_left(self, capsys):
        table(["to", "count"], [["66847781470", "5"], ["6684778147", "12,000"]])
        assert "│ 6684778147  │ 12,000 │" in capsys.readouterr().out

    def test_columns_without_a_word_are_left_out_but_not_all_of_an_empty_table(self, capsys):
        table(["to", "error"], [["66847781470", "NO_ERROR"]])
        assert "error" not in capsys.readouterr().out
        table(["to", "error"], [])
        assert "error" in capsys.readouterr().out

    def test_markup_is_text(self, capsys):
        table([], [["text", "[red]x[/red]"]])
        assert "[red]x[/red]" in capsys.readouterr().out
