"""Tables in PostgreSQL, and how they came to be as they are: step by step, each once, in one transaction.

A step that was released is never changed; what changes is a step more. Everything stands in the schema
`ants_async`, so that a database may hold other things beside it.
"""

from collections.abc import Sequence
from typing import Final, LiteralString

import psycopg

from ants_async.errors import LedgerError

SCHEMA: Final = "ants_async"
LOCK: Final = 0x616E7473  # one migrates at a time; the number is ours by chance alone

LEDGER: Final[Sequence[LiteralString]] = (
    """
    CREATE TABLE campaign (
        key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        text TEXT,
        sender TEXT,
        mode TEXT NOT NULL,
        validity DOUBLE PRECISION,
        created_at DOUBLE PRECISION NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        source TEXT,
        source_read BIGINT NOT NULL DEFAULT 0,
        store_texts BIGINT NOT NULL,
        by_workers BOOLEAN NOT NULL DEFAULT FALSE
    );
    CREATE SEQUENCE chunk_key;
    CREATE TABLE chunk (
        key BIGINT PRIMARY KEY,
        campaign BIGINT NOT NULL REFERENCES campaign,
        first BIGINT NOT NULL,
        last BIGINT NOT NULL,
        bulk_id TEXT NOT NULL,
        state BIGINT NOT NULL,
        attempted_at DOUBLE PRECISION,
        answered_at DOUBLE PRECISION,
        messages BIGINT NOT NULL
    );
    CREATE INDEX chunk_by_campaign ON chunk (campaign, state);
    CREATE INDEX chunk_by_last ON chunk (last);
    CREATE INDEX chunk_open ON chunk (key) WHERE state < 2;
    CREATE TABLE status (
        key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        group_id BIGINT NOT NULL,
        group_name TEXT NOT NULL,
        id BIGINT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL
    );
    CREATE UNIQUE INDEX status_once ON status (
        group_id, id,
        hashtextextended(group_name, 0), hashtextextended(name, 0), hashtextextended(description, 0)
    );
    CREATE TABLE planned (
        chunk BIGINT PRIMARY KEY REFERENCES chunk,
        numbers TEXT NOT NULL,
        rows TEXT NOT NULL,
        texts TEXT NOT NULL
    );
    CREATE TABLE fate (
        chunk BIGINT NOT NULL REFERENCES chunk,
        first BIGINT NOT NULL,
        last BIGINT NOT NULL,
        was BIGINT NOT NULL,
        state BIGINT NOT NULL,
        message_id TEXT,
        bulk_id TEXT,
        status BIGINT REFERENCES status,
        error TEXT,
        sms_count BIGINT,
        price TEXT,
        currency TEXT,
        sent_at DOUBLE PRECISION,
        done_at DOUBLE PRECISION,
        deduplicated BIGINT NOT NULL,
        seal BIGINT NOT NULL,
        told_in XID8 NOT NULL DEFAULT pg_current_xact_id(),
        told_as BIGINT GENERATED ALWAYS AS IDENTITY,
        told_of BIGINT NOT NULL,
        PRIMARY KEY (chunk, state, first)
    );
    CREATE INDEX fate_as_told ON fate (told_of, told_in, told_as);
    CREATE FUNCTION fate_is_told_of() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        SELECT campaign INTO NEW.told_of FROM ants_async.chunk WHERE key = NEW.chunk;
        RETURN NEW;
    END $$;
    CREATE TRIGGER fate_told BEFORE INSERT ON fate FOR EACH ROW EXECUTE FUNCTION fate_is_told_of();
    CREATE TABLE duplicate (
        key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        campaign BIGINT NOT NULL REFERENCES campaign,
        row BIGINT NOT NULL,
        number BIGINT NOT NULL
    );
    CREATE INDEX duplicate_by_campaign ON duplicate (campaign);
    """,
    """
    ALTER TABLE fate ADD COLUMN network TEXT;
    ALTER TABLE duplicate RENAME TO left_out;
    ALTER INDEX duplicate_by_campaign RENAME TO left_out_by_campaign;
    ALTER TABLE left_out ADD COLUMN why TEXT NOT NULL DEFAULT 'duplicate';
    ALTER TABLE campaign
        ADD COLUMN send_at DOUBLE PRECISION,
        ADD COLUMN quiet_hours TEXT,
        ADD COLUMN opened BIGINT NOT NULL DEFAULT 0;
    ALTER TABLE chunk ADD COLUMN send_at DOUBLE PRECISION;
    ALTER TABLE planned ADD COLUMN options TEXT;
    """,
    """
    ALTER TABLE campaign ADD COLUMN api TEXT;
    """,
    """
    CREATE TABLE suppressed (
        key BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        campaign BIGINT NOT NULL REFERENCES campaign,
        numbers BYTEA NOT NULL,
        seal BIGINT NOT NULL
    );
    ALTER TABLE campaign ADD COLUMN suppression_size BIGINT NOT NULL DEFAULT 0;
    CREATE INDEX suppressed_by_campaign ON suppressed (campaign, key);
    """,
)
"""`status_once`: of hashes, for an index holds no long texts, and what the API sends may be any length.
`told_in`, `told_as`: an order in which fates can be read as they come; `told_of`: their campaign.
`opened`: how often a campaign was: its owner is whoever did so last."""


async def migrate(connection: psycopg.AsyncConnection, part: str, steps: Sequence[LiteralString]) -> int:
    """Bring a part's tables up to date; how many steps that took. The connection is in autocommit.

    Raises `LedgerError` where a newer version has written them.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        await connection.execute(f"SET LOCAL search_path TO {SCHEMA}, public")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS version (part TEXT PRIMARY KEY, steps BIGINT NOT NULL)"
        )
        done = await version(connection, part)
        _refuse_newer(part, done, steps)
        for step in steps[done:]:
            await connection.execute(step)
        await connection.execute(
            "INSERT INTO version (part, steps) VALUES (%s, %s)"
            " ON CONFLICT (part) DO UPDATE SET steps = excluded.steps",
            (part, len(steps)),
        )
        return len(steps) - done


async def check(connection: psycopg.AsyncConnection, part: str, steps: Sequence[LiteralString]) -> None:
    """That a part's tables are those that this version knows. Raises `LedgerError`."""
    found = await (await connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.version",))).fetchone()
    done = 0 if found is None or found[0] is None else await version(connection, part)
    _refuse_newer(part, done, steps)
    if done < len(steps):
        what = "has no tables yet" if not done else f"has tables of an older version ({part} {done})"
        raise LedgerError(f"the database {what}: run `ants-async database migrate`")


async def version(connection: psycopg.AsyncConnection, part: str) -> int:
    """How many steps of a part were done."""
    cursor = await connection.execute("SELECT steps FROM ants_async.version WHERE part = %s", (part,))
    found = await cursor.fetchone()
    return 0 if found is None else int(found[0])


def _refuse_newer(part: str, done: int, steps: Sequence[LiteralString]) -> None:
    if done > len(steps):
        raise LedgerError(
            f"the tables of {part} were written by a newer version (step {done}, known: {len(steps)})"
        )
