"""The tasks, for a Procrastinate app: thin, so that what they do can be done without one."""

from typing import TYPE_CHECKING, Final

import procrastinate

from ants_async.scaleout.queue import READ_QUEUE, SEND_QUEUE, TRACK_QUEUE, Look

if TYPE_CHECKING:
    from ants_async.scaleout.scaleout import ScaleOut

_SWEEP: Final = "* * * * * */10"  # the seconds come last
_PRUNE: Final = "17 3 * * *"
_KEPT_HOURS: Final = 7 * 24


def blueprint(scaleout: "ScaleOut") -> procrastinate.Blueprint:
    """The tasks of a `ScaleOut`. None is retried by the queue: the sweep wakes what is not at its end."""
    tasks = procrastinate.Blueprint()

    @tasks.task(name="send", queue=SEND_QUEUE, pass_context=True)
    async def send(context: procrastinate.JobContext, chunk: int) -> None:
        await scaleout.worker.send(chunk, context.job.id)

    @tasks.task(name="track", queue=TRACK_QUEUE, pass_context=True)
    async def track(
        context: procrastinate.JobContext, chunk: int, wait: float, quiet_since: float, ask_logs: bool
    ) -> None:
        again = context.job.attempts > 0  # whoever had it before may have died with reports in hand
        look = Look(wait=wait, quiet_since=quiet_since, ask_logs=ask_logs or again)
        await scaleout.worker.track(chunk, look, context.job.id)

    @tasks.task(name="look_up", queue=TRACK_QUEUE, pass_context=True)
    async def look_up(
        context: procrastinate.JobContext, chunk: int, wait: float, quiet_since: float, ask_logs: bool
    ) -> None:
        look = Look(wait=wait, quiet_since=quiet_since, ask_logs=ask_logs)
        await scaleout.worker.look_up(chunk, look, context.job.id)

    @tasks.task(name="read", queue=READ_QUEUE)
    async def read(campaign_id: str) -> None:
        await scaleout.read_list(campaign_id)

    @tasks.periodic(cron=_SWEEP)
    @tasks.task(name="sweep", queue=TRACK_QUEUE, priority=1)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        await scaleout.sweep()

    @tasks.periodic(cron=_PRUNE)
    @tasks.task(name="prune", queue=TRACK_QUEUE, pass_context=True)
    async def prune(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001
        for queue in (SEND_QUEUE, TRACK_QUEUE, READ_QUEUE):
            await context.app.job_manager.delete_old_jobs(
                nb_hours=_KEPT_HOURS, queue=queue, include_failed=True, include_aborted=True
            )

    return tasks
