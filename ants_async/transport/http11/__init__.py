"""HTTP/1.1 under httpx, made to be fast: `ConnectionPool` is a transport for `httpx.AsyncClient`.

httpx's own pool looks through all requests and connections whenever one comes or goes, so that it slows down
as more is in flight. This one reads with httptools, straight from asyncio's protocols, and keeps to what an
API client needs: no HTTP/2, no proxies, no upgrades, requests whose whole body is known.
"""

from ants_async.transport.http11.pool import ConnectionPool, Reply, Timeouts
from ants_async.transport.http11.requests import head_of, origin_of

__all__ = ["ConnectionPool", "Reply", "Timeouts", "head_of", "origin_of"]
