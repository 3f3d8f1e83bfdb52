"""Inputs that are nearly right: answers with fields dropped, doubled, of wrong types, or out of all bounds.

Coverage leads a fuzzer through parsers; past them, what is nearly an answer finds more.
"""

import gzip
import itertools
import json

from hypothesis import strategies as st

from ants_async.wire import xml
from fuzz import lists, parquet_files
from fuzz.targets import TARGETS


class Twin(str):
    """A key that stands beside its equal in one and the same object."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def nested(depth, kind):
    """So deep."""
    value = 0
    for _ in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


TEXTS = st.sampled_from(
    ["", " ", "\0", "\ud800", "\udc00x", "é" * 3000, "NaN", "-Infinity", "1e999999999", "9" * 400, "9" * 5000,
     "true", "0x10", "1_000", "٣", "2015-02-12T09:51:43.123+0100", "0001-01-01T00:00:00+23:59",
     "9999-12-31T23:59:59.999-23:59", "2015-02-12T25:00:00Z", "15m", "0/0s", "<a>&amp;", "]]>", "\x1b[2J"]
) | st.text(max_size=20)  # fmt: skip
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        [0, -1, 7, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 10**40, 10**400, 10**4000]
    ),
    st.integers(),
    st.floats(),
    TEXTS,
    st.builds(nested, st.sampled_from([1, 2, 60, 63, 64, 65, 200, 900]), st.sampled_from([list, dict])),
    st.sampled_from([[], {}, [[]], [{}], [None], {"": ""}, {"results": []}, {"to": ["1"]}]),
    st.dictionaries(st.text(max_size=5), st.integers() | TEXTS, max_size=3),
)


def places(data, found=()):
    """Every place in the data, as a path of keys."""
    yield found
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from places(value, (*found, key))


def changed(data, path, change):
    """The data with a change in one place; `change` is given the container and the key."""
    if not path:
        return change({"$": data}, "$").get("$")
    key, *rest = path
    copied = dict(data) if isinstance(data, dict) else list(data)
    if rest:
        copied[key] = changed(copied[key], rest, change)
        return copied
    return change(copied, key)


def dropped(container, key):
    """Not there."""
    del container[key]
    return container


def doubled(container, key):
    """There twice."""
    if isinstance(container, list):
        return [*container[:key], container[key], *container[key:]]
    return {**container, Twin(key): container[key]}


def put(value):
    """Something else in its place."""

    def change(container, key):
        container[key] = value
        return container

    return change


CHANGES = st.one_of(st.just(dropped), st.just(doubled), ODD.map(put), ODD.map(put))
MANY = st.one_of(st.none(), st.just(0), st.just({}), st.just(""), st.just({"messageId": "m", "status": 5}))


@st.composite
def mutated(draw, data):
    """Data with one to four changes, and now and then a list that is far too long."""
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(places(data))))
        data = changed(data, path, draw(CHANGES))
    if draw(st.integers(0, 30)) == 30:
        path = draw(st.sampled_from(list(places(data))))
        data = changed(data, path, put([draw(MANY)] * draw(st.sampled_from([11, 1001]))))
    return data


def written(data):
    """As JSON, NaN and halves of characters included."""
    return json.dumps(data).encode()


def written_as_xml(data):
    """As XML, or as the JSON of it where XML cannot hold it."""
    try:
        return xml.dumps(data if isinstance(data, dict) else {"a": data}, "answer")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return written(data)


@st.composite
def nearly(draw, name, write=written):
    """The seeds of a target, changed; the bytes before the body stay, and now and then change too."""
    seed = draw(st.sampled_from(TARGETS[name].seeds))
    start = min(place for place in map(seed.find, (b"{", b"[")) if place >= 0)
    before = draw(st.just(seed[:start]) | st.binary(min_size=start, max_size=start))
    return before + write(draw(mutated(json.loads(seed[start:]))))


BREAKS = st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n", b" \n", b"\x0b", b"\xe2\x80\xa8", b""])
ROW = {"to": "66847781470", "text": "Hi", "name": "Anna", "more": [{"a": 1.5}]}


@st.composite
def lines_of_json(draw):
    """Objects that are nearly rows, a line each, now and then in another encoding."""
    lines = draw(st.lists(mutated(ROW).map(written) | st.just(written(ROW)), min_size=1, max_size=4))
    content = b"".join(line + draw(BREAKS) for line in lines)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "utf-32", "utf-7", "cp037"]))
    return draw(st.binary(min_size=1, max_size=1)) + content.decode().encode(encoding, "replace")


PACKABLE = lists.CSV + lists.JSONL + tuple(b"\0" + plain for plain in (lists.NULLS, lists.BLANKS))


@st.composite
def packed(draw):
    """Seeds packed in one piece or in many, then cut, damaged, or with something behind them."""
    seed = draw(st.sampled_from(PACKABLE) | lines_of_json())
    places = sorted(draw(st.lists(st.integers(1, len(seed)), max_size=3)))
    parts = [seed[start:end] for start, end in itertools.pairwise([1, *places, len(seed)])]
    content = b"".join(gzip.compress(part, draw(st.integers(0, 9)), mtime=0) for part in parts)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(content)))
        some = draw(st.binary(max_size=4))
        content = content[:place] + some + content[place + draw(st.integers(0, 6)) :]
    return seed[:1] + content[: draw(st.just(len(content)) | st.integers(2, max(2, len(content))))]


CELLS = st.sampled_from(
    ["66847781470", "+66847781471", "0847781470", "+66 84 778 1470", "20260412", "2026-04-12", "number",
     "", '"66847781470"', '"', "๖๖๘๔๗๗๘๑๔๗๐", "66847781470.0", "6.6847781470e10", "1" * 5000, "²", "\0"]
) | st.text(max_size=12)  # fmt: skip
BETWEEN = st.sampled_from([",", ";", "\t", " ", "#", ",,", "|", "\n", "\r\n", "\r", "\x0b", "\u2028", "\x85"])


@st.composite
def whom_not_to_text(draw):
    """Cells, and what may stand between two of them."""
    cells = draw(st.lists(CELLS, min_size=1, max_size=8))
    text = draw(st.sampled_from(["", "\ufeff"])) + "".join(cell + draw(BETWEEN) for cell in cells)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16"])), "surrogatepass")


STRATEGIES = {
    "answers-json": nearly("answers-json"),
    "answers-xml": nearly("answers-json", written_as_xml),
    "answers-alike": nearly("answers-alike"),
    "refusals": nearly("refusals"),
    "pushes": nearly("pushes"),
    "json": nearly("json"),
    "jsonl": lines_of_json(),
    "gzip": packed(),
    "parquet": parquet_files.damaged(),
    "suppression": whom_not_to_text(),
}


def strategy(name):
    """Inputs for a target."""
    anything = st.binary(max_size=200) | st.sampled_from(TARGETS[name].seeds)
    return STRATEGIES.get(name, anything)
