"""CSV, JSON lines and Parquet: the same rows, and the same words for what cannot be sent."""

import csv
import gzip
import io
import json
import subprocess
import sys
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from ants_async.cli.files import BadRow, Layout, Notes, RecipientFile, UnusableFile
from ants_async.cli.inputs.layout import Kind
from ants_async.dispatch.campaign import Recipient
from ants_async.dispatch.template import Template
from ants_async.errors import ConfigurationError, ValidationError

RULE = "to: an international number of 8 to 15 digits, like 66847781470"
PEOPLE = [
    {"to": "66812345678", "text": "สวัสดี"},
    {"to": "12", "text": "bad"},
    {"to": "66812345679", "text": 'two\nlines, and "quotes"'},
]


def as_csv(people, delimiter=","):
    file = io.StringIO()
    writer = csv.DictWriter(file, list(people[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(people)
    return file.getvalue().encode()


def as_json_lines(people):
    return b"".join(json.dumps(one).encode() + b"\n" for one in people)


def as_parquet(people):
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(people), file, row_group_size=2)
    return file.getvalue()


WAYS = {
    "list.csv": as_csv,
    "list.CSV": as_csv,
    "list": as_csv,
    "list.tsv": lambda people: as_csv(people, "\t"),
    "semicolons.csv": lambda people: as_csv(people, ";"),
    "list.csv.gz": lambda people: gzip.compress(as_csv(people)),
    "list.tsv.gz": lambda people: gzip.compress(as_csv(people, "\t")),
    "list.jsonl": as_json_lines,
    "list.ndjson": as_json_lines,
    "list.json": as_json_lines,
    "list.jsonl.gz": lambda people: gzip.compress(as_json_lines(people)),
    "list.parquet": as_parquet,
}


@pytest.fixture
def write(tmp_path):
    """Opens a file of this name and content as recipients."""

    def write(name, content, template=None, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return RecipientFile(path, Layout(**options), template)

    return write


def refusal(file):
    with pytest.raises(UnusableFile) as caught:
        list(file.rows())
    return str(caught.value).removeprefix(str(file.path))


@pytest.mark.parametrize("name", WAYS)
class TestEveryKind:
    def test_holds_the_same_rows(self, write, name):
        first, bad, last = write(name, WAYS[name](PEOPLE)).rows()
        assert (first.to, first.text) == ("66812345678", "สวัสดี")
        assert (last.to, last.text) == ("66812345679", 'two\nlines, and "quotes"')
        assert bad == BadRow(bad.row, "12", RULE)
        assert first.row < bad.row < last.row

    def test_fills_a_template_from_its_columns(self, write, name):
        (one,) = write(
            name, WAYS[name]([{"age": "9", "to": "66812345678", "name": "Anna"}]), Template("{name}")
        ).rows()
        assert dict(one.fields) == {"to": "66812345678", "name": "Anna"}

    def test_is_read_as_often_as_it_is_asked_for(self, write, name):
        file = write(name, WAYS[name](PEOPLE))
        assert list(file.rows()) == list(file.rows())

    def test_says_that_nothing_is_in_it(self, write, name, tmp_path):
        file = write(name, WAYS[name](PEOPLE[1:2]))
        with pytest.raises(UnusableFile, match="none of its 1 rows can be sent"):
            file.check(tmp_path / "rejects.csv")


class TestCsv:
    @pytest.mark.parametrize("delimiter", [";", "\t", "|"])
    def test_its_delimiter_is_the_one_by_which_the_header_has_the_columns(self, write, delimiter):
        file = write(
            "list.csv",
            f"name, with comma{delimiter}text{delimiter}to\nx{delimiter}Hi{delimiter}66812345678\n",
        )
        assert [row.text for row in file.rows()] == ["Hi"]

    def test_or_the_one_that_is_given(self, write):
        file = write("list.csv", "to^text\n66812345678^Hi, you\n", delimiter="^")
        assert [row.text for row in file.rows()] == ["Hi, you"]

    def test_tab_has_a_name(self, write):
        file = write("list.csv", "to\ttext\n66812345678\tHi\n", delimiter="tab")
        assert [row.text for row in file.rows()] == ["Hi"]

    def test_too_many_cells_are_explained_by_the_delimiter(self, write):
        (bad,) = write("list.csv", "to;text\n66812345678;Hi; you\n").rows()
        assert bad.reason == "3 cells, the header has 2; a text with a semicolon needs quotes"

    @pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n", " "])
    def test_not_everything_is_a_delimiter(self, write, delimiter):
        with pytest.raises(ValidationError, match=r"--delimiter: .* one character, like ';', or 'tab'"):
            write("list.csv", "", delimiter=delimiter)


class TestJsonLines:
    def test_numbers_are_taken_as_they_are_written_and_null_is_an_empty_text(self, write):
        file = write("list.jsonl", '{"to": 66812345678, "a": 1.50, "b": null}\n', Template("{a}{b}"))
        assert [dict(row.fields) for row in file.rows()] == [{"to": "66812345678", "a": "1.50", "b": ""}]

    @pytest.mark.parametrize(
        ("line", "to", "reason"),
        [
            ("to,text", "", "not valid JSON: Expecting value, at character 1"),
            ('{"to": "66812345678"', "", "not valid JSON: Expecting ',' delimiter, at character 21"),
            ("[" * 100_000, "", "not valid JSON: nested too deep"),
            ("[1]", "", "a list, not an object"),
            ("12", "", "a single value, not an object"),
            (
                '{"text": "Hi"}',
                "",
                "no column 'to'; there are: 'text'; --to-column names the one with the numbers",
            ),
            ('{"to": "1"}', "1", "no column 'text'; there are: 'to'; --text gives one text for all"),
            ("{}", "", "no column 'to'; there are: none; --to-column names the one with the numbers"),
            ('{"to": "1", "to": "2", "text": ""}', "", "a name stands there more than once"),
            ('{"to": "1", "text": NaN}', "", "NaN is not JSON"),
            ('{"to": "1", "text": ["Hi"]}', "1", "text: a list, not a text or a number"),
            ('{"to": true, "text": "Hi"}', "true", "to: a truth value, not a text or a number"),
            ('{"to": {"a": 1}, "text": "Hi"}', '{"a": "1"}', "to: an object, not a text or a number"),
            ('{"to": "66812345678", "text": "\\ud83d"}', "66812345678", "text: a text of whole characters"),
            ('{"to": "\\ud83d", "text": "Hi"}', "\ud83d", RULE),
            ('{"to": null, "text": "Hi"}', "", RULE),
        ],
    )
    def test_a_bad_line_has_its_number_and_a_reason(self, write, line, to, reason):
        good = '{"to": "66812345678", "text": "Hi"}'
        first, bad, last = write("list.jsonl", f"{good}\n \n{line}\n{good}\r\n").rows()
        assert (first.row, last.row) == (1, 4)
        assert bad == BadRow(3, to, reason)

    def test_half_a_character_is_spelt_out_in_the_list_of_bad_rows(self, write, tmp_path):
        file = write("list.jsonl", '{"to": "\\ud83d", "text": ""}\n{"to": "66812345678", "text": "Hi"}\n')
        file.check(tmp_path / "rejects.csv")
        assert "\\ud83d" in (tmp_path / "rejects.csv").read_text(encoding="utf-8")

    def test_an_array_is_another_kind_of_file(self, write):
        file = write("list.jsonl", '\n[{"to": "66812345678"}]\n')
        assert refusal(file) == ", line 2: a JSON array; what is read is an object a line"


class TestParquet:
    def table(self, **columns):
        file = io.BytesIO()
        parquet.write_table(pa.table(columns), file)
        return file.getvalue()

    def test_what_is_no_text_is_written_out(self, write):
        content = self.table(
            to=[66812345678],
            day=[date(2026, 5, 1)],
            price=[Decimal("1.50")],
            score=[0.5],
            town=pa.array(["Trat"]).dictionary_encode(),
            none=pa.array([None], pa.string()),
        )
        (row,) = write("list.parquet", content, Template("{day}{price}{score}{town}{none}")).rows()
        assert dict(row.fields) == {
            "to": "66812345678",
            "day": "2026-05-01",
            "price": "1.50",
            "score": "0.5",
            "town": "Trat",
            "none": "",
        }

    def test_numbers_beside_a_missing_one_are_numbers_all_the_same(self, write):
        content = self.table(to=[66812345678.0, float("nan"), None], text=["Hi"] * 3)
        assert list(write("list.parquet", content).rows()) == [
            Recipient("66812345678", text="Hi", row=1),
            BadRow(2, "", RULE),
            BadRow(3, "", RULE),
        ]

    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
    def test_texts_are_texts_of_whatever_kind(self, write, kind):
        content = self.table(to=pa.array(["66812345678"], kind), text=pa.array(["สวัสดี"], kind))
        (row,) = write("list.parquet", content).rows()
        assert (row.to, row.text) == ("66812345678", "สวัสดี")

    def test_a_name_that_stands_for_two_columns_is_refused(self, write):
        columns = {"a.to": ["66812345678"], "text": ["Hi"]}
        for other in (["Anna"], [{"name": "Anna"}], [["Anna"]]):
            beside = write("list.parquet", self.table(**columns, a=other), to_column="a.to")
            assert [row.to for row in beside.rows()] == ["66812345678"]
        within = self.table(**columns, a=[{"to": "66812345679"}])
        said = refusal(write("list.parquet", within, to_column="a.to"))
        assert said == ": there are two columns 'a.to', one within another"

    @pytest.mark.parametrize(
        ("column", "kind"),
        [([["a"]], "list<"), ([{"a": 1}], "struct<"), ([b"a"], "binary"), ([True], "bool")],
    )
    def test_a_column_that_is_no_text_is_refused(self, write, column, kind):
        said = refusal(write("list.parquet", self.table(to=column, text=["Hi"])))
        assert said.startswith(f": the column 'to' is of type {kind}")

    def test_a_column_that_is_not_there_is_named(self, write):
        said = refusal(write("list.parquet", self.table(to=["66812345678"])))
        assert said == ": no column 'text'; there are: 'to'; --text gives one text for all"

    @pytest.mark.parametrize("content", [b"", b"to,text\n", b"PAR1" * 9])
    def test_what_is_none_is_refused(self, write, content):
        assert refusal(write("list.parquet", content)).startswith(": cannot be read as Parquet: ")

    def test_a_text_that_is_no_utf8_is_refused(self, write):
        broken = pa.Array.from_buffers(
            pa.string(), 1, [*pa.array(["\u0e01"]).buffers()[:2], pa.py_buffer(b"\xe0\xff\xff")]
        )
        assert refusal(write("list.parquet", self.table(to=["66812345678"], text=broken))).startswith(
            ": cannot be read as Parquet: "
        )

    def test_it_says_what_to_install(self, write, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
        with pytest.raises(ConfigurationError, match=r"pip install 'ants-async\[parquet\]'"):
            list(write("list.parquet", b"").rows())


class TestLayout:
    def test_what_is_said_of_a_kind_comes_before_its_name(self, write):
        file = write("list.csv", as_json_lines(PEOPLE), kind=Kind.JSONL)
        assert len(list(file.rows())) == 3

    @pytest.mark.parametrize("name", ["list.jsonl", "list.parquet"])
    def test_only_csv_has_a_delimiter(self, write, name):
        with pytest.raises(ConfigurationError, match=r"--delimiter ;: .* is read as "):
            write(name, "", delimiter=";")

    def test_parquet_has_its_own_encoding(self, write):
        with pytest.raises(ConfigurationError, match=r"--encoding cp874: .* is read as parquet"):
            write("list.parquet", "", encoding="cp874")

    @pytest.mark.parametrize("encoding", ["klingon", "rot13", "hex", "undefined", "", "a\0b"])
    def test_not_everything_is_an_encoding(self, write, encoding):
        with pytest.raises(ValidationError, match="--encoding"):
            write("list.csv", "", encoding=encoding)

    @pytest.mark.parametrize(
        "layout", [Layout(), Layout("phone", Kind.CSV, "cp874", ";", "TH", mobile_only=True)]
    )
    def test_the_ledger_keeps_it(self, layout):
        assert Layout.of_source(json.loads(json.dumps(layout.as_source()))) == layout

    def test_an_older_ledger_says_no_more_than_the_column(self):
        assert Layout.of_source({"file": "x", "to_column": "phone"}) == Layout("phone")

    @pytest.mark.parametrize(
        "odd", [{"kind": "xlsx"}, {"encoding": 874}, {"to_column": None}, {"region": ["TH"]}]
    )
    def test_what_a_newer_or_broken_ledger_says_is_refused(self, odd):
        with pytest.raises(ConfigurationError):
            Layout.of_source({"to_column": "to"} | odd)


class TestRegion:
    def test_numbers_come_into_the_form_of_the_api_and_the_change_is_noted(self, write):
        people = (
            "081-234-5678,a\n+66812345679,b\n66812345680,c\n021234567,d\n12,e\n1900123456,f\n0812345681,\n"
        )
        content = f"to,text\n{people}"
        notes = Notes()
        rows = list(write("list.csv", content, region="th").rows(notes))
        assert [row.to for row in rows] == [
            "66812345678", "66812345679", "66812345680", "6621234567", "12", "1900123456", "0812345681",
        ]  # fmt: skip
        assert [row.reason for row in rows[4:]] == [
            "to: there is no such number, neither in TH nor with a country's code",
            "to: a premium-rate number, which takes no texts",
            "text: must not be empty",
        ]
        assert [(one.row, one.given) for one in notes.examples] == [(2, "081-234-5678"), (5, "021234567")]
        assert (notes.changed, notes.fixed) == (2, 1)

    def test_changes_are_listed_beside_the_bad_rows(self, write, tmp_path):
        check = write("list.csv.gz", "to,text\n081-234-5678,a\n", region="TH").check(
            tmp_path / "list.rejects.csv"
        )
        assert check.changes == tmp_path / "list.changed.csv"
        assert check.changes.read_text() == "row,given,to\n2,081-234-5678,66812345678\n"

    def test_fixed_lines_are_bad_rows_if_only_mobiles_are_wanted(self, write):
        (bad,) = write("list.csv", "to,text\n021234567,a\n", region="TH", mobile_only=True).rows()
        assert bad.reason == "to: not a mobile phone's number, and only those are wanted"

    def test_nobody_knows_mobiles_without_a_region(self, write):
        with pytest.raises(ConfigurationError, match="--mobile-only: needs --region"):
            write("list.csv", "", mobile_only=True)


@pytest.mark.parametrize("name", ["list.jsonl", "list.csv.gz", "list.parquet"])
def test_memory_does_not_grow_with_the_file(name, tmp_path):
    program = """
import resource, sys
from pathlib import Path
from ants_async.cli.files import RecipientFile
peaks = []
for folder in ("small", "large"):
    assert sum(1 for _ in RecipientFile(Path(folder, sys.argv[1])).rows()) >= 20_000
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[1] - peaks[0])
"""
    for folder, count in (("small", 20_000), ("large", 200_000)):
        (tmp_path / folder).mkdir()
        people = [{"to": str(66_800_000_000 + n), "text": f"สวัสดี {n} {'x' * 100}"} for n in range(count)]
        content = io.BytesIO()
        if name == "list.parquet":
            parquet.write_table(pa.Table.from_pylist(people), content)
        content = content.getvalue() or WAYS[name](people)
        (tmp_path / folder / name).write_bytes(content)
    command = [sys.executable, "-c", program, name]
    grown = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert int(grown.stdout) < 12_000, "kilobytes, where the rows are 35 MB"
