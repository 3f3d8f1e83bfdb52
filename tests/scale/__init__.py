"""Campaigns on many workers, each a process of its own; the simulator's count is the judge."""
