"""The monitor as an ASGI app: a page, and a stream of what there is to show."""

import json
from collections.abc import AsyncIterator, Collection
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from ants_async.monitor.door import Door
from ants_async.monitor.page import SCRIPT, STYLE, page
from ants_async.monitor.watch import Watch

_MOST_VIEWERS: Final = 100


def monitor_app(watch: Watch, *, token: str | None = None, names: Collection[str] = ()) -> ASGIApp:
    """The app; `token` and `names` are as for `Door`."""
    shown = page()
    streams: set[object] = set()

    async def index(_: Request) -> Response:
        return Response(shown, media_type="text/html")

    async def style(_: Request) -> Response:
        return Response(STYLE, media_type="text/css")

    async def script(_: Request) -> Response:
        return Response(SCRIPT, media_type="text/javascript")

    async def events(request: Request) -> Response:
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        if len(streams) >= _MOST_VIEWERS:
            return PlainTextResponse("too many watch already\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return StreamingResponse(_events(watch, streams), media_type="text/event-stream")

    routes = [
        Route("/", index),
        Route("/monitor.css", style),
        Route("/monitor.js", script),
        Route("/events", events),
    ]
    return Door(Starlette(routes=routes), token=token, names=names)


async def _events(watch: Watch, streams: set[object]) -> AsyncIterator[str]:
    stream = object()
    streams.add(stream)
    try:
        async for shown in watch.updates():
            yield f"data: {json.dumps(shown, ensure_ascii=False, separators=(',', ':'))}\n\n"
    finally:
        streams.discard(stream)
