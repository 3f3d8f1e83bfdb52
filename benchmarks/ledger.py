"""The ledger by itself: rows a second for each step of a message's life.

Chunks of 500 are begun, answered and settled, one after the other, through the ledger's own methods; the two
ledgers in turns. `python -m benchmarks.ledger [--smoke] [--rounds 5]`
"""

import asyncio
import itertools
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

from ants_async import Campaign, MemoryLedger, OutcomeKind, SqliteLedger
from ants_async.dispatch.answers import Answer
from ants_async.dispatch.messages import Messages
from ants_async.models.reports import DeliveryReport
from ants_async.models.statuses import Status
from benchmarks._lib.box import row
from benchmarks._lib.command import benchmark
from benchmarks._lib.results import Result

CHUNK = 500
PENDING = Status(id=7, name="PENDING_ENROUTE", group_id=1, group_name="PENDING")
DELIVERED = Status(id=5, name="DELIVERED_TO_HANDSET", group_id=3, group_name="DELIVERED")
STEPS = {
    "begin": "planned, before its request",
    "answered": "accepted",
    "settle": "final",
    "numbers": "read back",
}


def measure(options):
    messages = 2_000 if options.smoke else 100_000
    ledgers = ("SQLite", "memory")
    measured = {name: defaultdict(list) for name in ledgers}
    for _, name in itertools.product(range(options.rounds), ledgers):
        for step, seconds in asyncio.run(_life(name, messages)).items():
            measured[name][step].append(seconds / messages)
    found = {name: {step: median(measured[name][step]) for step in STEPS} for name in ledgers}
    rows = [
        {
            "step": f"{step}: {words}",
            **{f"{name}, rows/s": 1 / found[name][step] for name in ledgers},
            **{f"{name}, µs": found[name][step] * 1e6 for name in ledgers},
        }
        for step, words in STEPS.items()
    ]
    figures = {f"{name}, {step}": found[name][step] * 1e6 for name in ledgers for step in STEPS}

    def draw(figure):
        axes = figure.subplots()
        for place, name in enumerate(ledgers):
            axes.bar(
                [number + 0.4 * place for number in range(len(STEPS))],
                [found[name][step] * 1e6 for step in STEPS],
                0.38,
                label=f"{name} ledger",
            )
        axes.set_xticks([number + 0.2 for number in range(len(STEPS))], list(STEPS))
        axes.set_ylabel("µs a message")
        axes.legend()

    return Result(figures, rows, draw, raw=measured)


async def _life(name, messages):
    """Seconds that each step took for all messages."""
    took = dict.fromkeys(STEPS, 0.0)

    async def timed(step, work):
        started = time.perf_counter()
        result = await work
        took[step] += time.perf_counter() - started
        return result

    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder:
        ledger = MemoryLedger() if name == "memory" else SqliteLedger(Path(folder, "ledger.db"))
        async with ledger:
            campaign = await ledger.open_campaign(Campaign("life"), None, reads_source=True, now=1.0)
            for start in range(1, messages, CHUNK):
                planned = _messages(range(start, start + CHUNK))
                chunk = await timed("begin", ledger.begin(campaign, planned, 1.0))
                bulk = await timed("answered", ledger.answered(chunk, _answers(chunk), 2.0))
                await timed("settle", ledger.settle(campaign, bulk, _reports(chunk)))
            await timed("numbers", _read(ledger, campaign))
    return took


def _messages(numbers):
    to, texts = zip(*map(row, numbers), strict=True)
    return Messages.planned("life", list(numbers), list(to), list(texts))


async def _read(ledger, campaign):
    async for _ in ledger.numbers(campaign.key):
        pass


def _answers(chunk):
    """The same for all, as mostly."""
    return [
        Answer(
            first=0,
            last=len(chunk.messages) - 1,
            kind=OutcomeKind.ACCEPTED,
            bulk_id=chunk.bulk_id,
            status=PENDING,
            sms_count=1,
        )
    ]


def _reports(chunk):
    return {
        message.message_id: DeliveryReport(
            message_id=message.message_id, status=DELIVERED, to=message.to, bulk_id=chunk.bulk_id, sms_count=1
        )
        for message in chunk.messages
    }


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure, rounds=5)
