"""The national language tables of 3GPP TS 23.038, one by one."""

import unicodedata

import pytest

from ants_async.text import Encoding, analyze

BLOCKS = {
    "BN": 0x980,
    "PA": 0xA00,
    "GU": 0xA80,
    "OR": 0xB00,
    "TA": 0xB80,
    "TE": 0xC00,
    "KN": 0xC80,
    "ML": 0xD00,
    "HI": 0x900,
}
INDIC = [*sorted(BLOCKS), "UR"]
EVERYTHING = [chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000]

TURKISH_LOCKING = (
    "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà"
)
PORTUGUESE_LOCKING = (
    "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|ÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?"
    "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà"
)
EXTENSION = "\f^{}\\[~]|€"


def takes(character, language_code, **shift):
    """Septets the character takes, or None where it forces UCS-2."""
    analysis = analyze(character, language_code=language_code, **shift)
    return None if analysis.encoding is Encoding.UCS2 else analysis.places


def table(language_code, septets, **shift):
    return {c for c in EVERYTHING if takes(c, language_code, **shift) == septets}


@pytest.mark.parametrize(("language_code", "expected"), [("TR", TURKISH_LOCKING), ("PT", PORTUGUESE_LOCKING)])
def test_a_locking_shift_table_stands_in_for_the_default_alphabet(language_code, expected):
    assert len(expected) == 127
    assert table(language_code, 1, locking_shift=True) == set(expected)
    assert table(language_code, 2, locking_shift=True) == set(EXTENSION) - set(expected)


@pytest.mark.parametrize(
    ("language_code", "letters"),
    [("TR", "ĞİŞçğış"), ("ES", "çÁÍÓÚáíóú"), ("PT", "êçÔôÁáÊÀÍÓÚÃÕÂíóúãõâ")],
)
def test_a_single_shift_table_stands_in_for_the_extension(language_code, letters):
    default = table(None, 1)
    assert table(language_code, 1, single_shift=True) == default
    # The Portuguese one repeats Greek letters of the default alphabet, which need no escape.
    assert table(language_code, 2, single_shift=True) == set(EXTENSION + letters) - default


def test_a_character_of_both_tables_takes_one_septet():
    assert takes("ş", "TR", single_shift=True) == 2
    assert takes("ş", "TR", single_shift=True, locking_shift=True) == 1
    assert takes("€", "PT", single_shift=True, locking_shift=True) == 1


def test_a_locking_shift_table_lacks_what_it_replaces():
    assert analyze("è", language_code="TR", locking_shift=True).forcing == ("è",)
    assert analyze("Ñ", language_code="PT", locking_shift=True).forcing == ("Ñ",)


@pytest.mark.parametrize(
    ("language_code", "text"),
    [
        ("BN", "আপনার কোড: 1234"),
        ("GU", "તમારો કોડ: 1234"),
        ("HI", "आपका कोड 1234 है"),
        ("KN", "ನಿಮ್ಮ ಕೋಡ್: 1234"),
        ("ML", "നിങ്ങളുടെ കോഡ്: 1234"),
        ("OR", "ଆପଣଙ୍କ କୋଡ୍: 1234"),
        ("PA", "ਤੁਹਾਡਾ ਕੋਡ: 1234"),
        ("PT", "Seu código é 1234, não o dê a ninguém"),
        ("TA", "உங்கள் குறியீடு: 1234"),
        ("TE", "మీ కోడ్: 1234"),
        ("TR", "Şifreniz 1234, kimseye vermeyiniz, çağrı bekleyiniz"),
        ("UR", "آپ کا کوڈ: 1234"),
    ],
)
def test_a_text_in_the_language_takes_one_septet_a_character(language_code, text):
    assert takes(text, language_code, locking_shift=True) == len(text)
    assert analyze(text).encoding is Encoding.UCS2


@pytest.mark.parametrize("language_code", INDIC)
def test_the_tables_of_india_hold_letters_of_their_own_script_and_a_common_rest(language_code):
    locking = table(language_code, 1, locking_shift=True)
    single = table(language_code, 2, single_shift=True, locking_shift=True)
    assert set("abcdefghijklmnopqrstuvwxyz0123456789\n\r !?,.:;()") <= locking
    assert set("ABCDEFGHIJKLMNOPQRSTUVWXYZ@£$¥¿\"¤%&'*+-/<=>¡_#" + EXTENSION) <= single
    assert not locking & single
    scripts = {c for c in locking | single if c > "ÿ" and c not in "।॥€"}
    first = BLOCKS.get(language_code, 0x600)
    assert all(first <= ord(c) < first + (0x80 if language_code in BLOCKS else 0x100) for c in scripts)
    assert all(unicodedata.name(c, "") for c in scripts)


@pytest.mark.parametrize(
    ("language_code", "locking", "single"),
    [
        ("BN", 114, 80),
        ("GU", 120, 68),
        ("HI", 127, 86),
        ("KN", 120, 71),
        ("ML", 120, 80),
        ("OR", 116, 73),
        ("PA", 110, 74),
        ("TA", 102, 75),
        ("TE", 120, 76),
        ("UR", 127, 88),
    ],
)
def test_the_tables_of_india_have_as_many_characters_as_the_standard_prints(language_code, locking, single):
    assert len(table(language_code, 1, locking_shift=True)) == locking
    # Every one of the single shift table is new to the script's locking one.
    assert len(table(language_code, 2, single_shift=True, locking_shift=True)) == single


def test_digits_of_the_script_stand_in_the_single_shift_table():
    assert takes("१२३", "HI", single_shift=True) == 6
    assert takes("१२३", "HI", locking_shift=True) is None
    assert takes("۱۲۳", "UR", single_shift=True) == 6
    assert takes("௧௨௩", "TA", single_shift=True) == 6


def test_a_letter_with_a_dot_counts_as_it_is_written():
    whole, parted = "\u095b", "\u091c\u093c"  # the same Hindi letter
    assert takes(whole, "HI", single_shift=True, locking_shift=True) == 2
    assert takes(parted, "HI", locking_shift=True) == 2
    assert takes(whole, "HI", locking_shift=True) is None
