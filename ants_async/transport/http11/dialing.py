"""The way to a server: its addresses, the first one that answers, and TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from itertools import chain, zip_longest
from typing import Any, Final

import anyio

from ants_async.transport.http11.connection import Connection, Origin

_HEAD_START: Final = 0.25
"""Seconds that an address has before the next one is tried as well (RFC 8305, happy eyeballs)."""
_GOODBYE: Final = 1.0
"""Seconds that TLS may take to close; a server owes no answer then."""

Address = tuple[int, Any]  # family, and what the family takes


async def dial(make: Callable[[], Connection], origin: Origin, context: ssl.SSLContext | None) -> Connection:
    """A connection that is ready, with the certificate and the host name checked. Raises OSError."""
    _, host, port = origin
    found = await _connect(await _addresses(host, port))
    tls: dict[str, Any] = {}
    if context is not None:
        tls = {"ssl": context, "server_hostname": host, "ssl_shutdown_timeout": _GOODBYE}
    _, connection = await asyncio.get_running_loop().create_connection(make, sock=found, **tls)
    return connection


async def _addresses(host: str, port: int) -> list[Address]:
    """Those of a host, IPv6 and IPv4 in turns."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:  # a name, and asking for it takes a while
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    known = [(family, address) for family, _, _, _, address in found]
    first = [one for one in known if one[0] == known[0][0]]
    others = [one for one in known if one[0] != known[0][0]]
    return [one for one in chain(*zip_longest(first, others)) if one is not None]


async def _connect(addresses: list[Address]) -> socket.socket:
    """To the first one that answers; each has a head start on the next."""
    found: list[socket.socket] = []
    failures: list[OSError] = []

    async def attempt(address: Address, failed: anyio.Event) -> None:
        try:
            found.append(await _connect_to(address))
        except OSError as error:
            failures.append(error)
            failed.set()
        else:
            group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            for address in addresses:
                failed = anyio.Event()
                group.start_soon(attempt, address, failed)
                with anyio.move_on_after(_HEAD_START):
                    await failed.wait()
    except BaseException:
        for one in found:
            one.close()
        raise
    for late in found[1:]:
        late.close()
    if not found:
        raise failures[0]
    return found[0]


async def _connect_to(address: Address) -> socket.socket:
    family, where = address
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, where)
    except BaseException:
        one.close()
        raise
    return one
