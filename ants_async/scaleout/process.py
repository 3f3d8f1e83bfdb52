"""A worker process: all queues served, for as long as it is wished, whatever happens to the database."""

import asyncio
import logging
from typing import Final

import anyio
from procrastinate import exceptions

from ants_async.client import AntsClient
from ants_async.dispatch.unbroken import end_of
from ants_async.errors import LedgerError, ValidationError
from ants_async.scaleout.queue import READ_QUEUE, SEND_QUEUE, TRACK_QUEUE
from ants_async.scaleout.scaleout import ScaleOut

_log = logging.getLogger("ants_async.scaleout")
_TRACKING_PLACES: Final = 4
_POLL: Final = 1.0  # seconds; jobs that are due now are announced, those of later are not
_BACKOFF: Final = 1.0


async def work(scaleout: ScaleOut, client: AntsClient, *, concurrency: int = 8, grace: float = 10.0) -> None:
    """Send and track until cancelled; what is under way then has `grace` seconds to come home.

    `concurrency`: chunks that are being sent, or wait for the rate, at a time.
    """
    if concurrency < 1:
        raise ValidationError("concurrency", concurrency, "at least 1")
    places = {SEND_QUEUE: concurrency, TRACK_QUEUE: _TRACKING_PLACES, READ_QUEUE: 1}
    absence = _Absence(scaleout)
    with scaleout.serving(client) as worker:
        # Tasks of their own: Procrastinate stops gently when it is cancelled once, and a scope would go on.
        tasks = [
            asyncio.create_task(_serve(scaleout, queue, number, grace, absence), name=f"worker of {queue}")
            for queue, number in places.items()
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            worker.stop()
            for task in tasks:
                task.cancel()
            with anyio.CancelScope(shield=True):
                for task in tasks:
                    await end_of(task)
        for task in tasks:
            if not task.cancelled():
                task.result()


async def _serve(scaleout: ScaleOut, queue: str, places: int, grace: float, absence: "_Absence") -> None:
    """One queue. When the database is away, it is asked again every second."""
    while True:
        try:
            await scaleout.app.run_worker_async(
                queues=[queue],
                name=queue,
                concurrency=places,
                fetch_job_polling_interval=_POLL,
                shutdown_graceful_timeout=grace,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=scaleout.lease / 3,
                stalled_worker_timeout=scaleout.lease,
            )
            _end_if_cancelled()
            _log.warning("the worker of %s stopped by itself; it starts again", queue, extra={"queue": queue})
        except exceptions.ConnectorException as error:
            _end_if_cancelled()
            await absence.over(queue, error)
        await asyncio.sleep(_BACKOFF)


def _end_if_cancelled() -> None:
    """Procrastinate, when it is cancelled, waits for its loop, and raises what that did in its place."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Absence:
    """The database is away: told once, and once that it is back, however many queues wait for it."""

    def __init__(self, scaleout: ScaleOut) -> None:
        self._scaleout = scaleout
        self._turn = asyncio.Lock()

    async def over(self, queue: str, error: Exception) -> None:
        """Wait for its end."""
        if self._turn.locked():
            async with self._turn:
                return
        async with self._turn:
            reason = await self._reason()
            if reason is None:
                what = str(error.__cause__ or error).partition("\n")[0]
                _log.warning("the worker of %s begins anew: %s", queue, what, extra={"queue": queue})
                return
            _log.warning("the database is away, and is tried every second: %s", reason)
            while await self._reason() is not None:  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(_BACKOFF)
            _log.warning("the database is back")

    async def _reason(self) -> str | None:
        try:
            await self._scaleout.reach()
        except LedgerError as error:
            return str(error)
        return None
