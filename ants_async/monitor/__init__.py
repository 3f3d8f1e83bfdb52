"""Campaigns while they run, in a browser: a read-only look into a ledger or a database."""

from ants_async.monitor.app import monitor_app
from ants_async.monitor.door import Door, new_token
from ants_async.monitor.server import serving
from ants_async.monitor.watch import Watch

__all__ = ["Door", "Watch", "monitor_app", "new_token", "serving"]
