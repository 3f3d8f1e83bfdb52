"""The checks that a ledger passes before anything is sent by it: of the file, of a campaign."""

import sqlite3

from ants_async.dispatch.ledger.fates import SEALED, Fate, fates, state_of
from ants_async.dispatch.ledger.integrity import checksum, damaged
from ants_async.dispatch.ledger.schema import CAMPAIGN_SEAL, CHUNK_SEAL
from ants_async.dispatch.ledger.work import Work, read_of, row, rows


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
    if connection.execute("SELECT 1 FROM suppressed WHERE checksum(campaign, numbers) <> seal").fetchone():
        raise damaged("a suppression list is not as it was written")


def check_seals(key: int) -> Work[None]:
    """That a campaign and its chunks are as they were written. Raises `LedgerDamaged`."""
    (is_sealed,) = yield from row(
        f"SELECT {CAMPAIGN_SEAL} = seal FROM campaign WHERE key = ?",  # noqa: S608 - names of ours
        key,
    )
    if not is_sealed:
        raise damaged("the campaign is not as it was written")
    chunks = f"SELECT key, {CHUNK_SEAL} = seal FROM chunk WHERE campaign = ?"  # noqa: S608
    for chunk, is_sealed in (yield from rows(chunks, key)):
        if not is_sealed:
            raise damaged(f"chunk {chunk} is not as it was written")


def check_messages(key: int) -> Work[None]:
    """That the messages of a campaign are as they were written. Raises `LedgerDamaged`."""
    chunks = "SELECT key, last - first + 1, state, messages FROM chunk WHERE campaign = ?"
    planned = "SELECT numbers, rows, texts, options FROM planned WHERE chunk = ?"
    for chunk, size, state, messages in (yield from rows(chunks, key)):
        if checksum(*(yield from row(planned, chunk))) != messages:
            raise damaged(f"messages of chunk {chunk} are not as they were written")
        for *values, seal in (yield from rows(SEALED, chunk)):
            if checksum(*values) != seal:
                raise damaged(f"what became of chunk {chunk} is not as it was written")
        newest = yield from _newest(chunk, size)
        if state_of(newest) != state:
            raise damaged(f"messages of chunk {chunk} are in states that do not fit it")


@read_of("what became of a chunk")
def _newest(chunk: int, size: int) -> Work[list[Fate]]:
    return (yield from fates(chunk, size))
