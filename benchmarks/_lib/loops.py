"""Which event loop."""

import asyncio

try:
    import uvloop
except ImportError:
    uvloop = None

HAS_UVLOOP = uvloop is not None


def new_loop(name):
    """The factory of asyncio's own loop, or of uvloop's."""
    return uvloop.new_event_loop if name == "uvloop" else asyncio.new_event_loop


def fastest_loop():
    """uvloop's where it is installed."""
    return new_loop("uvloop" if HAS_UVLOOP else "asyncio")
