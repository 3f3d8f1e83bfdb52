"""The world fixture for all tests of the engine."""

from engine_world import world

__all__ = ["world"]
