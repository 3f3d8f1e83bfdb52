"""What has been done so far: the protocol, SQLite, in memory."""

from ants_async.dispatch.ledger.protocol import Answers, Bulk, Chunk, Ledger, Message, OpenCampaign
from ants_async.dispatch.ledger.sqlite import MemoryLedger, SqliteLedger

__all__ = ["Answers", "Bulk", "Chunk", "Ledger", "MemoryLedger", "Message", "OpenCampaign", "SqliteLedger"]
