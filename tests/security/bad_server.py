"""A server that answers one and the same thing, as often as it is asked, over a real socket."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress


class BadServer:
    """`answer(request)`: the bytes to send back; None cuts the connection, `...` says nothing at all."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self._busy = set()

    async def serve(self, reader, writer):
        task = asyncio.current_task()
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
        try:
            while request := await _request(reader):
                self.requests.append(request)
                answer = self.answer(request)
                if answer is ...:
                    await reader.read()  # until the client gives up
                    return
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
                if b"connection: close" in answer.lower():
                    return
        except ConnectionError:
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def stop(self):
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)


async def _request(reader):
    """Head and body, or nothing when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    return head + await reader.readexactly(int(fields.get(b"content-length", 0)))


@asynccontextmanager
async def bad_server(answer, ssl=None):
    """Gives the server, and its port on 127.0.0.1."""
    bad = BadServer(answer)
    server = await asyncio.start_server(bad.serve, "127.0.0.1", 0, ssl=ssl)
    try:
        yield bad, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await bad.stop()
        await server.wait_closed()


def answer(status, body=b"", *headers, kind=b"application/json"):
    """A well-formed answer."""
    lines = [
        b"HTTP/1.1 %d Why" % status,
        b"Content-Type: " + kind,
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join([*lines, b"", body])


def closed_port():
    """A port of 127.0.0.1 where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
