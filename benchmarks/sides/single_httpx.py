"""Plain `httpx.AsyncClient`, a message a request."""

import httpx

from benchmarks._lib.box import CREDENTIALS, SENDER
from benchmarks.sides.plain import all_at_once, count_accepted


async def run(box, *, in_flight):
    async with httpx.AsyncClient(
        base_url=box.base_url,
        auth=CREDENTIALS,
        limits=httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
        timeout=60,
    ) as client:

        async def send(rows):
            accepted = 0
            for to, text in rows:
                message = {"from": SENDER, "to": [to], "text": text}
                response = await client.post("/sms/1/text/single", json=message)
                response.raise_for_status()
                accepted += count_accepted(response.json())
            return accepted

        await all_at_once(box, in_flight, lambda: client.get("/account/1/balance"), send)
