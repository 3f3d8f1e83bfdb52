"""A virtual clock for asyncio tests: an hour of waiting takes no time, and always the same one.

    @virtual_time
    async def test_something():
        await anyio.sleep(3600)

The clock jumps to the next timer whenever nothing else can happen. It stands still while a worker thread
(`anyio.to_thread.run_sync`, `run_in_executor`) is at work. With sockets open, traffic goes before timers:
the clock only jumps when they have been silent for a moment of real time.
"""

import asyncio
import contextlib
import functools
import selectors
from unittest import mock

import anyio.to_thread

SOCKET_SILENCE = 0.001
THREAD_PATIENCE = 30.0


class DeadlockError(RuntimeError):
    """Every task waits for another one: no timer, no thread and no socket will ever wake them."""


class _JumpingSelector(selectors.DefaultSelector):
    """Where an event loop waits. This one moves the clock instead."""

    def __init__(self, start):
        super().__init__()
        self.now = start
        self.threads = 0

    def select(self, timeout=None):
        if self.threads:  # only they know how long they take; other tasks that are ready still go first
            real = THREAD_PATIENCE if timeout is None or timeout > 0 else 0
        else:
            real = SOCKET_SILENCE if len(self.get_map()) > 1 else 0  # 1: the loop's own wake-up pipe
        if timeout is not None and timeout <= 0:
            real = 0
        events = super().select(real)
        if events or timeout == 0:
            return events
        if self.threads:
            raise DeadlockError(f"a worker thread has been busy for {THREAD_PATIENCE} real seconds")
        if timeout is not None:
            self.now += timeout
        elif len(self.get_map()) <= 1:
            raise DeadlockError("all tasks are blocked: no timer, no thread, no socket will wake them")
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` is virtual."""

    def __init__(self, start=0.0):
        self._clock = _JumpingSelector(start)
        super().__init__(self._clock)

    def time(self):
        return self._clock.now

    @contextlib.contextmanager
    def thread_at_work(self):
        """The clock stands still inside."""
        self._clock.threads += 1
        try:
            yield
        finally:
            self._clock.threads -= 1

    def run_in_executor(self, executor, func, *args):
        job = super().run_in_executor(executor, func, *args)
        at_work = contextlib.ExitStack()
        at_work.enter_context(self.thread_at_work())
        job.add_done_callback(lambda _: at_work.close())
        return job

    async def shutdown_default_executor(self, *args):
        with self.thread_at_work():
            await super().shutdown_default_executor(*args)


_run_sync = anyio.to_thread.run_sync


@functools.wraps(_run_sync)
async def _tracked_run_sync(*args, **kwargs):
    loop = asyncio.get_running_loop()
    with loop.thread_at_work() if isinstance(loop, VirtualTimeLoop) else contextlib.nullcontext():
        return await _run_sync(*args, **kwargs)


def run_virtual(coro_fn, *args, start=0.0):
    """Run `coro_fn(*args)` to its end on a virtual clock that shows `start`."""
    with (
        mock.patch.object(anyio.to_thread, "run_sync", _tracked_run_sync),
        asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start)) as runner,
    ):
        return runner.run(coro_fn(*args))


def virtual_time(test):
    """Make an async test a plain one on a virtual clock; fixtures and hypothesis see its arguments."""

    @functools.wraps(test)
    def run(*args, **kwargs):
        return run_virtual(functools.partial(test, *args, **kwargs))

    return run
