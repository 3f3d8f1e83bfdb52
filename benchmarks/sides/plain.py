"""What the hand-written sides share: the round, plain dicts to bytes, and the count of accepted messages."""

import asyncio
import uuid

import orjson

from benchmarks._lib.box import SENDER

HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def bulk_body(name, rows):
    """A request in advanced mode; `rows` are numbers and texts, ids are made of `name` and the number."""
    return orjson.dumps(
        {
            "bulkId": uuid.uuid4().hex,
            "messages": [
                {"from": SENDER, "destinations": [{"to": to, "messageId": f"{name}-{to}"}], "text": text}
                for to, text in rows
            ],
        }
    )


def count_accepted(receipt):
    """Messages that the API took."""
    return sum(message["status"]["groupId"] == 1 for message in receipt["messages"])


async def all_at_once(box, in_flight, warm, send):
    """A round: so many connections opened, then so many senders at the same rows; `send` counts."""
    await asyncio.gather(*(warm() for _ in range(in_flight)))
    box.begin()
    rows = box.rows()
    box.end(sum(await asyncio.gather(*(send(rows) for _ in range(in_flight)))))
