"""The checks that a ledger passes before anything is sent by it."""

import sqlite3

from ants_async.dispatch.ledger.fates import SEALED, fates, state_of
from ants_async.dispatch.ledger.integrity import checksum, damaged, readable
from ants_async.dispatch.ledger.schema import CAMPAIGN_SEAL, CHUNK_SEAL


def register(connection: sqlite3.Connection) -> None:
    """Let the triggers of the schema compute checksums."""
    connection.create_function("checksum", -1, checksum, deterministic=True)


def check_file(connection: sqlite3.Connection) -> None:
    """SQLite's own check, and that no chunk is missing. Raises `LedgerDamaged`."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise damaged(found.splitlines()[-1])
    last, chunks = 0, 0
    for key, first, end in connection.execute("SELECT key, first, last FROM chunk ORDER BY first"):
        if first != last + 1 or end < first or key < 1:
            raise damaged(f"chunk {key} is out of place")
        last, chunks = end, chunks + 1
    for table, key in (("chunk", "key"), ("planned", "chunk")):
        highest, rows = connection.execute(f"SELECT max({key}), count(*) FROM {table}").fetchone()  # noqa: S608
        if (highest or 0) != chunks or rows != chunks:
            raise damaged("chunks are missing")


def check_campaign(connection: sqlite3.Connection, key: int) -> None:
    """That a campaign, its chunks and its messages are as they were written. Raises `LedgerDamaged`."""
    sealed = f"SELECT {CAMPAIGN_SEAL} = seal FROM campaign WHERE key = ?"  # noqa: S608 - names of ours
    if not connection.execute(sealed, (key,)).fetchone()[0]:
        raise damaged("the campaign is not as it was written")
    chunks = (
        f"SELECT key, last - first + 1, state, messages, {CHUNK_SEAL} = seal, numbers, rows, texts"  # noqa: S608
        " FROM chunk JOIN planned ON planned.chunk = chunk.key WHERE campaign = ?"
    )
    for chunk, size, state, messages, is_sealed, *planned in connection.execute(chunks, (key,)):
        if not is_sealed:
            raise damaged(f"chunk {chunk} is not as it was written")
        if checksum(*planned) != messages:
            raise damaged(f"messages of chunk {chunk} are not as they were written")
        _check_fates(connection, chunk, size, state)


def _check_fates(connection: sqlite3.Connection, chunk: int, size: int, state: int) -> None:
    """That what became of a chunk's messages is as it was written, and fits the chunk's own state."""
    for *values, seal in connection.execute(SEALED, (chunk,)):
        if checksum(*values) != seal:
            raise damaged(f"what became of chunk {chunk} is not as it was written")
    with readable(f"what became of chunk {chunk}"):
        newest = fates(connection, chunk, size)
    if state_of(newest) != state:
        raise damaged(f"messages of chunk {chunk} are in states that do not fit it")
