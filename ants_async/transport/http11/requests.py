"""A request as bytes."""

import re
from typing import Final

import httpx

from ants_async.transport.http11.connection import Origin

_METHOD: Final = re.compile(r"[A-Z-]+")
_FRAMING: Final = frozenset((b"content-length", b"transfer-encoding"))
_PORTS: Final = {"http": 80, "https": 443}


def origin_of(url: httpx.URL) -> Origin:
    """Where it leads to. Raises `httpx.UnsupportedProtocol`."""
    if url.scheme not in _PORTS:
        raise httpx.UnsupportedProtocol("only http and https")
    return url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]


def head_of(request: httpx.Request, content: bytes) -> bytes:
    """Everything before its body. Raises `httpx.LocalProtocolError` where a server could read another one.

    That goes for line breaks within a line, and for a body of another length than the one that is said.
    """
    headers = request.headers.raw
    lines = b"\r\n".join([b"%s: %s" % header for header in headers])
    head = b"%s %s HTTP/1.1\r\n%s\r\n\r\n" % (request.method.encode(), request.url.raw_path, lines)
    breaks = len(headers) + 2
    if {head.count(b"\r\n"), head.count(b"\r"), head.count(b"\n")} != {breaks} or b"\0" in head:
        raise httpx.LocalProtocolError("a line break or a NUL within a header")
    if not _METHOD.fullmatch(request.method):
        raise httpx.LocalProtocolError("a method is a word")
    said = [value for name, value in headers if name.lower() in _FRAMING]
    if said != ([b"%d" % len(content)] if said or content else []):
        raise httpx.LocalProtocolError("a body needs one Content-Length, and that has to be its own")
    return head
