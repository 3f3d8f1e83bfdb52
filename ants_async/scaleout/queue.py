"""Jobs on Procrastinate. They are wake-up calls alone: what is to be done the ledger knows.

No job has a lock or a queueing lock, which have left jobs stuck. A chunk's job is noted at its lease, so that
a chunk without a living job is found and woken.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import procrastinate
from procrastinate.jobs import JobDeferrer

from ants_async.dispatch.ledger.connecting import Connection

SEND_QUEUE: Final = "ants_send"
TRACK_QUEUE: Final = "ants_track"
READ_QUEUE: Final = "ants_read"
"""Each has its own places in a worker: sends may stand in line for the rate, lists are long, and reports must
wait for neither.
"""


@attrs.frozen(kw_only=True)
class Look:
    """How a chunk's reports are asked for next.

    `wait`: seconds until then. `quiet_since`: when something came last, in seconds since the epoch.
    `ask_logs`: the logs, too: what an answer held may be gone.
    """

    wait: float
    quiet_since: float
    ask_logs: bool = False


class Queue:
    """Puts jobs into the queue, in the transaction of whoever has one open."""

    def __init__(self, app: procrastinate.App, namespace: str) -> None:
        self._app = app
        self._namespace = namespace

    async def send(
        self, connection: Connection, chunks: Sequence[int], turn: int, *, wait: float = 0.0
    ) -> None:
        """Wake chunks for their sending, one after the other from this turn on; after so many seconds."""
        due = datetime.now(UTC) + timedelta(seconds=wait) if wait else None
        jobs = []
        for place, chunk in enumerate(chunks):
            task = self._task("send", connection, queue=SEND_QUEUE, priority=-(turn + place), schedule_at=due)
            jobs.append(await task.defer_async(chunk=chunk))
        await _note(connection, chunks, jobs)

    async def turn(self, connection: Connection, *, after: int = -1) -> int:
        """The next turn for chunks of a campaign whose latest one has turn `after`.

        A job's priority is its turn with a minus. Turns of a campaign run upwards, and begin with the one
        that is at hand: so campaigns take turns, and a small one is not behind all of a large one.
        """
        cursor = await connection.execute(
            "SELECT -max(priority) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = %s"
            " AND (scheduled_at IS NULL OR scheduled_at <= now())",
            (SEND_QUEUE,),
        )
        (at_hand,) = await cursor.fetchone() or (None,)
        return 0 if at_hand is None else max(after + 1, int(at_hand))

    async def track(self, connection: Connection, chunk: int, look: "Look", *, delay: float = 0.0) -> None:
        """Ask for a chunk's reports when its wait is over, and the delay that comes before."""
        due = datetime.now(UTC) + timedelta(seconds=delay + look.wait)
        task = self._task("track", connection, queue=TRACK_QUEUE, schedule_at=due)
        await _note(connection, [chunk], [await task.defer_async(chunk=chunk, **attrs.asdict(look))])

    async def look_up(self, connection: Connection, chunk: int, look: "Look") -> None:
        """Ask the logs about a chunk."""
        task = self._task("look_up", connection, queue=TRACK_QUEUE)
        await _note(connection, [chunk], [await task.defer_async(chunk=chunk, **attrs.asdict(look))])

    async def read(self, connection: Connection, campaign: int, campaign_id: str) -> None:
        """Have a worker read a campaign's list; one that comes too early leaves it to the sweep."""
        job = await self._task("read", connection, queue=READ_QUEUE).defer_async(campaign_id=campaign_id)
        await connection.execute(
            "INSERT INTO reading (campaign, job) VALUES (%s, %s)"
            " ON CONFLICT (campaign) DO UPDATE SET job = excluded.job",
            (campaign, job),
        )

    def _task(self, name: str, connection: Connection, **options: Any) -> JobDeferrer:
        return self._app.configure_task(f"{self._namespace}:{name}", connection=connection, **options)


async def _note(connection: Connection, chunks: Sequence[int], jobs: Sequence[int]) -> None:
    await connection.execute(
        "INSERT INTO lease (chunk, job) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
        " ON CONFLICT (chunk) DO UPDATE SET job = excluded.job",
        (list(chunks), list(jobs)),
    )
