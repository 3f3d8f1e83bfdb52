"""What has to stay small: what is read ahead of the source, what waits for the reader, what is left."""

from unittest import mock

from ants_async.dispatch import SqliteLedger, engine
from ants_async.dispatch.run import _TRACKERS
from simulation.judge import Breach

MOST_UNREAD = 50  # outcomes of pushed reports, so that even small campaigns come to the limit
_PUSHES_AT_ONCE = 64
_MOST_DOUBLED = 1000  # doubled and suppressed rows, before they are noted and told


class Measure:
    """Counts what was taken but not recorded, and recorded but not read, and knows how much may be."""

    def __init__(self, suppressed, chunk_size, concurrency, *, pushes, largest):
        """`largest`: the chunks of earlier runs may hold more than those of this one."""
        self._most_held = chunk_size * (concurrency + 2)
        batches = engine._BATCHES_AHEAD + concurrency + _TRACKERS + 2
        self._most_unread = largest * batches + (MOST_UNREAD + _PUSHES_AT_ONCE if pushes else 0)
        self._suppressed = suppressed
        self.known = set()
        self.held = 0
        self.doubled = 0
        self.unread = 0
        self.runs = []
        self.is_running = False

    def source(self, people):
        """The recipients, each counted when it is taken."""
        seen = set()
        for recipient in people:
            if recipient.to in seen or recipient.to in self._suppressed:
                self.doubled += 1
                if self.doubled > _MOST_DOUBLED:
                    raise Breach("memory", f"{self.doubled} odd rows read ahead, at most {_MOST_DOUBLED}")
            elif int(recipient.to) not in self.known:
                self.held += 1
                if self.held > self._most_held:
                    raise Breach("memory", f"{self.held} recipients read ahead, at most {self._most_held}")
            seen.add(recipient.to)
            yield recipient

    def recorded(self, count):
        """So many are in the ledger, and the reader has not seen them."""
        if not self.is_running:  # it is stopping, and nobody reads any more
            return
        self.unread += count
        if self.unread > self._most_unread:
            raise Breach("memory", f"{self.unread} outcomes wait for the reader, at most {self._most_unread}")

    def watch(self, dispatcher):
        """Remember its runs, which are forgotten when they end."""
        remembered = self.runs

        class Runs(dict):
            def __setitem__(self, key, run):
                remembered.append(run)
                super().__setitem__(key, run)

        dispatcher._runs = Runs()
        return mock.patch.object(engine, "_MOST_UNREAD", MOST_UNREAD)

    def check_end(self, dispatcher, *, finished):
        """Nothing may be left of a run that came to its end."""
        if dispatcher._runs:
            raise Breach("memory", "a run that ended is still known")
        for run in self.runs:
            tracker = run._tracker
            if tracker._busy:
                raise Breach("memory", "a look-up that never ends")
            if finished and (tracker._followed or tracker._queue):
                raise Breach("memory", f"still followed at the end: {tracker._followed}")
        if finished and self.held:
            raise Breach("memory", f"{self.held} recipients were taken and never recorded")


class MeasuredLedger(SqliteLedger):
    """A ledger that tells what it records; `fate` may strike at what it is handed."""

    def __init__(self, path, measure, fate):
        super().__init__(path)
        self._measure = measure
        self._fate = fate

    async def numbers(self, key):
        async for numbers in super().numbers(key):
            self._measure.known.update(numbers)
            yield numbers

    async def begin(self, campaign, messages, attempted_at):
        chunk = await super().begin(campaign, messages, attempted_at)
        self._measure.held -= len(messages)
        return chunk

    async def replace_left_out(self, key, left_out, *, first):
        await super().replace_left_out(key, left_out, first=first)
        self._measure.doubled -= len(left_out)

    async def answered(self, chunk, answers, now):
        bulk = await super().answered(chunk, answers, now)
        self._measure.recorded(sum(map(len, answers)))
        return bulk

    async def park(self, campaign, key, reason, now):
        outcomes, bulk = await super().park(campaign, key, reason, now)
        self._measure.recorded(len(outcomes))
        return outcomes, bulk

    async def give_up(self, campaign, key, reason, now):
        outcomes = await super().give_up(campaign, key, reason, now)
        self._measure.recorded(len(outcomes))
        return outcomes

    async def settle(self, campaign, bulk, reports):
        if reports and self._fate is not None:
            await self._fate.strike("reports not stored")
        outcomes, left = await super().settle(campaign, bulk, reports)
        self._measure.recorded(len(outcomes))
        return outcomes, left

    async def pushed(self, reports):
        if self._fate is not None:
            await self._fate.strike("push not stored")
        pushed = await super().pushed(reports)
        self._measure.recorded(sum(len(bulk.outcomes) for bulk in pushed.bulks))
        return pushed
