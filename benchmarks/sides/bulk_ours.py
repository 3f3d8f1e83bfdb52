"""Ours: a campaign by the `Dispatcher`, each chunk in the ledger before it leaves, until all is accepted.

Reports are left for later: the others do not ask for any. Nor have they a rate limit, so it is off.
"""

import asyncio
import tempfile
from contextlib import aclosing
from pathlib import Path

from ants_async import (
    AntsClient,
    BasicAuth,
    Campaign,
    Dispatcher,
    MemoryLedger,
    OutcomeKind,
    Recipient,
    SqliteLedger,
    TrackingRules,
)
from benchmarks._lib.box import CREDENTIALS, SENDER

NO_TRACKING = TrackingRules(first=86_400.0, longest=86_400.0)


async def run(box, *, ledger, chunk=500, in_flight=8):
    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder:
        kept = MemoryLedger() if ledger == "memory" else SqliteLedger(Path(folder, "ledger.db"))
        async with AntsClient(box.base_url, BasicAuth(*CREDENTIALS), rate=None) as client, kept:
            await asyncio.gather(*(client.account.balance() for _ in range(in_flight)))
            dispatcher = Dispatcher(
                client, kept, chunk_size=chunk, concurrency=in_flight, tracking=NO_TRACKING
            )
            box.begin()
            recipients = (Recipient(to, text) for to, text in box.rows())
            accepted = 0
            async with aclosing(dispatcher.run(Campaign(box.name, sender=SENDER), recipients)) as outcomes:
                async for outcome in outcomes:
                    accepted += outcome.kind is OutcomeKind.ACCEPTED
                    if accepted == box.given:
                        break
                box.end(accepted)
