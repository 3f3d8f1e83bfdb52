"""Which event loop."""

import asyncio


def fastest_loop():
    """uvloop's factory where it is installed, else asyncio's."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
