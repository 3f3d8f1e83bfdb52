"""What outlives a process: the server, the disk, the time, and what was seen so far."""

from collections import Counter
from hashlib import blake2b
from pathlib import Path
from random import Random

import anyio
import attrs

from ants_async.simulator import Simulator, SimulatorConfig
from simulation.mortal import MortalLoop

MARK = "Stranger"  # how the texts of others begin
YEAR_2038 = 2.0**31  # where 32 bits of seconds end
_HOUR, _DAY = 3600.0, 86_400.0


@attrs.define
class World:
    """`epoch`: the server's time when the loop shows 0; `skew`: how far this machine's clock is off."""

    rng: Random
    folder: Path
    seed: int
    epoch: float = 1_800_000_000.0
    now: float = 0.0
    skew: float = 0.0
    suppressed: frozenset = frozenset()
    quiet: tuple | None = None  # when the quiet hours begin and end
    left_in_quiet: list = attrs.field(factory=list)
    runs: int = 0
    largest: int = 0  # chunk, of all runs
    requests: int = 0
    crashes: Counter = attrs.field(factory=Counter)
    faults: Counter = attrs.field(factory=Counter)
    last_words: Counter = attrs.field(factory=Counter)
    pages: list = attrs.field(factory=list)
    loop: MortalLoop | None = None
    server: Simulator | None = None
    database: object = None
    receiver: object = None  # the app of the process at work that takes pushed reports
    at_receiver: int = 0
    outside: object = None  # the task group of what goes on whether a process lives or not
    under_way: dict = attrs.field(factory=dict)  # what arrives some time, whoever sent it
    steps: int = 0
    trace: object = attrs.field(factory=lambda: blake2b(digest_size=8))

    def __attrs_post_init__(self):
        rng = self.rng
        if rng.random() < 0.3:
            self.epoch = YEAR_2038 - rng.uniform(1.0, 2 * _HOUR)
        config = SimulatorConfig(delivery_time=rng.choice([0.1, 5.0, 60.0]), seed=self.seed)
        self.server = Simulator(config, self.server_time)

    def server_time(self):
        return self.epoch + self.loop.time()

    def wall_clock(self):
        return self.server_time() + self.skew

    def sent(self):
        """What the server accepted for the campaign, others' texts left out."""
        accepted = self.server._services.account.messages
        return [one for one in accepted if not one.asked.text.startswith(MARK)]

    def leaves(self):
        """A send leaves whoever knows what time it is at the server, to a second or two."""
        now = self.server_time()
        if self.quiet and self.quiet[0].timestamp() + 2 < now < self.quiet[1].timestamp() - 2:
            self.left_in_quiet.append(now)

    def note(self, *what):
        """One line of what happened, for telling two replays apart."""
        self.trace.update(repr((self.loop.time(), *what)).encode())

    def arrive(self, delay, work, *args):
        """Something takes effect later, also when the process that began it is dead by then."""
        self.steps += 1
        self.under_way[self.steps] = (self.loop.time() + delay, work, args)
        self.outside.start_soon(self._arrive, self.steps)

    async def _arrive(self, key):
        due, work, args = self.under_way[key]
        await anyio.sleep(max(0.0, due - self.loop.time()))
        if self.under_way.pop(key, None) is not None:
            await work(*args)

    async def go_on(self, *lives):
        """What goes on outside of processes, until cancelled."""
        async with anyio.create_task_group() as group:
            self.outside = group
            for key in list(self.under_way):
                group.start_soon(self._arrive, key)
            group.start_soon(self._jump)
            for life in lives:
                group.start_soon(life)

    async def _jump(self):
        """This machine's clock is set forward or back while everything runs."""
        while True:
            await anyio.sleep(self.rng.choice([1.0, 30.0, 600.0, 7200.0]) * self.rng.uniform(0.5, 2))
            self.skew = self.rng.choice([0.0, _HOUR, -_HOUR, _DAY, -_DAY])
            self.faults["clock jump"] += 1
            self.note("clock", self.skew)
