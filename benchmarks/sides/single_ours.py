"""Ours: `client.sms.send`, a message a request, typed in and typed out."""

import asyncio

from ants_async import AntsClient, BasicAuth
from benchmarks._lib.box import CREDENTIALS, SENDER


async def run(box, *, in_flight):
    async with AntsClient(box.base_url, BasicAuth(*CREDENTIALS), rate=None) as client:

        async def send():
            accepted = 0
            for to, text in rows:
                receipt = await client.sms.send(to, text, sender=SENDER)
                accepted += sum(not message.status.is_final for message in receipt.messages)
            return accepted

        await asyncio.gather(*(client.account.balance() for _ in range(in_flight)))
        box.begin()
        rows = box.rows()
        box.end(sum(await asyncio.gather(*(send() for _ in range(in_flight)))))
