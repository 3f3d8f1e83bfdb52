"""A server that answers anything: what a broken proxy, a bad day or an attacker may send."""

import asyncio
import contextlib
import re


def answer(body=b"", status=200, *headers, length=None):
    """An HTTP answer as bytes; `length` where it is not that of the body.

    It says that it is the last one: a client that has not heard of the end yet would ask again in vain.
    """
    length = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} Whatever", *headers, "Connection: close", f"Content-Length: {length}", "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def endless(piece, first=b"", pause=0):
    """A behaviour: `first`, then `piece` for as long as the other side bears it."""

    async def go_on(send):
        await send(first)
        while True:
            await send(piece)
            await asyncio.sleep(pause)

    return go_on


class HostileServer:
    """Plays one behaviour a request, the last one for ever; `heads` are those of the requests that came.

    A behaviour is bytes, after which the connection is closed, or an async function that is given `send`.
    """

    def __init__(self, *behaviours):
        self.behaviours = list(behaviours)
        self.heads = []
        self._at_work = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work)

    async def _serve(self, reader, writer):
        self._at_work.add(asyncio.current_task())

        async def send(content):
            writer.write(content)
            await writer.drain()

        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            self.heads.append(head)
            behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
            await (behaviour(send) if callable(behaviour) else send(behaviour))
        writer.transport.close()
