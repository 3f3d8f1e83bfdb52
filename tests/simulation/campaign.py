"""One campaign a seed: everything that happens in it, and when, follows from the seed alone.

    report = simulate(seed)

It raises `Breach` when the promise is broken: nobody lost, nobody texted twice, one last word each, no
report of others taken, no task left behind.
"""

import asyncio
import contextlib
import random
import tempfile
from collections import Counter
from contextlib import aclosing
from pathlib import Path
from random import Random
from unittest import mock

import anyio
import anyio.to_thread
import attrs
import httpx
from virtual_time import VirtualTimeLoop

from ants_async.client import AntsClient
from ants_async.dispatch import Campaign, Dispatcher, OutcomeKind, Recipient, SendingRules, SqliteLedger
from ants_async.dispatch.ledger.database import Database
from ants_async.errors import CampaignPaused, LedgerError
from ants_async.simulator import Simulator, SimulatorConfig, SimulatorTransport
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy
from simulation.network import FAULTS, STRANGER, Network

EPOCH = 1_800_000_000.0
FIRST = 66_800_000_000
TIMEOUT = 20.0
PATIENCE = 40 * 3600.0  # virtual seconds for a whole campaign, logs included
_RUNS = 6  # with faults; then one without, which has to come to the end


class Breach(AssertionError):
    """The promise is broken."""


class Crash(BaseException):
    """The process dies: nothing of it runs any more, no handler, no `finally`."""


@attrs.frozen
class Report:
    """What a campaign went through."""

    messages: int
    requests: int
    crashes: int
    runs: int
    unresolved: int
    deduplicated: int
    faults: Counter


@attrs.define
class _World:
    """What outlives a process: the server, the disk, the time."""

    rng: Random
    folder: Path
    now: float = 0.0
    skew: float = 0.0
    crashes: int = 0
    runs: int = 0
    requests: int = 0
    faults: Counter = attrs.field(factory=Counter)
    last_words: Counter = attrs.field(factory=Counter)
    loop: VirtualTimeLoop | None = None
    server: Simulator | None = None
    database: Database | None = None
    summary: object = None

    def wall_clock(self):
        return EPOCH + self.loop.time() + self.skew


def simulate(seed):
    """The campaign of a seed, to its end."""
    rng = Random(seed)
    with tempfile.TemporaryDirectory() as folder, _deterministic(rng):
        world = _World(rng, Path(folder))
        config = SimulatorConfig(delivery_time=rng.choice([0.1, 5.0, 60.0]), seed=seed)
        world.server = Simulator(config, lambda: EPOCH + world.loop.time())
        campaign, people = _campaign(rng)
        _run(world, _greet_stranger)
        for _ in range(rng.randint(0, _RUNS)):
            if _run(world, _work, campaign, people, faulty=True):
                break
            rng.shuffle(people)
        if not _run(world, _work, campaign, people, faulty=False):
            raise Breach("without faults it did not come to its end")
        _run(world, _check, campaign, people)
        summary = world.summary
        return Report(
            len(people),
            world.requests,
            world.crashes,
            world.runs,
            summary.unresolved,
            summary.deduplicated,
            world.faults,
        )


def _campaign(rng):
    mode = rng.choice(["advanced", "advanced", "multi"])
    text = rng.choice(["Hello", "Hello {name}"])
    campaign = Campaign("simulated", text=text, sender="ANTS", mode=mode)
    people = [
        Recipient(str(FIRST + number), fields={"name": f"n{number}"})
        for number in rng.sample(range(1000), rng.randint(1, 60))
    ]
    return campaign, people


@contextlib.contextmanager
def _deterministic(rng):
    """Threads run in place, and whatever draws by chance draws from the seed."""

    async def in_place(function, *args, **_):
        await anyio.lowlevel.checkpoint()
        try:
            return function(*args)
        except Crash:
            loop = asyncio.get_running_loop()
            loop.stop()
            await loop.create_future()

    class Seeded(random.Random):
        def __init__(self, seed=None):
            super().__init__(rng.random() if seed is None else seed)

    with (
        mock.patch.object(anyio.to_thread, "run_sync", in_place),
        mock.patch("random.Random", Seeded),
        mock.patch("secrets.token_hex", lambda size: f"{rng.getrandbits(size * 8):0{size * 2}x}"),
    ):
        yield


