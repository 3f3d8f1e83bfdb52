"""Servers that hold a client to a limit it is not told: the three ways in common use.

`limit(now)` is what they let pass in a second, which may change with time; 0 refuses everything.
A refused request uses nothing up.
"""

import math
from collections import deque


class FixedWindow:
    """So many in each second of a clock whose seconds begin anywhere."""

    def __init__(self, limit, rng):
        self.limit, self.phase, self.window, self.used = limit, rng.random(), None, 0

    def accepts(self, now):
        window = math.floor(now + self.phase)
        if window != self.window:
            self.window, self.used = window, 0
        if self.used >= self.limit(now):
            return False
        self.used += 1
        return True


class SlidingWindow:
    """So many in any second, whenever it begins."""

    def __init__(self, limit, rng):
        self.limit, self.lately = limit, deque()

    def accepts(self, now):
        while self.lately and self.lately[0] <= now - 1:
            self.lately.popleft()
        if len(self.lately) >= self.limit(now):
            return False
        self.lately.append(now)
        return True


class TokenBucket:
    """Tokens come at the limit's pace; a second's worth of them is kept for a burst."""

    def __init__(self, limit, rng):
        self.limit, self.last, self.tokens = limit, 0.0, limit(0) * rng.random()

    def accepts(self, now):
        limit = self.limit(now)
        self.tokens = min(limit, self.tokens + (now - self.last) * limit)
        self.last = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


SERVERS = {"fixed window": FixedWindow, "sliding window": SlidingWindow, "token bucket": TokenBucket}
