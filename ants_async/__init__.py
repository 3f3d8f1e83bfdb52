"""Asyncio client and bulk-dispatch engine for the ANTS SMS HTTP API."""

__version__ = "0.1.0"
