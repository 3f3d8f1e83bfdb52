"""Hand-written: httpx and orjson."""

from itertools import islice

import httpx
import orjson

from benchmarks._lib.box import CREDENTIALS
from benchmarks.sides.plain import HEADERS, all_at_once, bulk_body, count_accepted


async def run(box, *, chunk=500, in_flight=8):
    async with httpx.AsyncClient(
        base_url=box.base_url,
        auth=CREDENTIALS,
        headers=HEADERS,
        limits=httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
        timeout=60,
    ) as client:

        async def send(rows):
            accepted = 0
            while some := list(islice(rows, chunk)):
                response = await client.post("/sms/1/text/advanced", content=bulk_body(box.name, some))
                response.raise_for_status()
                accepted += count_accepted(orjson.loads(response.content))
            return accepted

        await all_at_once(box, in_flight, lambda: client.get("/account/1/balance"), send)
