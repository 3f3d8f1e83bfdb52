"""Lists in files, of recipients and of whom not to text: rows, good or bad, or an error that names it."""

import functools
import gzip
import itertools
import re
import tempfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from ants_async.cli.controls import Suppressed
from ants_async.cli.files import BadRow, Layout, RecipientFile, UnusableFile
from ants_async.cli.inputs.layout import Kind
from ants_async.dispatch.template import Template
from ants_async.errors import ConfigurationError, ValidationError
from fuzz.target import Breach

LONGEST = 10_000
"""Characters of an error, or of what is wrong with a row: more is read by nobody."""


@functools.cache
def folder():
    """Where the files of this process are; memory where there is a disk of it."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    return tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None)


def written(name, content):
    """A file with this content."""
    path = Path(folder().name, name)
    path.write_bytes(content)
    return path


def split(data, kinds):
    """What the first byte stands for among the kinds, and the rest."""
    return kinds[(data[0] if data else 0) % len(kinds)], bytes(data[1:])


# --- recipients


def check_list(path, layout, template):
    """Rows in the order of the file, the same ones each time, or a refusal of the whole file."""
    file = RecipientFile(path, layout, template)
    try:
        check = file.check(path.with_name("rejects.csv"))
    except UnusableFile as error:
        if not str(error).startswith(str(path)) or len(str(error)) > LONGEST:
            raise Breach(f"a refusal that nobody can use: {str(error)[:LONGEST]}") from error
        return
    last = good = bad = 0
    for row in file.rows():
        if isinstance(row, BadRow):
            bad += 1
            if not 0 < len(row.reason) <= LONGEST:
                raise Breach(f"line {row.row} is bad for no good reason: {row.reason[:LONGEST]}")
        else:
            good += 1
        if row.row <= last:
            raise Breach(f"{row.row} after {last}")
        last = row.row
    if (check.good, check.bad) != (good, bad):
        raise Breach("a second reading finds other rows")


TEMPLATES = (None, Template("Hello {name}"))
ENCODINGS = (None, "utf-8", "utf-16", "cp874", "utf-7", "hz", "cp037")
SAID = [
    (template, encoding)
    for encoding, template in itertools.product(ENCODINGS, TEMPLATES)  # the first: nothing is said at all
]


def check_csv(data):
    """CSV."""
    template, content = split(data, TEMPLATES)
    check_list(written("list.csv", content), Layout(), template)


def check_jsonl(data):
    """JSON lines, in whatever encoding an operator says."""
    (template, encoding), content = split(data, SAID)
    check_list(written("list.jsonl", content), Layout(encoding=encoding), template)


def check_gzip(data):
    """What was packed: CSV or JSON lines."""
    kind, content = split(data, [Kind.CSV, Kind.JSONL])
    check_list(written(f"list.{kind}.gz", content), Layout(), None)


def check_parquet(data):
    """Parquet, by pyarrow, which must not end the process either."""
    template, content = split(data, TEMPLATES)
    check_list(written("list.parquet", content), Layout(), template)


# --- whom not to text

_PLAIN_NUMBER = re.compile(r"\+?([1-9][0-9]{8,14})")  # eight digits may be a date


def check_suppression(data):
    """Whoever stands on the list is kept out, or the list is refused."""
    path = written("suppress.txt", bytes(data))
    try:
        suppressed = Suppressed.read([path], None).numbers
    except (ConfigurationError, ValidationError) as error:
        if str(path) not in str(error) or len(str(error)) > LONGEST:
            raise Breach(f"a refusal that nobody can use: {str(error)[:LONGEST]}") from error
        return
    encoding = "utf-16" if bytes(data[:2]) in {BOM_UTF16_LE, BOM_UTF16_BE} else "utf-8-sig"
    text = bytes(data).decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    for place, line in enumerate(text.split("\n")):
        row = line.partition("#")[0]
        for cell in re.split("[,;\t]", row):
            number = _PLAIN_NUMBER.fullmatch(cell.strip().strip('"').strip())
            if number and number[1] not in suppressed:
                raise Breach(f"line {place + 1} lets {number[1]} through")


# --- what to begin with

CSV = (
    b'\0to,text\n66847781470,Hi\n+66847781471,"a, b"\n12,x\n',
    b"\1to,name\r\n66847781470,Anna\r\n66847781471\r\n",
    b"\0\xef\xbb\xbfto,text\n66847781470,\xe0\xb8\x81\n",
)
JSONL = (
    b'\0{"to":"66847781470","text":"Hi"}\n{"to":66847781471,"text":null}\n\n{"to":"12","text":"x"}\n',
    b'\1{"name": "Anna", "to": "+66847781470", "more": {"a": [1.5, true]}}\r\n{"to": "66847781471"}\r\n[]\n',
    b"\0" + '\ufeff{"to":"66847781470","text":"\\u0e01\\ud83d\\ude00 ก"}\n'.encode("utf-16-le"),
    b"\6" + '{"to":"66847781470","text":"สวัสดี"}\n'.encode("cp874"),
)
NULLS = b"to,text\n" + b",\n" * 500
BLANKS = b'{"to":"66847781470","text":"Hi"}\n' + b"\n" * 5_000
PACKED = (
    *(b"\0" + gzip.compress(seed[1:], mtime=0) for seed in CSV),
    *(b"\1" + gzip.compress(seed[1:], mtime=0) for seed in JSONL),
    b"\0" + b"".join(gzip.compress(part, mtime=0) for part in (b"to,te", b"", b"xt\n66847781470,Hi\n")),
    b"\0" + gzip.compress(CSV[0][1:], mtime=0) + b"\0\0\0",
    b"\0" + gzip.compress(gzip.compress(CSV[0][1:])),
    b"\1" + gzip.compress(b"x" * 1_100_000, mtime=0),
    b"\0" + gzip.compress(NULLS, mtime=0),
    b"\1" + gzip.compress(BLANKS, mtime=0),
)
SUPPRESSED = (
    b"66847781470\n+66847781471\n",
    b"\xef\xbb\xbfnumber,since\r\n66847781470,20260412\r\n\r\n# gone\r\n66847781471 # asked by phone\r\n",
    b'"66847781470";"Anna"\n66847781471\t2026-04-12\n',
    b"Anna,66847781470\n",
    "หมายเลข\n66847781470,ก\n".encode(),
    "number\n66847781470\n".encode("utf-16"),
)
