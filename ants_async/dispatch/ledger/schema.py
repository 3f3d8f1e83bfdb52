"""The ledger's tables.

A chunk's messages are one row: its numbers, rows and texts as JSON arrays, a place for each message, and
options where some have their own. `send_at` of a chunk: when the API sends the last of its messages. What
became of them is one row for neighbours that share it. With a row a message the ledger would cost more than
all the rest, and with a random key or a unique index on the number fifteen times that. Keys of chunks run
upwards; a report's bulk id ends in the chunk's key and finds it without an index.

`first` and `last` of a chunk number all messages of a ledger, so that a missing chunk leaves a gap; of a fate
they are places in its chunk. `was`: the state it came from, so that sums over fates tell how many are where.
`suppressed`: whom a campaign does not text, thousands a row; `suppression_size`: how many these are.
"""

from collections.abc import Collection
from enum import IntEnum
from typing import Final

VERSION: Final = 7
APPLICATION_ID: Final = 0x414E5453  # "ANTS", for `file` and for telling a stranger's database


class MessageState(IntEnum):
    """How far a message has come; it only ever moves forward. Two bits apart: one flipped bit is no state."""

    PLANNED = 0
    ACCEPTED = 3
    REJECTED = 5
    FINAL = 6
    UNRESOLVED = 9

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self not in {MessageState.PLANNED, MessageState.ACCEPTED}


class ChunkState(IntEnum):
    """What a chunk still needs: an answer, final statuses, nothing."""

    UNANSWERED = 0
    TRACKED = 1
    CLOSED = 2

    @classmethod
    def of(cls, states: Collection[int]) -> "ChunkState":
        """Unanswered while any of its messages is, then tracked while any is not final."""
        if MessageState.PLANNED in states:
            return cls.UNANSWERED
        return cls.TRACKED if MessageState.ACCEPTED in states else cls.CLOSED


CAMPAIGN_SEAL: Final = (
    "checksum(key, id, text, sender, mode, validity, send_at, quiet_hours, api, created_at, source,"
    " store_texts, suppression_size)"
)
CHUNK_SEAL: Final = (
    "checksum(key, campaign, first, last, bulk_id, state, attempted_at, answered_at, send_at, messages)"
)


def _sealing(table: str, seal: str) -> str:
    """Triggers that keep a table's checksums; they do not set off each other."""
    set_it = f"BEGIN UPDATE {table} SET seal = {seal} WHERE key = NEW.key; END;"  # noqa: S608 - names of ours
    columns = seal.partition("(")[2].removesuffix(")")
    return (
        f"CREATE TRIGGER {table}_begun AFTER INSERT ON {table} {set_it}"
        f"CREATE TRIGGER {table}_changed AFTER UPDATE OF {columns} ON {table} {set_it}"
    )


SCHEMA: Final = f"""
CREATE TABLE campaign (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    text TEXT,
    sender TEXT,
    mode TEXT NOT NULL,
    validity REAL,
    send_at REAL,
    quiet_hours TEXT,
    api TEXT,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    source TEXT,
    source_read INTEGER NOT NULL DEFAULT 0,
    store_texts INTEGER NOT NULL,
    suppression_size INTEGER NOT NULL DEFAULT 0,
    seal INTEGER
) STRICT;
CREATE TABLE chunk (
    key INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    bulk_id TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempted_at REAL,
    answered_at REAL,
    send_at REAL,
    messages INTEGER NOT NULL,
    seal INTEGER
) STRICT;
CREATE INDEX chunk_by_campaign ON chunk (campaign, state);
CREATE INDEX chunk_by_last ON chunk (last);
CREATE TABLE status (
    key INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL,
    group_name TEXT NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    UNIQUE (group_id, group_name, id, name, description)
) STRICT;
CREATE TABLE planned (
    chunk INTEGER PRIMARY KEY REFERENCES chunk,
    numbers TEXT NOT NULL,
    rows TEXT NOT NULL,
    texts TEXT NOT NULL,
    options TEXT
) STRICT;
CREATE TABLE fate (
    chunk INTEGER NOT NULL REFERENCES chunk,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    was INTEGER NOT NULL,
    state INTEGER NOT NULL,
    message_id TEXT,
    bulk_id TEXT,
    status INTEGER REFERENCES status,
    error TEXT,
    sms_count INTEGER,
    price TEXT,
    currency TEXT,
    sent_at REAL,
    done_at REAL,
    deduplicated INTEGER NOT NULL,
    network TEXT,
    seal INTEGER NOT NULL,
    PRIMARY KEY (chunk, state, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE left_out (
    key INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign,
    why TEXT NOT NULL,
    row INTEGER NOT NULL,
    number INTEGER NOT NULL
) STRICT;
CREATE TABLE suppressed (
    key INTEGER PRIMARY KEY,
    campaign INTEGER NOT NULL REFERENCES campaign,
    numbers BLOB NOT NULL,
    seal INTEGER NOT NULL
) STRICT;
{_sealing("campaign", CAMPAIGN_SEAL)}
{_sealing("chunk", CHUNK_SEAL)}
"""
