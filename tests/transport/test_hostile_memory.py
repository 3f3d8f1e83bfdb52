"""What hostile answers cost a client in memory: each in a process of its own, measured by the system."""

import asyncio
import gzip
import json
import sys
from pathlib import Path

import pytest
from hostile_client import STATUS
from hostile_server import HostileServer, answer, endless

from ants_async.wire.caps import MAX_VALUES

pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell")
CLIENT = Path(__file__).parents[1] / "hostile_client.py"
GOOD = answer(b'{"balance": 1, "currency": "THB"}', 200, "Content-Type: application/json")
JSON = "Content-Type: application/json"
XML = "Content-Type: application/xml"
SIZE = 8 * 1024 * 1024 - 100
BOMB = gzip.compress(b" " * (100 << 20))


def full(piece, before=b"", after=b"", kind=JSON, status=200):
    """An answer just below the cap that holds nothing but this."""
    return answer(before + piece * (SIZE // len(piece)) + after, status, kind)


def as_many(piece, values, before, after, kind=JSON):
    """An answer of as many values as are read, each another one."""
    return answer(
        before
        + b"".join(piece % n if b"%" in piece else piece for n in range(MAX_VALUES // values - 9))
        + after,
        200,
        kind,
    )


WIDE = '"👍'.encode()
HOSTILE = {
    "endless": endless(
        b"10000\r\n" + b" " * 65536 + b"\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    ),
    "headers": endless(b"X-Odd: a\r\n" * 1000, b"HTTP/1.1 200 OK\r\n"),
    "bomb": answer(BOMB, 200, JSON, "Content-Encoding: gzip"),
    "bomb and refusal": answer(BOMB, 500, JSON, "Content-Encoding: gzip, gzip"),
    "zeros": full(b"0,", b'{"results":[', b"0]}"),
    "objects": full(b"{},", b'{"results":[', b"0]}"),
    "refusal of objects": full(b'{"a":0},', b"[", b"0]", status=400),
    "texts": full(b'"abc",', b'{"results":[', b"0]}"),
    "one text": full(b"a", b'{"results":' + WIDE, b'"}'),
    "as many objects as may be": as_many(b'{"a":0},', 2, b'{"results":[', b"0]}"),
    "as many texts as may be": as_many(b'"%06d' + b"x" * 22 + b'",', 1, b'{"results":[', b"0]}"),
    "as many elements as may be": as_many(b"<a><b>%06d</b></a>", 2, b"<r>", b"</r>", kind=XML),
    # A character beyond 16 bits makes four bytes of each other one in its text.
    "as many wide texts as may be": as_many(WIDE + b"%06d" + b"x" * 22 + b'",', 1, b'{"results":[', b"0]}"),
    "long wide texts": full(WIDE + b"x" * 1_000_000 + b'",', b'{"results":[', b"0]}"),
    "as many wide XML texts as may be": as_many(
        "<a>👍%06d".encode() + b"x" * 22 + b"</a>", 1, b"<r>", b"</r>", kind=XML
    ),
    "deep": full(b"["),
    "deep objects": full(b'{"a":'),
    "deep XML": full(b"<a>", kind=XML),
    "wide XML": full(b"<a/>", b"<r>", b"</r>", kind=XML),
    "one XML text": full(b"a", "<r>👍".encode(), b"</r>", kind=XML),
    "XML attributes": full(b" ", b"<r", b"/>", kind=XML),
}

ENDS = {
    "headers": "RequestTimeout",
    "refusal of objects": "BadRequest",
    "long wide texts": "tuple",
    "XML attributes": "tuple",
}


async def ask(url, count):
    """What each of so many answers came to, of a server that sends a good one before each."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, CLIENT, url, str(count), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture(scope="module")
def came_to():
    """What each hostile answer came to: the outcome, and by how much the peak of memory grew."""
    answers = (behaviour for hostile in HOSTILE.values() for behaviour in (GOOD, hostile))

    async def one_after_the_other():
        async with HostileServer(*answers) as server:
            return await ask(server.url, len(HOSTILE))

    return dict(zip(HOSTILE, asyncio.run(one_after_the_other()), strict=True))


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_read_or_refused_within_64_mib(came_to, name):
    outcome, grown = came_to[name]
    assert outcome == ENDS.get(name, "DecodeError")
    assert grown <= 64
