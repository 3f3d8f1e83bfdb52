"""Damage to a ledger's file that the program has no part in."""

import sqlite3
from contextlib import closing


def changed(path, sql):
    """Somebody, or something, writes into the file past the program."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in ("campaign_begun", "campaign_changed", "chunk_begun", "chunk_changed"):
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(sql).rowcount > 0
