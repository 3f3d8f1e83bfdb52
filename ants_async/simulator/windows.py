"""Limits over sliding windows, as the API keeps them."""

from collections import deque
from collections.abc import Callable, Hashable

from ants_async.models.limits import RateLimit


class Windows:
    """How often each key was used within its limit's time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._used: dict[Hashable, deque[float]] = {}

    def has_room(self, key: Hashable, limit: RateLimit) -> bool:
        """Whether one more use fits."""
        used = self._used.get(key)
        if used is None:
            return True
        while used and used[0] <= self._clock() - limit.period:
            used.popleft()
        return len(used) < limit.count

    def use(self, key: Hashable) -> None:
        """Count one use."""
        self._used.setdefault(key, deque()).append(self._clock())
