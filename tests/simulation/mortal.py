"""An event loop on a virtual clock that can die at any step, and is the same whenever it runs again."""

import asyncio
from itertools import count

from virtual_time import VirtualTimeLoop


class Crash(KeyboardInterrupt):
    """The process dies: no handler of it runs any more. Of the one kind that asyncio lets through."""


class NumberedTask(asyncio.Task):
    """A task whose place in a set follows from the order of births, not from its address in memory."""

    def __init__(self, *args, number, **options):
        self._number = number
        super().__init__(*args, **options)

    def __hash__(self):
        return self._number


class MortalLoop(VirtualTimeLoop):
    """`die` ends it before anything else is run; so does the step number `last_step`."""

    def __init__(self, start=0.0):
        self.steps = 0
        self.last_step = None
        self.cause = None
        numbers = count()
        super().__init__(start)
        self.set_task_factory(
            lambda loop, coro, **options: NumberedTask(coro, loop=loop, number=next(numbers), **options)
        )

    def die(self, cause):
        """This step is the last one: whoever calls it has to wait for ever now."""
        self.cause = self.cause or cause

    def call_soon(self, callback, *args, context=None):
        return super().call_soon(self._step, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(when, self._step, callback, *args, context=context)

    def _step(self, callback, *args):
        self.steps += 1
        if self.steps == self.last_step:
            self.die("at a step")
        if self.cause is None:
            callback(*args)
        if self.cause is not None:
            raise Crash(self.cause)


async def die(cause):
    """The process of the caller dies here."""
    loop = asyncio.get_running_loop()
    loop.die(cause)
    await loop.create_future()
