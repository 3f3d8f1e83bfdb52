"""The API's limits for a text: 4000 bytes, 25 parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.errors import ValidationError
from ants_async.text import MAX_BYTES, MAX_PARTS, check_text, count_parts


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 153 * 25,
        "ก" * 1333,  # three bytes each
        "\u00a0" * 67 * 25,  # two bytes each
        "🙂" * 33 * 25,
    ],
)
def test_texts_within_the_limits_pass(text):
    check_text(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a" * 4001, "at most 4000 bytes in UTF-8, not 4001"),
        ("ก" * 1334, "at most 4000 bytes in UTF-8, not 4002"),
        ("a" * (153 * 25 + 1), "at most 25 parts, not 26"),
        ("\u00a0" * (67 * 25 + 1), "at most 25 parts, not 26"),
        ("🙂" * (33 * 25 + 1), "at most 25 parts, not 26"),
        ("half a \ud83d", "a text of whole characters"),
    ],
)
def test_texts_past_a_limit_are_refused_with_the_rule(text, rule):
    with pytest.raises(ValidationError) as caught:
        check_text(text)
    assert (caught.value.field, caught.value.rule) == ("text", rule)


def test_the_error_holds_only_the_beginning_of_a_long_text():
    with pytest.raises(ValidationError) as caught:
        check_text("0123456789" * 500, field="messages[3].text")
    assert caught.value.field == "messages[3].text"
    assert caught.value.value == "0123456789" * 4 + "…"
    assert len(str(caught.value)) < 150


def test_the_tables_asked_for_count():
    text = "a" * 149 * 25
    check_text(text, language_code="TR", single_shift=True)
    with pytest.raises(ValidationError, match="25 parts"):
        check_text(text + "a", language_code="TR", single_shift=True)
    with pytest.raises(ValidationError, match="25 parts"):
        check_text(text, language_code="TR", single_shift=True, locking_shift=True)


@given(st.one_of(st.text(max_size=20), st.sampled_from("a€กé🙂")), st.integers(1, 4100))
def test_a_text_passes_exactly_when_it_is_within_both_limits(piece, times):
    text = (piece * times)[:4100]
    if len(text.encode()) <= MAX_BYTES and count_parts(text) <= MAX_PARTS:
        check_text(text)
    else:
        with pytest.raises(ValidationError):
            check_text(text)
