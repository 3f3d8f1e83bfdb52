"""A process in this one: it ends by itself, or dies and leaves its loop and its files as they are."""

import asyncio
import contextlib
import gc
import random
import shutil
import warnings
from unittest import mock

import anyio
import anyio.to_thread
from anyio._backends._asyncio import CancelScope

from simulation.judge import Breach
from simulation.mortal import Crash, MortalLoop, die

_FILES = ("ledger.db", "ledger.db-wal")


class _InOrder(dict):
    """A set that is gone through in the order of additions; one of scopes would be in that of addresses."""

    add = dict.setdefault
    remove = dict.__delitem__

    def discard(self, key):
        self.pop(key, None)


@contextlib.contextmanager
def deterministic(rng):
    """Threads run in the loop, and whatever draws by chance, or by address, draws from the seed."""
    real_init = CancelScope.__init__

    async def in_turn(function, *args, limiter=None, **_):
        """A thread's work: it takes a moment, and cannot be cancelled once it is under way."""
        await anyio.lowlevel.checkpoint()
        async with limiter or contextlib.nullcontext():
            with anyio.CancelScope(shield=True):
                if rng.random() < 0.2:
                    await anyio.sleep(rng.uniform(0, 0.05))
                try:
                    result = function(*args)
                except Crash as crash:
                    await die(str(crash))
                if rng.random() < 0.2:
                    await anyio.sleep(rng.uniform(0, 0.05))
                return result

    def born(scope, *args, **options):
        real_init(scope, *args, **options)
        scope._child_scopes = _InOrder()

    class Seeded(random.Random):
        def __init__(self, seed=None):
            super().__init__(rng.random() if seed is None else seed)

    with (
        mock.patch.object(anyio.to_thread, "run_sync", in_turn),
        mock.patch.object(CancelScope, "__init__", born),
        mock.patch("random.Random", Seeded),
        mock.patch("secrets.token_hex", lambda size: f"{rng.getrandbits(size * 8):0{size * 2}x}"),
    ):
        yield


def run(world, work, *args, **options):
    """What `work` answers; None when it died."""
    world.loop = loop = MortalLoop(world.now)
    if world.crashes:
        gc.collect()  # what the dead would still have done they do here, where no task is that it could touch
    asyncio.set_event_loop(loop)
    task = loop.create_task(work(world, *args, **options))
    try:
        try:
            done = loop.run_until_complete(task)
        except Crash as crash:
            world.crashes[str(crash)] += 1
            _bury(world, loop)
            return None
        except BaseExceptionGroup as group:
            raise _worst(group) from group
        left = [one for one in asyncio.all_tasks(loop) if not one.done()]
        if left:
            raise Breach("left", f"tasks left behind: {left}")
        return done
    finally:
        world.now = loop.time()
        asyncio.set_event_loop(None)
        loop.close()


def _worst(group):
    """A breach, if there is one among what went wrong."""
    breaches = group.subgroup(Breach)
    error = group if breaches is None else breaches
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _bury(world, loop):
    """What the kernel does: locks are let go, and the files stay as they are; no code of ours runs."""
    if world.database is not None:
        kept = [world.folder / name for name in _FILES if (world.folder / name).exists()]
        for path in kept:
            shutil.copyfile(path, f"{path}.kept")
        world.database._close()
        for path in kept:
            shutil.move(f"{path}.kept", path)
        world.database = None
    world.receiver = None
    loop.set_exception_handler(lambda *_: None)
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False
        with warnings.catch_warnings(), contextlib.suppress(BaseException):
            warnings.simplefilter("ignore", RuntimeWarning)  # some had not begun yet
            task.get_coro().close()
