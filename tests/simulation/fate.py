"""How a process ends before its time: at any step of its loop, at any time, or at the worst moment."""

from unittest import mock

from ants_async.dispatch.ledger.database import Database
from ants_async.errors import LedgerError
from simulation.mortal import Crash, die

TRANSACTIONS = ("before a transaction", "within a transaction", "after a transaction")
MOMENTS = (
    "request under way",
    "answer under way",
    "page under way",
    "reports not stored",
    "push not stored",
    "push not answered",
)
DISK_FULL = "disk full"
KINDS = ("at a step", "at a step", "at a time", *TRANSACTIONS, *MOMENTS, DISK_FULL)
BESIDE_PUSHES = (*KINDS, *("push not stored",) * 4)  # of which few are met


class Fate:
    """One way to die, and how often its moment passes before it comes."""

    def __init__(self, world, kind):
        rng = world.rng
        self._world = world
        self._kind = kind
        self._left = rng.randint(1, 40) if kind in TRANSACTIONS or kind == DISK_FULL else rng.randint(1, 6)
        loop = world.loop
        if kind == "at a step":
            loop.last_step = loop.steps + int(10 ** rng.uniform(1.5, 4.2))
        elif kind == "at a time":
            loop.call_later(10 ** rng.uniform(-1, 3), loop.die, kind)

    async def strike(self, moment):
        """Nobody who comes to the moment of death goes on."""
        if self.comes(moment):
            await die(moment)

    def comes(self, moment):
        if moment != self._kind:
            return False
        self._left -= 1
        return self._left == 0

    def on_ledger(self):
        """At one of the ledger's transactions the disk is full from then on, or the process dies."""
        real, fate = Database._transaction, self

        def transaction(database, work):
            if fate.comes("before a transaction"):
                raise Crash("before a transaction")
            if fate.comes("within a transaction"):
                return real(database, _then_die(work))
            if fate._kind == DISK_FULL:
                fate._left -= 1
                if fate._left <= 0:
                    fate._world.faults[DISK_FULL] += 1
                    raise LedgerError("database or disk is full")
            done = real(database, work)
            if fate.comes("after a transaction"):
                raise Crash("after a transaction")
            return done

        return mock.patch.object(Database, "_transaction", transaction)


def _then_die(work):
    def half(connection):
        work(connection)
        raise Crash("within a transaction")

    return half
