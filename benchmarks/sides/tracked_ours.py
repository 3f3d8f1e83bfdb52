"""Ours, everything at its default, until every outcome is final; how late each came.

The stub writes into `doneAt` when a report became ready to be fetched, and is on the same machine.
"""

import time
from statistics import quantiles

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, MemoryLedger, OutcomeKind, Recipient
from benchmarks._lib.box import CREDENTIALS, SENDER


async def run(box, *, chunk=1_000):
    async with AntsClient(box.base_url, BasicAuth(*CREDENTIALS)) as client, MemoryLedger() as ledger:
        recipients = (Recipient(to, text) for to, text in box.rows())
        box.begin()
        outcomes = Dispatcher(client, ledger, chunk_size=chunk).run(
            Campaign(box.name, sender=SENDER), recipients
        )
        late = [
            time.time() - outcome.done_at.timestamp()
            async for outcome in outcomes
            if outcome.kind is OutcomeKind.FINAL
        ]
        steps = quantiles(late, n=100)
        box.end(len(late), median=steps[49], p95=steps[94], p99=steps[98], longest=max(late))
