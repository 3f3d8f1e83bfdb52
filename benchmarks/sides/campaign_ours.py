"""Ours as a campaign worker, everything at its default, with a line of figures twice a second."""

import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, OutcomeKind, Recipient, SqliteLedger
from ants_async.endpoints import Family
from benchmarks._lib.box import CREDENTIALS, SENDER
from benchmarks._lib.processes import memory


async def run(box):
    counts, lines, started = Counter(), [], time.perf_counter()

    async def watch():
        while True:
            lines.append(
                {
                    "at": time.perf_counter() - started,
                    "accepted": counts[OutcomeKind.ACCEPTED],
                    "final": counts[OutcomeKind.FINAL],
                    "rate": client.limiters[Family.SEND].rate,
                    "memory": memory(),
                }
            )
            await asyncio.sleep(0.5)

    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder:
        async with (
            AntsClient(box.base_url, BasicAuth(*CREDENTIALS)) as client,
            SqliteLedger(Path(folder, "ledger.db")) as ledger,
        ):
            recipients = (Recipient(to, text) for to, text in box.rows())
            box.begin()
            watching = asyncio.create_task(watch())
            async for outcome in Dispatcher(client, ledger).run(
                Campaign(box.name, sender=SENDER), recipients
            ):
                counts[outcome.kind] += 1
            watching.cancel()
            box.end(counts[OutcomeKind.FINAL], lines=lines)
