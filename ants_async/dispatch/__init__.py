"""The bulk engine. `PostgresLedger` is imported when it is first used: it needs an extra."""

from typing import TYPE_CHECKING

from ants_async.dispatch import ledger
from ants_async.dispatch.campaign import (
    Campaign,
    CampaignState,
    CampaignSummary,
    Mode,
    Outcome,
    OutcomeKind,
    Recipient,
)
from ants_async.dispatch.counting import Backlog, OutcomesCounted
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.engine import Dispatcher
from ants_async.dispatch.ledger import Ledger, MemoryLedger, SqliteLedger
from ants_async.dispatch.tracking import TrackingRules

if TYPE_CHECKING:
    from ants_async.dispatch.ledger import PostgresLedger

__all__ = [
    "Backlog",
    "Campaign",
    "CampaignState",
    "CampaignSummary",
    "Dispatcher",
    "Ledger",
    "MemoryLedger",
    "Mode",
    "Outcome",
    "OutcomeKind",
    "OutcomesCounted",
    "PostgresLedger",
    "Recipient",
    "SendingRules",
    "SqliteLedger",
    "TrackingRules",
]


def __getattr__(name: str) -> object:
    if name == "PostgresLedger":
        return ledger.PostgresLedger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
