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
from ants_async.dispatch.canary import Canary
from ants_async.dispatch.counting import Backlog, OutcomesCounted
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.engine import Dispatcher
from ants_async.dispatch.follow_up import follow_up
from ants_async.dispatch.ledger import Ledger, MemoryLedger, SqliteLedger
from ants_async.dispatch.quiet import QuietHours
from ants_async.dispatch.suppression import SuppressionList
from ants_async.dispatch.tracking import TrackingRules

if TYPE_CHECKING:
    from ants_async.dispatch.ledger import PostgresLedger

__all__ = [
    "Backlog",
    "Campaign",
    "CampaignState",
    "CampaignSummary",
    "Canary",
    "Dispatcher",
    "Ledger",
    "MemoryLedger",
    "Mode",
    "Outcome",
    "OutcomeKind",
    "OutcomesCounted",
    "PostgresLedger",
    "QuietHours",
    "Recipient",
    "SendingRules",
    "SqliteLedger",
    "SuppressionList",
    "TrackingRules",
    "follow_up",
]


def __getattr__(name: str) -> object:
    if name == "PostgresLedger":
        return ledger.PostgresLedger
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
