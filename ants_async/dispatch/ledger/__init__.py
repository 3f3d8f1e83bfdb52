"""What has been done so far: the protocol, SQLite, in memory, PostgreSQL.

`PostgresLedger` is imported when it is first used: it needs an extra.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ants_async.dispatch.ledger.protocol import Bulk, Chunk, Ledger, OpenCampaign
from ants_async.dispatch.ledger.sqlite import MemoryLedger, SqliteLedger
from ants_async.extras import needing_extra

if TYPE_CHECKING:
    from ants_async.dispatch.ledger.postgres import PostgresLedger

__all__ = ["Bulk", "Chunk", "Ledger", "MemoryLedger", "OpenCampaign", "PostgresLedger", "SqliteLedger"]


def __getattr__(name: str) -> object:
    if name != "PostgresLedger":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needing_extra("scaleout"):
        return import_module("ants_async.dispatch.ledger.postgres").PostgresLedger
