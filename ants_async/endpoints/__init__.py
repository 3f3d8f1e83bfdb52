"""The API as data: one row an operation."""

from typing import Final

from ants_async.endpoints.endpoint import Endpoint, Family, Repeat, RequestParts, build, read
from ants_async.models.reports import Balance, LogPage, ReportPage
from ants_async.models.sms import SendReceipt

SEND_SINGLE: Final = Endpoint(
    name="sms.send",
    method="POST",
    path="/sms/1/text/single",
    answer=SendReceipt,
    family=Family.SEND,
    repeat=Repeat.HARMFUL,
    manual="2",
)
SEND_MULTI: Final = Endpoint(
    name="sms.send_multi",
    method="POST",
    path="/sms/1/text/multi",
    answer=SendReceipt,
    family=Family.SEND,
    repeat=Repeat.HARMFUL,
    manual="2",
)
SEND_ADVANCED: Final = Endpoint(
    name="sms.send_advanced",
    method="POST",
    path="/sms/1/text/advanced",
    answer=SendReceipt,
    family=Family.SEND,
    repeat=Repeat.HARMFUL,
    manual="2",
)
REPORTS: Final = Endpoint(
    name="reports.fetch",
    method="GET",
    path="/sms/1/reports",
    answer=ReportPage,
    family=Family.REPORTS,
    repeat=Repeat.HARMFUL,
    manual="4",
)
LOGS: Final = Endpoint(
    name="logs.search",
    method="GET",
    path="/sms/1/logs",
    answer=LogPage,
    family=Family.LOGS,
    repeat=Repeat.HARMLESS,
    manual="5",
)
BALANCE: Final = Endpoint(
    name="account.balance",
    method="GET",
    path="/account/1/balance",
    answer=Balance,
    family=Family.ACCOUNT,
    repeat=Repeat.HARMLESS,
    manual="6.5",
)

__all__ = [
    "BALANCE",
    "LOGS",
    "REPORTS",
    "SEND_ADVANCED",
    "SEND_MULTI",
    "SEND_SINGLE",
    "Endpoint",
    "Family",
    "Repeat",
    "RequestParts",
    "build",
    "read",
]
