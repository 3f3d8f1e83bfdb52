"""Hand-written: aiohttp and orjson, a message a request."""

import aiohttp
import orjson

from benchmarks._lib.box import CREDENTIALS, SENDER
from benchmarks.sides.plain import HEADERS, all_at_once, count_accepted


async def run(box, *, in_flight):
    async with aiohttp.ClientSession(
        box.base_url,
        auth=aiohttp.BasicAuth(*CREDENTIALS),
        headers=HEADERS,
        connector=aiohttp.TCPConnector(limit=in_flight),
    ) as session:

        async def warm():
            async with session.get("/account/1/balance") as response:
                await response.read()

        async def send(rows):
            accepted = 0
            for to, text in rows:
                body = orjson.dumps({"from": SENDER, "to": [to], "text": text})
                async with session.post("/sms/1/text/single", data=body) as response:
                    response.raise_for_status()
                    accepted += count_accepted(orjson.loads(await response.read()))
            return accepted

        await all_at_once(box, in_flight, warm, send)
