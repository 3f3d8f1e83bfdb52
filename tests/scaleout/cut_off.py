"""Work that a worker does not bring to its end."""

import asyncio

import anyio
from scaleout_world import SEND


async def hang(request, _):
    """A bend: the network answers no send."""
    if request.url.path == SEND:
        await anyio.sleep_forever()


async def cancelled(work, when):
    """Cancel as `asyncio.timeout` and Procrastinate do, when something is so."""
    task = asyncio.create_task(work)
    with anyio.fail_after(30):
        while not when() and not task.done():  # noqa: ASYNC110 - the other task takes its turns
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    return task