def _run(world, work, *args, **options):
    """A process: it ends by itself, or dies and leaves its loop as it is."""
    world.loop = loop = VirtualTimeLoop(world.now)
    asyncio.set_event_loop(loop)
    world.runs += 1
    task = loop.create_task(work(world, *args, **options))
    try:
        try:
            done = loop.run_until_complete(task)
        except RuntimeError:
            if task.done():
                raise
            world.crashes += 1
            _bury(world, loop)
            return False
        except ExceptionGroup as group:
            raise group.exceptions[0] from group
        leaked = [one for one in asyncio.all_tasks(loop) if not one.done()]
        if leaked:
            raise Breach(f"tasks left behind: {leaked}")
        return done
    finally:
        world.now = loop.time() + world.rng.choice([0.0, 0.5, 30.0, 600.0])
        asyncio.set_event_loop(None)
        loop.close()


def _bury(world, loop):
    """What the kernel does: locks and files are let go, uncommitted work is gone; no code of ours runs."""
    world.database._close()
    loop.set_exception_handler(lambda *_: None)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False
        with contextlib.suppress(BaseException):
            task.get_coro().close()


async def _greet_stranger(world):
    """Somebody else sends over the same account; nobody may take the reports."""
    async with httpx.AsyncClient(
        transport=SimulatorTransport(world.server.app), base_url="http://localhost", auth=("demo", "demo")
    ) as http:
        message = {
            "destinations": [{"to": "66999999999", "messageId": STRANGER}],
            "text": "Hello",
            "from": "ANTS",
        }
        answer = await http.post("/sms/1/text/advanced", json={"bulkId": STRANGER, "messages": [message]})
        assert answer.status_code == 200
    return True


async def _work(world, campaign, people, *, faulty):
    """One run of the campaign; True when it came to its end."""
    rng = world.rng
    network = Network(
        world.server.app,
        rng,
        share=rng.choice([0.02, 0.1, 0.3, 0.6]) if faulty else 0.0,
        kinds=rng.sample(sorted(FAULTS), rng.randint(1, len(FAULTS))),
        timeout=TIMEOUT,
    )
    world.skew += rng.choice([0.0, 0.0, 0.0, 3600.0, -3600.0]) if faulty else 0.0
    ledger = SqliteLedger(world.folder / "ledger.db")
    world.database = ledger._database
    fate = _Fate(rng) if faulty and rng.random() < 0.6 else None
    try:
        with (
            mock.patch.object(Database, "_transaction", fate.transaction)
            if fate
            else contextlib.nullcontext()
        ):
            async with (
                AntsClient(
                    "http://localhost",
                    BasicAuth("demo", "demo"),
                    transport=network,
                    rate=rng.choice([None, "adaptive"]),
                    timeout=TIMEOUT,
                    retry=RetryPolicy(attempts=rng.randint(1, 4)),
                    wall_clock=world.wall_clock,
                ) as client,
                ledger,
                anyio.create_task_group() as group,
            ):
                group.start_soon(_late, network)
                done = await _dispatch(world, client, ledger, campaign, people, stop=faulty)
                group.cancel_scope.cancel()
            return done
    except LedgerError:  # it could not even be opened
        return False
    finally:
        world.requests += network.requests
        world.faults.update(network.counts)


async def _late(network):
    while True:
        await anyio.sleep(3)
        await network.deliver_late()


