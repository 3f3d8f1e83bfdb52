"""Parquet files to begin with, small and real ones, and ways to damage them where it hurts."""

import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
from hypothesis import strategies as st
from pyarrow import parquet

TO = ["66847781470", "+66847781471", "12"]
TEXTS = ["Hi", None, "สวัสดี"]
WHEN = datetime(2027, 4, 13, 9, tzinfo=UTC)
COLUMNS = {  # what may stand where a text should
    "text": pa.array(TEXTS),
    "large": pa.array(TEXTS, pa.large_string()),
    "view": pa.array(TEXTS, pa.string_view()),
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "null": pa.nulls(3),
    "whole": pa.array([1, None, 2**63 - 1]),
    "unsigned": pa.array([1, None, 2**64 - 1], pa.uint64()),
    "float": pa.array([1.5, float("nan"), float("-inf")]),
    "half": pa.array([1.5, None, 3.0], pa.float16()),
    "decimal": pa.array([Decimal("1.50"), None, Decimal("-3.00")]),
    "wide decimal": pa.array([Decimal(9) ** 70, None, Decimal(1)], pa.decimal256(76)),
    "date": pa.array([date(2027, 4, 13), None, date.max]),
    "time": pa.array([time(9), None, time.max]),
    "duration": pa.array([timedelta(1), None, timedelta(-1)]),
    "moment": pa.array([WHEN.replace(tzinfo=None), None, None]),
    "zoned": pa.array([WHEN, None, None], pa.timestamp("ns", "Asia/Bangkok")),
    "nowhere": pa.array([WHEN, None, None], pa.timestamp("us", "Nowhere/Atlantis")),
    "far": pa.array([2**63 - 1, None, -(2**63)]).cast(pa.timestamp("us")),
    "truth": pa.array([True, None, False]),
    "binary": pa.array([b"Hi", None, b"\xff"]),
    "fixed": pa.array([b"Hi", None, b"\xff\xff"], pa.binary(2)),
    "list": pa.array([["Hi"], None, []]),
    "struct": pa.array([{"text": "Hi"}, None, {"text": None}]),
    "map": pa.array([[("text", "Hi")], None, []], pa.map_(pa.string(), pa.string())),
}


def as_parquet(columns, **how):
    """A file with these columns, and as little else as there can be."""
    file = io.BytesIO()
    options = {"store_schema": False, "compression": "none", "write_statistics": False}
    parquet.write_table(pa.table(columns), file, **{**options, **how})
    return file.getvalue()


def seeds():
    """A column of each type, read as the text; and of one the ways in which it can be written."""
    for column in COLUMNS.values():
        yield as_parquet({"to": TO, "text": column}, store_schema=True)
    whole = {"to": TO, "text": TEXTS}
    for compression in ("snappy", "gzip", "brotli", "zstd", "lz4"):
        yield as_parquet(whole, compression=compression)
    yield as_parquet(whole, write_page_checksum=True)
    yield as_parquet(whole, row_group_size=1)
    yield as_parquet(whole, data_page_version="2.0", write_statistics=True, write_page_index=True)
    for encoding in ("PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"):
        yield as_parquet(whole, use_dictionary=False, column_encoding=dict.fromkeys(whole, encoding))
    yield as_parquet({"to": [66847781470, None, 12], "text": TEXTS})
    yield as_parquet(
        {"to": [66847781470, 66847781471, 12], "text": TEXTS},
        use_dictionary=["text"],
        column_encoding={"to": "DELTA_BINARY_PACKED"},
    )
    yield as_parquet({"to": [], "text": []})
    # bombs: a long text that stands in every row, many rows of nothing
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["x" * 1_000_000])
    yield as_parquet({"to": pa.array(range(10**10, 10**10 + 1000)), "text": long}, compression="zstd")
    yield as_parquet(dict.fromkeys(["to", "text"], pa.nulls(1_000_000, pa.string())), compression="zstd")


SEEDS = (
    *(b"\0" + seed for seed in seeds()),
    b"\1" + as_parquet({"more": COLUMNS["list"], "to": TO, "name": COLUMNS["dictionary"]}),
)

# --- damage

_NUMBERS = (0, 1, -1, 3, 2**15, 2**31 - 1, 2**31, -(2**31), 2**40, 2**62, 2**63 - 1, -(2**63))
"""What a header or a footer may claim."""


def varint(number):
    """As Thrift's compact protocol has it, which Parquet's headers and footer are written in."""
    left, found = (number << 1) ^ (number >> 63), bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*found, left])


def claimed(content, start, stop, number):
    """Another number in the place of the first one that a field between the two holds."""
    for place in range(start, stop - 1):
        if content[place] & 0x0F in {5, 6} and content[place] >> 4:  # a field of 32 or of 64 bits
            end = place + 1
            while end < stop - 1 and content[end] & 0x80:
                end += 1
            return content[: place + 1] + varint(number) + content[end + 1 :]
    return content


@st.composite
def damaged(draw):
    """A seed with a few bytes changed, claims made up, or pieces cut out; its footer is still found."""
    seed = draw(st.sampled_from(SEEDS))
    content = seed[:-8]
    size = int.from_bytes(seed[-8:-4], "little")
    for _ in range(draw(st.integers(1, 3))):
        footer = max(0, len(content) - size)
        first = draw(st.sampled_from([1, footer]))
        start = draw(st.integers(min(first, len(content) - 1), len(content) - 1))
        is_footer, before = start >= footer, len(content)
        match draw(st.sampled_from(["claim", "claim", "byte", "bit", "cut", "double"])):
            case "claim":
                stop = len(content) if is_footer else footer
                content = claimed(content, start, stop, draw(st.sampled_from(_NUMBERS) | st.integers(0, 300)))
            case "byte":
                content = content[:start] + bytes([draw(st.integers(0, 255))]) + content[start + 1 :]
            case "bit":
                changed = content[start] ^ 1 << draw(st.integers(0, 7))
                content = content[:start] + bytes([changed]) + content[start + 1 :]
            case "cut":
                content = content[:start] + content[start + draw(st.integers(1, 9)) :]
            case "double":
                content = (
                    content[:start] + content[start : start + draw(st.integers(1, 40))] + content[start:]
                )
        if is_footer:
            size += len(content) - before
        size, content = max(size, 0), content or b"\0"
    return content + size.to_bytes(4, "little") + seed[-4:]
