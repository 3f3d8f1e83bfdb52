"""One campaign a seed: everything that happens in it, and when, follows from the seed alone.

    report = simulate(seed)

It raises `Breach` when the promise is broken: nobody lost, nobody texted twice, against a suppression list or
in quiet hours, one last word each and a true one, no report of others taken, no forged report believed,
memory bounded, no task left behind.
"""

import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import anyio
import attrs

from ants_async.dispatch import QuietHours, SqliteLedger
from simulation.judge import Breach, compare
from simulation.others import Others
from simulation.process import deterministic, run
from simulation.scenario import Disk, change_list, draw_campaign, draw_people, draw_quiet, draw_suppressed
from simulation.work import idle, work
from simulation.world import World

_MEMORY = Path("/dev/shm")  # noqa: S108 - only processes die here, so nothing has to reach a disk
_RUNS = 6  # with faults; then one without, which has to come to the end


@attrs.frozen
class Report:
    """What a campaign went through. `trace`: of all that happened, and when; equal only for replays."""

    messages: int
    others: int
    requests: int
    runs: int
    unresolved: int
    deduplicated: int
    crashes: Counter
    faults: Counter
    trace: str


def simulate(seed):
    """The campaign of a seed, to its end."""
    rng = Random(seed)
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder, deterministic(rng):
        world = World(rng, Path(folder), seed)
        campaign, people = draw_campaign(rng), draw_people(rng)
        world.suppressed, world.quiet = draw_suppressed(seed), draw_quiet(seed, world.epoch)
        if world.quiet is not None:
            hours = QuietHours(*(at.time() for at in world.quiet), "UTC")
            campaign = attrs.evolve(campaign, quiet_hours=hours)
        others = Others(world, rng.choice([0, 40, 300]), [one.to for one in people])
        people, pushes = _all_runs(world, others, campaign, people)
        summary = run(world, _check, others, campaign, people)
        return Report(
            len({one.to for one in people}),
            others.count,
            world.requests,
            world.runs,
            summary.unresolved,
            summary.deduplicated,
            world.crashes,
            world.faults + Counter({"pushed campaigns": int(pushes)}),
            world.trace.hexdigest(),
        )


def _all_runs(world, others, campaign, people):
    """Runs with faults, and what happens between them; then one that has nothing to excuse it."""
    rng, disk = world.rng, Disk(world)
    pushes = campaign.mode == "advanced" and rng.random() < 0.5
    run(world, _begin, others)
    for _ in range(rng.randint(0, _RUNS)):
        done = run(
            world, work, others, campaign, people, begins=not disk.is_begun(), pushes=pushes, faulty=True
        )
        world.runs += 1
        if done and rng.random() < 0.5:
            break
        if disk.between_runs(campaign.mode):  # nobody is quicker than what the dead process had under way
            run(world, idle, others, 30.0)
        run(world, idle, others, rng.choice([0.0, 0.5, 30.0, 600.0]))
        people = change_list(rng, people)
    run(world, work, others, campaign, people, begins=not disk.is_begun(), pushes=pushes, faulty=False)
    world.runs += 1
    return people, pushes


async def _begin(_, others):
    await others.begin()


async def _check(world, others, campaign, people):
    """The server's own record is the judge."""
    async with SqliteLedger(world.folder / "ledger.db") as ledger:
        outcomes = [outcome async for outcome in ledger.outcomes(campaign.id)]
        summary = await ledger.summary(campaign.id)
    sent = [
        {"to": one.to, "messageId": one.message_id, "status": one.status(world.server_time()).name}
        for one in world.sent()
    ]
    if world.left_in_quiet:
        raise Breach("quiet", f"sent in quiet hours: {len(world.left_in_quiet)} requests")
    compare(people, outcomes, sent, summary, world.last_words, suppressed=world.suppressed)
    await anyio.sleep(3600)
    await others.check()
    return summary
