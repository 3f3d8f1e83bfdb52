"""Whether a ledger still says what was written: a flipped bit in it could lose somebody, or text a stranger.

SQLite's own check sees torn pages and broken trees. Beyond it, every campaign and chunk has a checksum of
its row, which triggers keep, and a chunk one of whom it texts, which never changes. Of a message's later
fates the state alone can do harm, so that its codes lie two bits apart and have to fit the chunk's.
"""

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from zlib import crc32

from ants_async.dispatch.ledger.schema import CAMPAIGN_SEAL, CHUNK_SEAL, ChunkState
from ants_async.errors import LedgerDamaged

_ADVICE = (
    "put back a copy of it; or take another --ledger and run the same list again: in mode 'advanced' nobody "
    "is texted twice"
)


def _damaged(what: str) -> LedgerDamaged:
    return LedgerDamaged(f"the ledger is damaged ({what}); {_ADVICE}")


@contextmanager
def readable(what: str) -> Iterator[None]:
    """What is stored can be taken for what it stands for. Raises `LedgerDamaged`.

    Whoever only looks is not kept waiting for the checks below, and has to meet damage on the way.
    """
    try:
        yield
    except (LookupError, ValueError, TypeError, ArithmeticError, OSError) as error:
        raise _damaged(f"{what} cannot be read") from error


def checksum(*values: object) -> int:
    """Of a row's values; SQLite calls it as `checksum(…)`."""
    return crc32(repr(values).encode(errors="surrogatepass"))


def checksum_of_messages(rows: Iterable[tuple[int, int, str | None]]) -> int:
    """Of a chunk's rows, numbers and texts, in order."""
    return crc32(marshal.dumps([tuple(row) for row in rows], 2))  # of this version the form never changes


def register(connection: sqlite3.Connection) -> None:
    """Let the triggers of the schema compute checksums."""
    connection.create_function("checksum", -1, checksum, deterministic=True)


def check_file(connection: sqlite3.Connection) -> None:
    """SQLite's own check, and that no chunk is missing. Raises `LedgerDamaged`."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise _damaged(found.splitlines()[-1])
    last, chunks = 0, 0
    for key, first, end in connection.execute("SELECT key, first, last FROM chunk ORDER BY first"):
        if first != last + 1 or end < first or key < 1:
            raise _damaged(f"chunk {key} is out of place")
        last, chunks = end, chunks + 1
    for table, count, what in (("chunk", chunks, "chunks"), ("message", last, "messages")):
        highest, rows = connection.execute(f"SELECT max(key), count(*) FROM {table}").fetchone()  # noqa: S608
        if (highest or 0) != count or rows != count:
            raise _damaged(f"{what} are missing")


def check_campaign(connection: sqlite3.Connection, key: int) -> None:
    """That a campaign, its chunks and its messages are as they were written. Raises `LedgerDamaged`."""
    sealed = f"SELECT {CAMPAIGN_SEAL} = seal FROM campaign WHERE key = ?"  # noqa: S608 - names of ours
    if not connection.execute(sealed, (key,)).fetchone()[0]:
        raise _damaged("the campaign is not as it was written")
    chunks = f"SELECT key, first, last, state, messages, {CHUNK_SEAL} = seal FROM chunk WHERE campaign = ?"  # noqa: S608
    for chunk, first, last, state, messages, is_sealed in connection.execute(chunks, (key,)):
        if not is_sealed:
            raise _damaged(f"chunk {chunk} is not as it was written")
        rows = connection.execute(
            "SELECT row, number, text, state FROM message WHERE key BETWEEN ? AND ? ORDER BY key",
            (first, last),
        ).fetchall()
        if checksum_of_messages(row[:3] for row in rows) != messages:
            raise _damaged(f"messages of chunk {chunk} are not as they were written")
        if ChunkState.of({row[3] for row in rows}) != state:
            raise _damaged(f"messages of chunk {chunk} are in states that do not fit it")
