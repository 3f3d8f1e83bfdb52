"""An `httpx.AsyncClient` whose requests go straight to its transport.

What a client does on the way takes longer than the exchange itself, and nothing of it is wanted here: it
gathers cookies for as long as it lives, parses the next place of a redirect even where it is not followed (of
addresses nobody can read httpx raises errors of all kinds), and runs the flow of an `Auth` and hooks, of
which there are none. It still chooses the transport, so that whoever puts another one in its place for tests
goes on doing so, as `respx.mock(using="httpx")` does.
"""

import logging
from typing import Any, Final, cast

import httpx

from ants_async.endpoints import OPERATIONS, RequestParts
from ants_async.transport.http11 import ConnectionPool, Reply, Timeouts, head_of, origin_of

_CONSTANT: Final = frozenset(one.path for one in OPERATIONS.values() if "{" not in one.path)
_log = logging.getLogger("ants_async.http")


class DirectClient(httpx.AsyncClient):
    """Its base URL and headers count, and its transports; no other setting has an effect.

    `connecting`: seconds for it. That is the one limit here: the caller has one for a whole exchange.
    """

    def __init__(self, *, connecting: float, **options: Any) -> None:
        super().__init__(**options, trust_env=False)
        self._direct_timeouts = Timeouts(connect=connecting)
        self._direct_origin = origin_of(self.base_url)
        self._direct_starts: dict[tuple[str, ...], bytes] = {}

    async def exchange(self, parts: RequestParts) -> Reply:
        """The answer, whatever it is, its body unread."""
        transport = self._transport_for_url(self.base_url)
        if isinstance(transport, ConnectionPool):  # ours: bytes will do
            content = parts.content or b""
            head = self._start_of(parts) + _length_of(parts)
            reply = await transport.ask(self._direct_origin, head, content, self._direct_timeouts)
        else:
            response = await transport.handle_async_request(self._request_of(parts))
            stream = response.stream
            if response.is_stream_consumed:  # by a transport that looks at answers: it comes once
                stream = httpx.ByteStream(response.content)
            body = cast("httpx.AsyncByteStream", stream)
            reply = Reply(response.status_code, response.headers.raw, body)
        if _log.isEnabledFor(logging.INFO):
            url = self._request_of(parts).url
            fields = {"method": parts.method, "status_code": reply.status}
            _log.info("HTTP Request: %s %s: %d", parts.method, url, reply.status, extra=fields)
        return reply

    def _request_of(self, parts: RequestParts) -> httpx.Request:
        return self.build_request(
            parts.method,
            parts.target,
            headers=parts.headers,
            content=parts.content,
            timeout=httpx.Timeout(None, connect=self._direct_timeouts.connect),
        )

    def _start_of(self, parts: RequestParts) -> bytes:
        """The head but for the length; kept where it is always the same, for ids may be secrets."""
        key = (parts.method, parts.target, *parts.headers.values())
        start = self._direct_starts.get(key)
        if start is None:
            request = self._request_of(parts)
            request.headers.pop("Content-Length", None)
            start = head_of(request, b"")[:-2]
            if parts.target in _CONSTANT:
                self._direct_starts[key] = start
        return start


def _length_of(parts: RequestParts) -> bytes:
    """The last line of the head, and the end of it."""
    if parts.content is None and parts.method == "GET":
        return b"\r\n"
    return b"Content-Length: %d\r\n\r\n" % len(parts.content or b"")
