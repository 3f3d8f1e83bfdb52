"""`python hostile_client.py URL COUNT`: so many answers, and what each came to and took of memory.

Each is read in a process of its own, a fork of this one: what one leaves to the allocator, or finds there,
is not counted to another.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from ants_async.client import AntsClient
from ants_async.errors import AntsError
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy

STATUS = Path("/proc/self/status")


def peak():
    """The most memory that was ever in use, in MiB; `getrusage` counts the parent's in."""
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


async def main(url):
    retry = RetryPolicy(attempts=1)
    async with AntsClient(url, BasicAuth("demo", "demo"), rate=None, retry=retry, timeout=60) as client:
        await client.account.balance()
        at_first = peak()
        try:
            outcome = type(await client.logs.search()).__name__
        except AntsError as error:
            outcome = type(error).__name__
        print(json.dumps([outcome, peak() - at_first]), flush=True)  # noqa: T201


if __name__ == "__main__":
    for _ in range(int(sys.argv[2])):
        child = os.fork()
        if not child:
            asyncio.run(main(sys.argv[1]))
            break
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit("it did not end well")
