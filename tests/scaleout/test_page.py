"""The fragments of the page on many workers, over a real database."""

import anyio
import pages
import procrastinate
from fragments import run, taken_for_granted

from ants_async.scaleout import ScaleOut

SUBMITTING, TAKING_PART, WORKING = (
    one for one in pages.blocks() if one.page == "docs/scale-out.md" and one.is_fragment
)


async def test_a_worker_sends_what_is_submitted_and_its_outcomes_are_read_to_the_end(
    migrated_database, tmp_path
):
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=migrated_database))
    async with taken_for_granted(tmp_path) as names:
        names |= {"url": migrated_database, "app": app, "ScaleOut": ScaleOut}
        async with anyio.create_task_group() as beside:
            beside.start_soon(run, WORKING, dict(names))
            await run(SUBMITTING, names)
            beside.cancel_scope.cancel()
    assert names["outcome"].is_last


async def test_a_web_process_takes_part_in_the_rate(migrated_database, tmp_path):
    async with taken_for_granted(tmp_path) as names:
        await run(TAKING_PART, names | {"url": migrated_database, "ScaleOut": ScaleOut})
