"""Work that a cancelled caller must not leave half done.

A shielded scope of anyio holds off cancel scopes, but not `Task.cancel`, which is what `asyncio.timeout`,
`asyncio.wait_for` and a signal use.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def to_its_end(
    work: Coroutine[Any, Any, T], *, undo: Callable[[T], Coroutine[Any, Any, object]] | None = None
) -> T:
    """Run `work` as a task of its own, and wait for its end whatever cancels the caller.

    A caller that was cancelled meanwhile never sees the result: `undo` takes it back.
    """
    task = asyncio.create_task(work)
    try:
        await end_of(task)
    except asyncio.CancelledError:
        if not task.cancelled() and task.exception() is None and undo is not None:
            await to_its_end(undo(task.result()))
        raise
    return task.result()


async def end_of(task: "asyncio.Task[Any]") -> None:
    """Wait for a task, whatever cancels the caller; raises `CancelledError` after it, if anything did."""
    cancelled = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait({task})  # being cancelled here does not cancel the task
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled
