"""The API as data: one row an operation of the manual."""

from ants_async.endpoints.endpoint import (
    Endpoint,
    Family,
    Repeat,
    RequestParts,
    Wire,
    build,
    read,
    secrets_in,
)
from ants_async.endpoints.table import OPERATIONS

__all__ = [
    "OPERATIONS",
    "Endpoint",
    "Family",
    "Repeat",
    "RequestParts",
    "Wire",
    "build",
    "read",
    "secrets_in",
]
