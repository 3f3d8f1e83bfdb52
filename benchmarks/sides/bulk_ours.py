"""Ours: a campaign by the `Dispatcher`, each chunk in the ledger before it leaves.

`to_the_end`: until every outcome is final. Else until all is accepted, and reports are left for later: the
others do not ask for any. Nor have they a rate limit, so it is off.
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


async def run(box, *, ledger, chunk=500, in_flight=8, to_the_end=False):
    with tempfile.TemporaryDirectory(prefix="ants-bench-") as folder:
        kept = MemoryLedger() if ledger == "memory" else SqliteLedger(Path(folder, "ledger.db"))
        async with AntsClient(box.base_url, BasicAuth(*CREDENTIALS), rate=None) as client, kept:
            await asyncio.gather(*(client.account.balance() for _ in range(in_flight)))
            dispatcher = Dispatcher(
                client,
                kept,
                chunk_size=chunk,
                concurrency=in_flight,
                tracking=None if to_the_end else NO_TRACKING,
            )
            box.begin()
            recipients = (Recipient(to, text) for to, text in box.rows())
            wanted = OutcomeKind.FINAL if to_the_end else OutcomeKind.ACCEPTED
            done = 0
            async with aclosing(dispatcher.run(Campaign(box.name, sender=SENDER), recipients)) as outcomes:
                async for outcome in outcomes:
                    done += outcome.kind is wanted
                    if done == box.given and not to_the_end:
                        break
                box.end(done)
