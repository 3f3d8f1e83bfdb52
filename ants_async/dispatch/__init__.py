"""The bulk engine."""

from ants_async.dispatch.campaign import (
    Campaign,
    CampaignState,
    CampaignSummary,
    Mode,
    Outcome,
    OutcomeKind,
    Recipient,
)
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.engine import Dispatcher
from ants_async.dispatch.ledger import Ledger, MemoryLedger, SqliteLedger
from ants_async.dispatch.tracking import TrackingRules

__all__ = [
    "Campaign",
    "CampaignState",
    "CampaignSummary",
    "Dispatcher",
    "Ledger",
    "MemoryLedger",
    "Mode",
    "Outcome",
    "OutcomeKind",
    "Recipient",
    "SendingRules",
    "SqliteLedger",
    "TrackingRules",
]
