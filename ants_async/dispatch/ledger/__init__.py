"""What has been done so far: the protocol, SQLite, in memory."""

from ants_async.dispatch.ledger.protocol import Bulk, Chunk, Ledger, OpenCampaign
from ants_async.dispatch.ledger.sqlite import MemoryLedger, SqliteLedger

__all__ = ["Bulk", "Chunk", "Ledger", "MemoryLedger", "OpenCampaign", "SqliteLedger"]
