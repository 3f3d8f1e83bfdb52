"""Text files in all the ways they are written: encodings, gzip, and what is no text at all."""

import gzip
from pathlib import Path

import pytest

from ants_async.cli.inputs import lines as module
from ants_async.cli.inputs.lines import Lines
from ants_async.cli.inputs.rows import UnusableFile

THAI = "to,text\n" + "".join(f"668123456{n},สวัสดีค่ะคุณ{n} วันนี้รับส่วนลดที่ทุกสาขา\n" for n in range(10, 40))
SHORT = "to,text\n66812345678,สวัสดี\n"


@pytest.fixture
def lines(tmp_path):
    """The lines of a file with this content."""

    def write(content, encoding=None):
        path = tmp_path / "list.csv"
        path.write_bytes(content)
        return Lines(path, "list.csv", encoding, "CSV")

    return write


def refusal(of):
    with pytest.raises(UnusableFile) as caught:
        list(of)
    return str(caught.value)


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
    def test_utf8_needs_no_word(self, lines, encoding):
        found = lines(THAI.encode(encoding))
        assert "".join(found) == THAI
        assert found.found is None

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
    def test_wide_ones_show_themselves_at_the_start(self, lines, encoding):
        found = lines(THAI.encode(encoding))
        assert "".join(found) == THAI
        assert found.found == encoding

    def test_cp874_is_told_where_there_is_enough_of_it(self, lines):
        found = lines(THAI.encode("cp874"))
        assert "".join(found) == THAI
        assert found.found == "cp874"

    def test_a_few_words_are_for_a_person_to_judge(self, lines):
        said = refusal(lines(SHORT.encode("cp874")))
        assert said == (
            "list.csv, line 2: not UTF-8; save the file as CSV in UTF-8, "
            "or give --encoding cp874 if this is right: สวัสดี"
        )

    @pytest.mark.parametrize(
        ("encoding", "words"),
        [
            ("latin-1", "Übergrößenträger für Ärzte, déjà vu à la carte, mañana por la mañana"),
            ("cp1252", "“L’été à la plage” – così è, perché no?"),
            ("cp1251", "Привет! Сегодня скидка на всё, приходите"),
            ("koi8-r", "привет как дела москва слава работа"),
            ("gbk", "你好世界中国人民今天优惠"),
            ("big5", "今天全館優惠歡迎光臨"),
            ("euc-kr", "안녕하세요 오늘 할인 행사가 있습니다"),
            ("shift-jis", "こんにちは、本日セール"),
            ("iso8859-7", "Καλημέρα σας, σήμερα έκπτωση"),
            ("cp1258", "Xin chào quý khách".replace("ý", "y")),
        ],
    )
    def test_what_is_not_thai_is_never_taken_for_it(self, lines, encoding, words):
        rows = "".join(f"{66_800_000_000 + n},{words}\n" for n in range(500))
        assert ": not UTF-8; save the file as CSV in UTF-8" in refusal(lines(rows.encode(encoding)))

    def test_utf8_and_thai_in_one_file_is_for_a_person_to_judge(self, lines):
        assert "line 34: not UTF-8" in refusal(lines(THAI.encode() + b"x\n" + THAI.encode("cp874")))

    @pytest.mark.parametrize("encoding", ["cp874", "tis-620", "utf-16", "utf-16-le", "utf-8"])
    def test_what_is_said_holds(self, lines, encoding):
        found = lines(SHORT.encode(encoding), encoding)
        assert "".join(found) == SHORT
        assert found.found is None

    def test_what_is_said_and_not_so_is_refused_with_the_line(self, lines):
        assert refusal(lines(SHORT.encode("cp874"), "utf-8")) == (
            "list.csv, line 2: not in utf-8, as --encoding says"
        )

    def test_half_of_a_wide_character_is_refused_with_about_the_line(self, lines):
        assert refusal(lines(SHORT.encode("utf-16")[:-1])) == "list.csv, about line 2: not in utf-16"

    def test_a_block_may_end_within_a_wide_character(self, lines, monkeypatch):
        monkeypatch.setattr(module, "_BLOCK", 7)
        assert "".join(lines(THAI.encode("utf-16"))) == THAI


class TestGzip:
    def test_is_unpacked_whatever_its_name(self, lines):
        assert "".join(lines(gzip.compress(THAI.encode("cp874")))) == THAI

    def test_of_several_parts_is_read_to_its_end(self, lines):
        assert "".join(lines(gzip.compress(b"to\n") + gzip.compress(b"1\n"))) == "to\n1\n"

    @pytest.mark.parametrize(
        "damage", [lambda it: it[:-9], lambda it: it[:40] + b"\0" * 20, lambda it: it + b"x"]
    )
    def test_that_is_not_whole_is_refused(self, lines, damage):
        assert refusal(lines(damage(gzip.compress(THAI.encode())))).startswith(
            "list.csv: not a whole gzip file: "
        )

    def test_that_unpacks_to_one_endless_line_is_no_list(self, lines):
        assert "line 1: longer than 1,048,576 bytes" in refusal(lines(gzip.compress(b"x" * 5_000_000)))


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"PK\x03\x04", "an Excel workbook or another archive; save it as CSV in UTF-8"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save it as CSV in UTF-8"),
        (b"PAR1", "a Parquet file: --format parquet reads it"),
        (b"\x28\xb5\x2f\xfd", "packed with zstd; only gzip is read, so unpack it first"),
        (gzip.compress(gzip.compress(b"to\n", mtime=0), mtime=0), "packed with gzip twice; unpack it once"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(lines, start, words):
    assert refusal(lines(start + bytes(9) * (start[:1] != b"\x1f"))) == f"list.csv: {words}"


def test_no_file_stays_the_systems_error():
    with pytest.raises(FileNotFoundError):
        list(Lines(Path("none"), "none", None, "CSV"))
