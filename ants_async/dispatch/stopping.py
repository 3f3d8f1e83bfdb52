"""An end that is asked for: whoever pauses, or waits for a turn, goes at once; what has left comes home."""

from collections.abc import Awaitable, Callable

import anyio


class Stopping:
    """Of a run, or of a worker."""

    def __init__(self) -> None:
        self._event = anyio.Event()
        self._waiting: set[anyio.CancelScope] = set()

    def set(self) -> None:
        """Begin nothing more."""
        self._event.set()
        for scope in list(self._waiting):
            scope.cancel()

    def is_set(self) -> bool:
        """Whether it was asked for."""
        return self._event.is_set()

    async def pause(self, seconds: float) -> bool:
        """Wait; False when it is being stopped."""
        with anyio.move_on_after(seconds):
            await self._event.wait()
        return not self._event.is_set()

    async def turn(self, wait: Callable[[], Awaitable[None]]) -> bool:
        """Wait for a turn, of which nothing is on its way yet; False when it is being stopped."""
        if self._event.is_set():
            return False
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                await wait()
            finally:
                self._waiting.remove(scope)
        return not self._event.is_set()
