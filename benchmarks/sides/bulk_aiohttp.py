"""Hand-written: aiohttp and orjson."""

from itertools import islice

import aiohttp
import orjson

from benchmarks._lib.box import CREDENTIALS
from benchmarks.sides.plain import HEADERS, all_at_once, bulk_body, count_accepted


async def run(box, *, chunk=500, in_flight=8):
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
            while some := list(islice(rows, chunk)):
                async with session.post("/sms/1/text/advanced", data=bulk_body(box.name, some)) as response:
                    response.raise_for_status()
                    accepted += count_accepted(orjson.loads(await response.read()))
            return accepted

        await all_at_once(box, in_flight, warm, send)