async def _dispatch(world, client, ledger, campaign, people, *, stop):
    rng = world.rng
    dispatcher = Dispatcher(
        client,
        ledger,
        chunk_size=rng.randint(1, 20),
        concurrency=rng.randint(1, 4),
        grace=rng.choice([0.0, 5.0, 30.0]),
        sending=SendingRules(settle=10.0, patience=rng.choice([60.0, 600.0]) if stop else 7200.0),
    )
    leave_after = rng.choice([None, None, rng.randint(1, 100)]) if stop else None
    seen = 0
    try:
        with anyio.fail_after(PATIENCE):
            async with aclosing(dispatcher.run(campaign, people)) as stream:
                async for outcome in stream:
                    if outcome.is_last:
                        world.last_words[outcome.to] += 1
                    seen += 1
                    if seen == leave_after:
                        return False
    except (CampaignPaused, LedgerError) as error:
        if not stop:
            raise Breach(f"without faults it stopped: {error}") from error
        return False
    except TimeoutError:
        if not stop:
            raise Breach(f"without faults it took longer than {PATIENCE} s") from None
        return False
    return True


class _Fate:
    """At one of the ledger's transactions the disk fails or the process dies, before it or after it."""

    def __init__(self, rng):
        self.left = rng.randint(1, 60)
        self.kind = rng.choice(["dies before", "dies within", "dies after", "disk full"])
        self.real = Database._transaction

    @property
    def transaction(self):
        fate = self

        def transaction(database, work):
            fate.left -= 1
            if fate.left > 0 or (fate.left < 0 and fate.kind == "disk full"):
                return fate.real(database, work)
            if fate.left < 0:
                raise Crash
            if fate.kind == "dies before":
                raise Crash
            if fate.kind == "disk full":
                raise LedgerError("database or disk is full")
            if fate.kind == "dies after":
                fate.real(database, work)
                raise Crash

            def half(connection):
                work(connection)
                raise Crash

            return fate.real(database, half)

        return transaction


async def _check(world, campaign, people):
    """The server's own record is the judge."""
    async with (
        SqliteLedger(world.folder / "ledger.db") as ledger,
        httpx.AsyncClient(
            transport=SimulatorTransport(world.server.app), base_url="http://localhost", auth=("demo", "demo")
        ) as http,
    ):
        outcomes = [outcome async for outcome in ledger.outcomes(campaign.id)]
        world.summary = await ledger.summary(campaign.id)
        sent = (await http.get("/_simulator/messages?limit=100000")).json()["messages"]
        await anyio.sleep(3600)
        strangers = (await http.get("/sms/1/reports", params={"bulkId": STRANGER})).json()["results"]
    ours = [message for message in sent if message["messageId"] != STRANGER]
    _compare(world, people, outcomes, ours)
    if [report["messageId"] for report in strangers] != [STRANGER]:
        raise Breach("a stranger's report was taken")
    return True


def _compare(world, people, outcomes, sent):
    numbers = {recipient.to for recipient in people}
    twice = [to for to, count in Counter(message["to"] for message in sent).items() if count > 1]
    if twice:
        raise Breach(f"texted twice: {twice}")
    if {message["to"] for message in sent} - numbers:
        raise Breach("somebody was texted who is not in the list")
    if Counter(outcome.to for outcome in outcomes) != Counter(numbers):
        raise Breach(f"lost or doubled in the ledger: {numbers ^ {outcome.to for outcome in outcomes}}")
    if not all(outcome.is_last for outcome in outcomes) or not world.summary.is_done:
        raise Breach("somebody has no last word")
    said_twice = [to for to, count in world.last_words.items() if count > 1]
    if said_twice:
        raise Breach(f"two last words in the stream: {said_twice}")
    statuses = {message["to"]: message for message in sent}
    for outcome in outcomes:
        message = statuses.get(outcome.to)
        if outcome.kind is OutcomeKind.FINAL and (
            message is None
            or (message["messageId"], message["status"]) != (outcome.message_id, outcome.status.name)
        ):
            raise Breach(f"the ledger says {outcome}, the server {message}")
        if outcome.kind is OutcomeKind.REJECTED:
            raise Breach(f"rejected without a reason: {outcome}")
        if outcome.kind is OutcomeKind.UNRESOLVED:
            raise Breach(f"given up though the logs knew: {outcome}")
