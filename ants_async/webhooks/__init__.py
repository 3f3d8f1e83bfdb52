"""Delivery reports that the API pushes to `notifyUrl` (manual section 2): parse, authenticate, receive."""

from ants_async.dispatch.push import Push, PushKey
from ants_async.webhooks.receiver import parse_reports, report_receiver

__all__ = ["Push", "PushKey", "parse_reports", "report_receiver"]
