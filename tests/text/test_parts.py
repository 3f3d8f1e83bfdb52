"""How texts divide into parts, against a slow reckoning made from the rules of GSM 03.38 alone."""

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ants_async.errors import ValidationError
from ants_async.text import Encoding, analyze, count_parts

# The default alphabet in its own order, 16 codes a row; the escape is no character.
DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


def greedy(costs, single, part):
    """Parts, and places left in the last: a character that no longer fits whole opens the next part."""
    if sum(costs) <= single:
        return 1, single - sum(costs)
    parts, free = 1, part
    for cost in costs:
        if cost > free:
            parts, free = parts + 1, part
        free -= cost
    return parts, free


def reckon(text):
    """Encoding, places, parts, remaining."""
    if all(c in DEFAULT + EXTENSION for c in text):
        costs = [2 if c in EXTENSION else 1 for c in text]
        return "GSM7", sum(costs), *greedy(costs, 160, 153)
    costs = [2 if c > "\uffff" else 1 for c in text]
    return "UCS2", sum(costs), *greedy(costs, 70, 67)


def found(text):
    analysis = analyze(text)
    return analysis.encoding, analysis.places, analysis.parts, analysis.remaining


# Runs of a character bring texts to the borders of parts, where pairs must not be split.
runs = st.tuples(st.sampled_from([*"a Ç€{[กé“`", "\f", "\t", "🙂", "𝒜"]), st.integers(1, 170)).map(
    lambda run: run[0] * run[1]
)
gsm_runs = st.tuples(st.sampled_from("aÇ€{"), st.integers(1, 170)).map(lambda run: run[0] * run[1])
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.text(DEFAULT + EXTENSION, max_size=500),
    st.lists(runs, max_size=5).map("".join),
    st.lists(gsm_runs, max_size=8).map("".join),
)


@given(texts)
@example("a" * 152 + "€" * 80)
@example("ก" * 66 + "🙂" * 40)
def test_any_text_divides_as_the_rules_say(text):
    assert found(text) == reckon(text)


@given(texts)
def test_counting_alone_finds_the_same_number_of_parts(text):
    assert count_parts(text) == analyze(text).parts


@given(texts)
def test_what_forces_ucs2_is_each_foreign_character_once_in_the_order_of_the_text(text):
    forcing = analyze(text).forcing
    assert set(forcing) == set(text) - set(DEFAULT + EXTENSION)
    assert sorted(forcing, key=text.index) == list(forcing)
    assert len(set(forcing)) == len(forcing)


def test_the_manuals_example_has_95_characters_remaining():
    text = "Let's see how many characters will remain unused in this message."
    assert len(text) == 65
    assert found(text) == (Encoding.GSM7, 65, 1, 95)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (Encoding.GSM7, 0, 1, 160)),
        ("a" * 160, (Encoding.GSM7, 160, 1, 0)),
        ("a" * 161, (Encoding.GSM7, 161, 2, 145)),
        ("a" * 306, (Encoding.GSM7, 306, 2, 0)),
        ("a" * 307, (Encoding.GSM7, 307, 3, 152)),
        ("€" * 80, (Encoding.GSM7, 160, 1, 0)),
        ("ก" * 70, (Encoding.UCS2, 70, 1, 0)),
        ("ก" * 71, (Encoding.UCS2, 71, 2, 63)),
        ("ก" * 134, (Encoding.UCS2, 134, 2, 0)),
        ("🙂" * 35, (Encoding.UCS2, 70, 1, 0)),
        ("🙂" * 36, (Encoding.UCS2, 72, 2, 61)),
        ("a" * 69 + "`", (Encoding.UCS2, 70, 1, 0)),
        ("a" * 70 + "`", (Encoding.UCS2, 71, 2, 63)),
        ("ราคา 1,200 บาท", (Encoding.UCS2, 14, 1, 56)),
    ],
)
def test_examples(text, expected):
    assert found(text) == expected
    assert count_parts(text) == expected[2]


def test_an_escape_and_its_character_are_never_parted():
    assert found("a" * 152 + "€" + "a" * 152) == (Encoding.GSM7, 306, 3, 152)
    assert found("a" * 151 + "€" + "a" * 153) == (Encoding.GSM7, 306, 2, 0)
    assert found("€" * 153) == (Encoding.GSM7, 306, 3, 151)


