"""What is suggested in place of characters that force UCS-2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ants_async.text import Encoding, analyze

typical = st.text(st.sampled_from("aeC n€é\u0301\u0327“”’–…\u00a0êłœ≠²กﬁ🙂\u200b"), max_size=30)


@given(st.one_of(st.text(), typical))
def test_a_suggestion_is_plain_gsm_or_none(text):
    suggestion = analyze(text).suggestion
    assert suggestion is None or analyze(suggestion).encoding is Encoding.GSM7


@given(st.one_of(st.text(), typical))
def test_without_a_forcing_character_there_is_nothing_to_suggest(text):
    analysis = analyze(text)
    assert analysis.forcing or analysis.suggestion is None


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("“Don’t” – «wait»…", '"Don\'t" - "wait"...'),
        ("10\u00a0000\u202f€", "10 000 €"),
        ("a\tb\u2028c", "a b\nc"),
        ("soft\u00adly\ufeff", "softly"),
        ("1\u20132 \u2212 3 \u2014 4 \u2011 5", "1-2 - 3 - 4 - 5"),
        ("Ação, coração", "Acao, coracao"),
        ("Křížek, Łódź, Đặng", "Krizek, Lodz, Dang"),
        ("œuvre ﬁn №5 Acme™", "oeuvre fin No5 AcmeTM"),
        ("2×3 ⁄ 4", "2x3 / 4"),
        ("`a´", "'a'"),
    ],
)
def test_what_reads_the_same_is_replaced(text, suggestion):
    assert analyze(text).suggestion == suggestion


def test_accents_of_the_alphabet_stay():
    assert analyze("é è ñ Ü – ê").suggestion == "é è ñ Ü - e"


def test_a_letter_and_its_accent_apart_become_one_where_the_alphabet_has_it():
    assert analyze("cafe\u0301, fac\u0327ade").suggestion == "café, facade"


@pytest.mark.parametrize("text", ["สวัสดี", "Привет", "“hi” 🙂", "m²", "½", "a ≠ b", "ok ✓", "\ud83d"])
def test_what_has_no_stand_in_leaves_no_suggestion(text):
    assert analyze(text).suggestion is None


def test_one_without_a_stand_in_is_enough_for_none():
    assert analyze("“ok”").suggestion == '"ok"'
    assert analyze("“ok” ก").suggestion is None


def test_a_suggestion_keeps_what_the_tables_asked_for_have():
    assert analyze("“şık” ő", language_code="TR", single_shift=True).suggestion == '"şık" o'
    assert analyze("Ø", language_code="TR", locking_shift=True).suggestion == "O"


def test_a_suggestion_cannot_use_what_the_tables_asked_for_lack():
    # Without its single shift table the Hindi alphabet has no straight quotes.
    assert analyze("“कोड”", language_code="HI", locking_shift=True).suggestion is None
    both = analyze("“कोड”", language_code="HI", locking_shift=True, single_shift=True)
    assert both.suggestion == '"कोड"'


def test_heaps_of_accents_are_no_writing():
    assert analyze("e" + "\u0301" * 100_000).suggestion is None
