"""Small Parquet files that hold far too much, and lists that say what is not so: refused, memory flat."""

import io
import json

import pyarrow as pa
import pytest
from pyarrow import parquet

from ants_async.cli.files import BadRow, RecipientFile, UnusableFile

MANY = 2000
LONG = "x" * 1_000_000


@pytest.fixture
def refusal(tmp_path):
    """What is said of a file, without its name."""

    def refusal(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UnusableFile) as caught:
            RecipientFile(path).check(tmp_path / "rejects.csv")
        assert not (tmp_path / "rejects.csv").exists()
        return str(caught.value).removeprefix(str(path))

    return refusal


def as_parquet(columns, **options):
    file = io.BytesIO()
    parquet.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def alike(text):
    """The same text in each of many rows, which a file holds once."""
    numbers = pa.array(range(66800000000, 66800000000 + MANY))
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * MANY, pa.int32()), [text])
    return {"to": numbers, "text": texts}


class TestParquet:
    def test_with_a_text_in_each_row_takes_no_more_memory_than_a_few_rows_do(self, refusal):
        said = refusal("list.parquet", as_parquet(alike(LONG), compression="zstd"))
        assert "times as many; that is no list of recipients" in said
        assert pa.default_memory_pool().max_memory() < 512 * 2**20

    def test_with_a_text_that_is_none_is_refused(self, refusal):
        said = refusal("list.parquet", as_parquet(alike("x" * 1_048_577), compression="zstd"))
        assert said == ": holds a text of 1,048,577 bytes; is it a list of recipients?"

    def test_with_rows_of_nothing_is_refused_before_they_are_read(self, refusal):
        nothing = dict.fromkeys(["to", "text"], pa.nulls(5_000_000, pa.string()))
        said = refusal("list.parquet", as_parquet(nothing, compression="zstd"))
        assert "times as many; that is no list of recipients" in said

    @pytest.mark.parametrize(("claim", "there"), [(1, "more"), (3, "2"), (63, "2")])
    def test_whose_footer_says_another_number_of_rows_is_damaged(self, refusal, claim, there):
        content = as_parquet({"to": ["66812345678", "66812345679"], "text": ["Hi", "Ho"]})
        before, two, footer = content.partition(b"\x16\x04\x19\x1c")  # a number, then the list of row groups
        assert two
        changed = before + bytes([0x16, claim * 2, 0x19, 0x1C]) + footer
        rows = f"{claim:,} rows"
        assert refusal("list.parquet", changed) == f": damaged: its footer says {rows}, it has {there}"

    def test_whose_checksum_finds_a_changed_number_is_damaged(self, refusal):
        content = as_parquet(
            {"to": ["66812345678"], "text": ["Hi"]},
            compression="none",
            use_dictionary=False,
            write_statistics=False,
            write_page_checksum=True,
        )
        changed = content.replace(b"66812345678", b"66812345679")
        assert changed != content
        assert refusal("list.parquet", changed).startswith(": cannot be read as Parquet: ")


class TestJsonLines:
    def test_that_can_just_be_read_are_a_bad_row(self, tmp_path):
        path = tmp_path / "list.jsonl"
        for depth in range(900, 1000):
            path.write_text(f'{{"to": {"[" * depth}{"]" * depth}, "text": "Hi"}}\n')
            (row,) = RecipientFile(path).rows()
            assert isinstance(row, BadRow)

    def test_say_no_more_names_than_anybody_reads(self, tmp_path):
        path = tmp_path / "list.jsonl"
        path.write_text(json.dumps({"n" * 5000: 0} | {f"n{n}": n for n in range(5000)}) + "\n")
        (row,) = RecipientFile(path).rows()
        assert len(row.reason) < 1000
        assert " and 4,981 more" in row.reason
