"""A campaign that somebody kills and runs again: `python -m benchmarks._lib.killed URL LEDGER RECIPIENTS`."""

import asyncio
import sys

from ants_async import AntsClient, BasicAuth, Campaign, Dispatcher, Recipient, SqliteLedger
from benchmarks._lib.box import CREDENTIALS, SENDER, row


async def main(base_url, path, recipients):
    client = AntsClient(base_url, BasicAuth(*CREDENTIALS), rate=None)
    async with client, SqliteLedger(path) as ledger:
        source = (Recipient(*row(number)) for number in range(1, recipients + 1))
        async for _ in Dispatcher(client, ledger).run(Campaign("killed", sender=SENDER), source):
            pass


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
