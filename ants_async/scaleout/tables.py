"""What workers share beside the ledger: who has which chunk, which lists they read, how far consumers are."""

from collections.abc import Sequence
from typing import Final, LiteralString

STEPS: Final[Sequence[LiteralString]] = (
    """
    CREATE TABLE lease (
        chunk BIGINT PRIMARY KEY REFERENCES chunk,
        fence BIGINT NOT NULL DEFAULT 0,
        owner TEXT,
        until TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
        job BIGINT
    );
    CREATE TABLE reading (
        campaign BIGINT PRIMARY KEY REFERENCES campaign,
        job BIGINT NOT NULL
    );
    CREATE TABLE consumer (
        campaign BIGINT NOT NULL REFERENCES campaign,
        name TEXT NOT NULL,
        told_in XID8 NOT NULL,
        told_as BIGINT NOT NULL,
        place BIGINT NOT NULL,
        PRIMARY KEY (campaign, name)
    );
    """,
)
"""`lease.fence`: how often the chunk was taken; `job`: what will wake it next."""