def test_the_two_units_of_a_character_beyond_the_first_plane_are_never_parted():
    assert found("ก" * 66 + "🙂" + "ก" * 66) == (Encoding.UCS2, 134, 3, 66)
    assert found("ก" * 65 + "🙂" + "ก" * 67) == (Encoding.UCS2, 134, 2, 0)
    assert found("🙂" * 67) == (Encoding.UCS2, 134, 3, 65)


def test_half_a_character_takes_a_place_of_its_own():
    assert found("\ud83d") == (Encoding.UCS2, 1, 1, 69)
    assert count_parts("\ud83d" * 71) == 2


def test_the_escape_itself_is_no_character_of_the_alphabet():
    assert analyze("\x1b").forcing == ("\x1b",)


TABLES = {
    "single": {"language_code": "TR", "single_shift": True},
    "locking": {"language_code": "TR", "locking_shift": True},
    "both": {"language_code": "TR", "single_shift": True, "locking_shift": True},
}


def septets(header):
    """What 140 octets have left for a 7-bit text."""
    return (140 - header) * 8 // 7


@pytest.mark.parametrize(
    ("tables", "shifts", "single", "part"),
    [("single", 1, 155, 149), ("locking", 1, 155, 149), ("both", 2, 152, 146)],
)
def test_each_shift_table_takes_three_octets_of_every_part(tables, shifts, single, part):
    language = TABLES[tables]
    assert (single, part) == (septets(1 + 3 * shifts), septets(1 + 3 * shifts + 5))
    assert analyze("a", **language).remaining == single - 1
    assert analyze("a" * single, **language).parts == 1
    assert analyze("a" * (single + 1), **language).parts == 2
    assert analyze("a" * part * 3, **language).remaining == 0
    assert count_parts("a" * (part * 3 + 1), **language) == 4


@pytest.mark.parametrize("language", TABLES.values(), ids=TABLES)
@given(text=st.lists(st.tuples(st.sampled_from("aş€"), st.integers(1, 170)), max_size=8))
def test_counting_alone_agrees_with_tables_too(language, text):
    text = "".join(c * times for c, times in text)
    assert count_parts(text, **language) == analyze(text, **language).parts


@given(st.lists(st.tuples(st.sampled_from("aş€"), st.integers(1, 170)), max_size=8))
def test_with_a_single_shift_table_its_characters_are_pairs_that_are_never_parted(text):
    text = "".join(c * times for c, times in text)
    analysis = analyze(text, **TABLES["single"])
    expected = greedy([1 if c == "a" else 2 for c in text], 155, 149)
    assert (analysis.parts, analysis.remaining) == expected


@pytest.mark.parametrize("language", TABLES.values(), ids=TABLES)
def test_ucs2_has_no_use_for_shift_tables(language):
    assert analyze("ก" * 70, **language).parts == 1
    assert analyze("ก", **language).remaining == 69


def test_a_language_without_a_shift_changes_nothing():
    assert analyze("ş", language_code="TR") == analyze("ş")
    assert analyze("a", language_code="XX", single_shift=False, locking_shift=None) == analyze("a")


@pytest.mark.parametrize("reckoning", [analyze, count_parts])
@pytest.mark.parametrize(
    ("language_code", "shift"),
    [
        ("XX", "single_shift"),
        ("tr", "single_shift"),
        (None, "single_shift"),
        ("XX", "locking_shift"),
        ("ES", "locking_shift"),
        (None, "locking_shift"),
    ],
)
def test_a_table_that_does_not_exist_is_refused_even_for_a_short_text(reckoning, language_code, shift):
    with pytest.raises(ValidationError, match="TR") as caught:
        reckoning("a", language_code=language_code, **{shift: True})
    assert (caught.value.field, caught.value.value) == ("language_code", language_code)


def test_an_analysis_is_frozen_and_does_not_show_its_text():
    analysis = analyze("Your PIN is 4711")
    assert "4711" not in repr(analysis)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        analysis.parts = 2
