"""A campaign's state, which all workers go by; and the waking of what nobody is at work on."""

import time
from datetime import timedelta
from typing import Final

from ants_async.dispatch.campaign import CampaignState
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.postgres import at_work, perform
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.scaleout.queue import Look, Queue

_RUNNING: Final = str(CampaignState.RUNNING)
_CLOSED: Final = int(ChunkState.CLOSED)
WOKEN_AT_ONCE: Final = 500


async def set_state(
    connection: Connection,
    campaign: int,
    state: CampaignState,
    *,
    reason: str | None,
    of: tuple[CampaignState, ...],
) -> bool:
    """Change it, if it is one of these; False when it is another."""
    cursor = await connection.execute(
        "UPDATE campaign SET state = %s, reason = %s WHERE key = %s AND by_workers AND state = ANY(%s)",
        (str(state), reason, campaign, [str(one) for one in of]),
    )
    return bool(cursor.rowcount)


async def locked(connection: Connection, campaign: int) -> bool:
    """Nobody else changes it until the transaction ends; False where it is not one of workers."""
    sql = "SELECT FROM campaign WHERE key = %s AND by_workers FOR UPDATE"
    return bool((await connection.execute(sql, (campaign,))).rowcount)


async def pause(connection: Connection, campaign: int, reason: str) -> bool:
    """No chunk of it is begun any more."""
    return await set_state(
        connection, campaign, CampaignState.PAUSED, reason=reason, of=(CampaignState.RUNNING,)
    )


async def leave_to_a_person(connection: Connection, chunk: int, reason: str) -> None:
    """Pause the campaign of a chunk that nothing can be done for; it is looked at again in an hour."""
    await connection.execute(
        "UPDATE lease SET until = clock_timestamp() + interval '1 hour', owner = NULL"
        " WHERE chunk = %s AND until < clock_timestamp()",  # else: somebody has it by now
        (chunk,),
    )
    cursor = await connection.execute("SELECT campaign FROM chunk WHERE key = %s", (chunk,))
    for (campaign,) in await cursor.fetchall():
        await pause(connection, campaign, f"chunk {chunk}: {reason}")


async def try_again(connection: Connection, campaign: int) -> None:
    """What was left to a person is looked at at once: nobody holds it, and yet it is not free."""
    await connection.execute(
        "UPDATE lease SET until = '-infinity' FROM chunk WHERE chunk.key = lease.chunk"
        " AND chunk.campaign = %s AND owner IS NULL AND until > clock_timestamp()",
        (campaign,),
    )


async def finish(connection: Connection, campaign: int | None) -> None:
    """Say so when its whole list was read and everybody has had the last word; None: of all campaigns."""
    await connection.execute(
        "UPDATE campaign SET state = %s WHERE (key = %s OR %s) AND by_workers AND state = %s"
        " AND source_read = 1"
        " AND NOT EXISTS (SELECT FROM chunk WHERE chunk.campaign = campaign.key AND chunk.state < %s)",
        (str(CampaignState.FINISHED), campaign, campaign is None, _RUNNING, _CLOSED),
    )


_UNREAD: Final = """
by_workers AND state = %s AND source_read = 0
AND NOT EXISTS (SELECT FROM reading WHERE reading.campaign = campaign.key)
AND NOT EXISTS (SELECT FROM chunk WHERE chunk.campaign = campaign.key AND chunk.state < 2)
"""


async def pause_unread(connection: Connection) -> None:
    """A campaign whose list nobody reads any more, and which has nothing left to do, has to say so."""
    unread = f"SELECT id FROM campaign WHERE {_UNREAD}".encode()  # noqa: S608 - a constant of ours
    cursor = await connection.execute(unread, (_RUNNING,))
    found = [campaign_id for (campaign_id,) in await cursor.fetchall()]
    left = set(found) - await perform(connection, at_work(found))
    # Looked at again: it may have been at work until a moment ago, and have got further.
    await connection.execute(
        f"UPDATE campaign SET state = %s, reason = %s WHERE id = ANY(%s) AND {_UNREAD}".encode(),  # noqa: S608
        (
            str(CampaignState.PAUSED),
            "its list was not read to its end: give it again",
            list(left),
            _RUNNING,
        ),
    )


async def is_read(connection: Connection, campaign: int) -> None:
    """No worker needs to read its list any more."""
    await connection.execute("DELETE FROM reading WHERE campaign = %s", (campaign,))


_ASLEEP: Final = """
SELECT lease.chunk, chunk.state
FROM lease JOIN chunk ON chunk.key = lease.chunk JOIN campaign ON campaign.key = chunk.campaign
LEFT JOIN procrastinate_jobs AS job ON job.id = lease.job AND job.status IN ('todo', 'doing')
WHERE chunk.state < 2 AND (campaign.key = %(campaign)s OR %(campaign)s IS NULL)
    AND lease.until < clock_timestamp()
    AND (job.id IS NULL OR job.status = 'doing' AND lease.until < clock_timestamp() - %(grace)s)
    AND (campaign.state = %(running)s OR chunk.state > 0 OR chunk.attempted_at IS NOT NULL)
ORDER BY lease.chunk LIMIT %(most)s FOR UPDATE OF lease SKIP LOCKED
"""


async def wake(connection: Connection, queue: Queue, *, grace: float, campaign: int | None = None) -> int:
    """Give a job to each chunk that is not final, nobody's, and without a living job; how many there were.

    At most `WOKEN_AT_ONCE`. What asks for reports asks the logs, too: whoever had the chunk may have died
    with reports in hand.
    """
    values = {
        "campaign": campaign,
        "grace": timedelta(seconds=grace),
        "running": _RUNNING,
        "most": WOKEN_AT_ONCE,
    }
    found = await (await connection.execute(_ASLEEP, values)).fetchall()
    unsent = [chunk for chunk, state in found if state == ChunkState.UNANSWERED]
    if unsent:
        await queue.send(connection, unsent, await queue.turn(connection))
    look = Look(wait=0, quiet_since=time.time(), ask_logs=True)
    for chunk, state in found:
        if state != ChunkState.UNANSWERED:
            await queue.track(connection, chunk, look)
    return len(found)


async def wake_readers(connection: Connection, queue: Queue) -> None:
    """Give a job to each list that workers are to read, and none does."""
    cursor = await connection.execute(
        "SELECT campaign.key, campaign.id FROM reading JOIN campaign ON campaign.key = reading.campaign"
        " LEFT JOIN procrastinate_jobs AS job ON job.id = reading.job AND job.status = 'todo'"
        " WHERE job.id IS NULL AND campaign.state = %s FOR UPDATE OF reading SKIP LOCKED",
        (_RUNNING,),
    )
    found = dict(await cursor.fetchall())
    being_read = await perform(connection, at_work(found.values()))
    for key, campaign_id in found.items():
        if campaign_id not in being_read:
            await queue.read(connection, key, campaign_id)
