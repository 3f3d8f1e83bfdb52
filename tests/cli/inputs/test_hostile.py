"""Whatever is in a file: its rows are recipients or bad rows, none is lost, or it is refused as a whole."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ants_async.cli.files import BadRow, Layout, RecipientFile, UnusableFile
from ants_async.cli.inputs.layout import Kind
from ants_async.dispatch.campaign import Recipient
from ants_async.dispatch.template import Template
from ants_async.errors import ConfigurationError, ValidationError

cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.sampled_from(
    ["66812345678", "+66812345679", "081-234-5678", "๐๘๑-๒๓๔-๕๖๗๘", "12", "", "021234567"]
)
people = st.lists(st.tuples(numbers | cells, cells, cells), min_size=1, max_size=20)
layouts = st.builds(
    Layout,
    kind=st.sampled_from(Kind),
    encoding=st.sampled_from([None, None, "utf-8", "utf-16", "cp874", "utf-7", "gbk", "hz"]),
    delimiter=st.sampled_from([None, None, ";", "tab"]),
    region=st.sampled_from([None, "TH", "US"]),
)
TEMPLATES = (None, Template("Hi {name}"))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "list"


def read(path, content, layout, template):
    """The rows, checked and read again; None when the file, or what is said of it, is refused."""
    path.write_bytes(content)
    try:
        file = RecipientFile(path, layout, template)
        check = file.check(path.with_name("rejects.csv"))
    except (UnusableFile, ConfigurationError, ValidationError):
        return None
    rows = list(file.rows())
    assert all(isinstance(row, Recipient | BadRow) for row in rows)
    assert (check.good, check.bad) == (
        sum(isinstance(row, Recipient) for row in rows),
        sum(isinstance(row, BadRow) for row in rows),
    )
    if check.bad:
        with check.rejects.open(encoding="utf-8", newline="") as lines:
            assert len(list(csv.DictReader(lines))) == check.bad
    return rows


@settings(deadline=None, max_examples=400)
@given(content=st.binary(max_size=300), layout=layouts, template=st.sampled_from(TEMPLATES))
@example(content=b"to,text\n\xff", layout=Layout(), template=None)
@example(content=b"\x1f\x8b", layout=Layout(), template=None)
@example(content=b"\xff\xfe\x00", layout=Layout(), template=None)
def test_any_bytes(path, content, layout, template):
    read(path, content, layout, template)


def as_csv(rows, separator=","):
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator)
    writer.writerow(["to", "text", "name"])
    writer.writerows(rows)
    return file.getvalue()


def as_json_lines(rows):
    return "".join(json.dumps(dict(zip(["to", "text", "name"], row, strict=True))) + "\n" for row in rows)


@settings(deadline=None, max_examples=300)
@given(
    rows=people,
    written=st.tuples(
        st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans()
    ),
    region=st.sampled_from([None, "TH"]),
    template=st.sampled_from(TEMPLATES),
)
def test_no_row_of_csv_is_lost(path, rows, written, region, template):
    separator, encoding, is_packed = written
    content = as_csv(rows, separator).encode(encoding)
    found = read(path, gzip.compress(content) if is_packed else content, Layout(region=region), template)
    assert found is None or len(found) == len(rows)
    assert found is not None or not any(
        row[0] == "66812345678" and row[1].strip() and row[2].strip() for row in rows
    )


@settings(deadline=None, max_examples=300)
@given(
    rows=people,
    damage=st.lists(
        st.tuples(st.integers(0, 19), st.text(st.characters(exclude_characters="\n\0"), max_size=9))
    ),
    template=st.sampled_from(TEMPLATES),
)
def test_no_line_of_json_is_lost_and_a_broken_one_costs_no_other(path, rows, damage, template):
    lines = as_json_lines(rows).splitlines()
    for place, text in damage:
        if place and place < len(lines):  # the first one decides whether these are lines at all
            lines[place] = f"x{text}{lines[place]}"
    content = "".join(f"{line}\n" for line in lines).encode(errors="replace")
    found = read(path, content, Layout(kind=Kind.JSONL), template)
    assert found is None or len(found) == len(rows)


@settings(deadline=None, max_examples=300)
@given(
    rows=people,
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    end=st.integers(0, 40),
)
def test_a_damaged_parquet_file_loses_no_row_unsaid(path, rows, damage, end):
    file = io.BytesIO()
    parquet.write_table(
        pa.table(dict(zip(["to", "text", "name"], zip(*rows, strict=True), strict=True))),
        file,
        write_page_checksum=True,
    )
    content = bytearray(file.getvalue())
    for place, byte in damage:
        content[int(place * len(content))] = byte
    whole = bytes(content[: len(content) - end]) if damage or end else file.getvalue()
    found = read(path, whole, Layout(kind=Kind.PARQUET), None)
    if not damage and not end:
        assert found is None or len(found) == len(rows)
