"""One run of the campaign by one process, with everything that goes on around it."""

import contextlib
from contextlib import aclosing

import anyio
import httpx

from ants_async.client import AntsClient
from ants_async.dispatch import Dispatcher, OutcomeKind, SendingRules
from ants_async.errors import CampaignPaused, LedgerError
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy
from ants_async.webhooks import report_receiver
from simulation import weather
from simulation.fate import BESIDE_PUSHES, KINDS, Fate
from simulation.judge import Breach
from simulation.measure import Measure, MeasuredLedger
from simulation.network import FAULTS, Network
from simulation.pushes import FAULTS as PUSH_FAULTS
from simulation.pushes import PushNetwork, draw_push

TIMEOUT = 20.0
PATIENCE = 4 * 3600.0  # virtual seconds for a whole campaign, logs included


async def idle(world, others, seconds):
    """No process lives: what the server pushes comes to nobody, other users go on."""
    pushes = PushNetwork(world)
    async with anyio.create_task_group() as group:
        group.start_soon(world.go_on, others.live, _pushing(world, pushes))
        await anyio.sleep(seconds)
        group.cancel_scope.cancel()


async def work(world, others, campaign, people, *, begins, pushes, faulty):
    """One run; True when the campaign came to its end. Only where it begins is it said whom not to text."""
    rng = world.rng
    share = rng.choice([0.02, 0.1, 0.3, 0.6]) if faulty else 0.0
    kinds = BESIDE_PUSHES if pushes else KINDS
    fate = Fate(world, rng.choice(kinds)) if faulty and rng.random() < 0.6 else None
    network = Network(
        world,
        share=share,
        kinds=rng.sample(sorted(FAULTS), rng.randint(1, len(FAULTS))),
        timeout=TIMEOUT,
        spells=weather.forecast(rng, world.loop.time()) if faulty else (),
        fate=fate,
    )
    way = PushNetwork(
        world, share=share, kinds=rng.sample(sorted(PUSH_FAULTS), rng.randint(1, len(PUSH_FAULTS))), fate=fate
    )
    chunk_size = rng.randint(1, 20) if len(people) < 100 else rng.choice([20, 100, 500])
    concurrency = rng.randint(1, 4)
    world.largest = max(world.largest, chunk_size)
    measure = Measure(world.suppressed, chunk_size, concurrency, pushes=pushes, largest=world.largest)
    ledger = MeasuredLedger(world.folder / "ledger.db", measure, fate)
    world.database = ledger._database
    rate = rng.choice([None, "adaptive"])
    lives = [others.live, _pushing(world, way), *([way.lie] if pushes else [])]
    try:
        with fate.on_ledger() if fate else contextlib.nullcontext():
            async with (
                AntsClient(
                    "http://localhost",
                    BasicAuth("demo", "demo"),
                    transport=network,
                    rate=rate if world.quiet is None else "1/7s",
                    timeout=TIMEOUT,
                    retry=RetryPolicy(attempts=rng.randint(1, 4)),
                    wall_clock=world.wall_clock,
                ) as client,
                ledger,
                anyio.create_task_group() as group,
            ):
                network.clock = client.clock
                group.start_soon(world.go_on, *lives)
                dispatcher = Dispatcher(
                    client,
                    ledger,
                    chunk_size=chunk_size,
                    concurrency=concurrency,
                    grace=rng.choice([0.0, 5.0, 30.0]),
                    sending=SendingRules(patience=rng.choice([60.0, 600.0]) if faulty else 7200.0),
                    push=draw_push(rng, world.runs) if pushes else None,
                )
                suppress = world.suppressed if begins else None
                stream = dispatcher.run(campaign, measure.source(people), suppress=suppress)
                with measure.watch(dispatcher), _receiving(world, dispatcher):
                    done = await _dispatch(world, stream, measure, len(people), stop=faulty)
                    await _shut_down(world)
                measure.check_end(dispatcher, finished=done)
                group.cancel_scope.cancel()
            return done
    except LedgerError:  # it could not be opened, or not be closed
        if not faulty:
            raise
        return False


def _pushing(world, way):
    async def push():
        await world.server.push_reports(way)

    return push


@contextlib.contextmanager
def _receiving(world, dispatcher):
    """The process takes pushed reports as long as its ledger is open."""
    if dispatcher.push is not None:
        world.receiver = httpx.ASGITransport(report_receiver(dispatcher.push, dispatcher.receive))
    try:
        yield
    finally:
        world.receiver = None


async def _shut_down(world):
    """After the run it stays a while, takes what is pushed, and ends when nobody is being served."""
    if world.receiver is not None:
        await anyio.sleep(world.rng.choice([0.0, 10.0, 200.0]))
        world.receiver = None
        while world.at_receiver:  # noqa: ASYNC110 - time is virtual
            await anyio.sleep(0.1)


async def _dispatch(world, stream, measure, count, *, stop):
    try:
        with anyio.fail_after(PATIENCE):
            return await _read(world, stream, measure, count, stop=stop)
    except (CampaignPaused, LedgerError) as error:
        if not stop:
            raise Breach("stuck", f"without faults it stopped: {error}") from error
    except TimeoutError:
        if not stop:
            raise Breach("stuck", f"without faults it took longer than {PATIENCE} s") from None
    return False


async def _read(world, stream, measure, count, *, stop):
    """A reader who is quick or slow, stalls, leaves early, or is cancelled."""
    rng = world.rng
    leave_after = rng.choice([None, None, rng.randint(1, 100)]) if stop else None
    cancel_at = 10 ** rng.uniform(0, 3.5) if stop and rng.random() < 0.15 else PATIENCE
    pause = rng.choice([0.0, 0.0, 0.1, 5.0]) if count < 100 else rng.choice([0.0, 0.1])
    stall_at = rng.choice([None, rng.randint(1, 50)])
    seen = 0
    with anyio.move_on_after(cancel_at):
        async with aclosing(stream) as outcomes:
            measure.is_running = True
            try:
                async for outcome in outcomes:
                    if outcome.kind not in {OutcomeKind.DUPLICATE, OutcomeKind.SUPPRESSED}:
                        measure.unread -= 1
                        world.last_words[outcome.to] += outcome.is_last
                    seen += 1
                    if seen == leave_after:
                        return False
                    await anyio.sleep(600.0 if seen == stall_at else pause)
            finally:
                measure.is_running = False
        return True
    return False
