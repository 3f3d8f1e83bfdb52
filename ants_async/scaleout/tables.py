"""What workers share beside the ledger: chunks, lists that they read, places of consumers, rates."""

from collections.abc import Sequence
from typing import Final, LiteralString

from ants_async.scaleout.rates import RATE_TABLES

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
    """
    + RATE_TABLES,
)
"""`lease.fence`: how often the chunk was taken; `job`: what will wake it next."""
