"""A server whose side of a talk is a function, once a connection: `async def talk(reader, writer)`."""

import asyncio
from contextlib import asynccontextmanager, suppress

from security.bad_server import _request

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class TalkingServer:
    """`connections`: how many there were; `open`: how many there are."""

    def __init__(self, talk):
        self._talk = talk
        self.at_work = set()
        self.connections = 0
        self.requests = []

    @property
    def open(self):
        return len(self.at_work)

    async def serve(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self.at_work.add(task)
        try:
            await self._talk(Reader(reader, self.requests), writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self.at_work.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def stop(self):
        while self.at_work:
            for task in self.at_work:
                task.cancel()
            await asyncio.sleep(0)


class Reader:
    """`request()`: the next one, or nothing when the client has gone."""

    def __init__(self, reader, requests):
        self.read = reader.read
        self._reader = reader
        self._requests = requests

    async def request(self):
        request = await _request(self._reader)
        if request:
            self._requests.append(request)
        return request


@asynccontextmanager
async def talking(talk, ssl=None):
    """Gives the server, and its URL."""
    talker = TalkingServer(talk)
    server = await asyncio.start_server(talker.serve, "127.0.0.1", 0, ssl=ssl)
    try:
        yield talker, f"http{'s' if ssl else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await talker.stop()


def always(*answers):
    """One of these for each request in turn, the last one for ever."""

    async def talk(reader, writer):
        left = list(answers)
        while await reader.request():
            writer.write(left.pop(0) if len(left) > 1 else left[0])

    return talk


async def until(condition):
    """Let others do something until it holds."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never holds")
