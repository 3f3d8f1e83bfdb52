"""A network, and a server behind it, that do whatever networks and servers have done to people."""

import json
from collections.abc import Sequence

import anyio
import attrs
import httpx

from ants_async.simulator import SimulatorTransport
from ants_async.transport.clock import ServerClock
from simulation import weather
from simulation.fate import Fate
from simulation.mortal import die
from simulation.world import World

SENDS = ("/sms/1/text/advanced", "/sms/1/text/multi")
REPORTS, LOGS = "/sms/1/reports", "/sms/1/logs"
LATEST = 8.0  # seconds that a request may still be under way after its connection broke

FAULTS = {
    "refused": "no connection",
    "reset before": "the connection breaks before the request is read",
    "reset after": "it breaks after the request took effect",
    "hang before": "no answer, and the request never arrived",
    "hang after": "no answer, though the request took effect",
    "late": "the request takes effect some seconds after its connection broke",
    "500 before": "5xx, and nothing happened",
    "500 after": "5xx, though the request took effect",
    "429": "too many requests",
    "429 retry-after": "the same, with a hint",
    "html": "a page of a proxy in place of the answer",
    "half": "half a body",
    "other type": "another content type than the body has",
    "nonsense": "JSON that is no answer",
    "empty": "no body at all, or bytes that are no text",
    "missing": "an answer or a page of reports without some of its entries",
    "added": "an answer with entries that nobody asked for",
    "doubled": "an answer or a page with entries twice",
    "shuffled": "an answer or a page in another order",
    "repeated page": "a page of reports that was handed out before",
    "slow": "everything in order, and slow",
    "drip": "the body comes piece by piece, sometimes for longer than anybody waits",
}
"""What can go wrong, and what it is."""

_JSON = {"Content-Type": "application/json"}
_NONSENSE = ({"messages": 5, "results": 5}, {"messages": [None], "results": {}}, [], 7, None)
_ON_ENTRIES = {"missing", "added", "doubled", "shuffled"}


class _Drip(httpx.AsyncByteStream):
    def __init__(self, pieces, pause):
        self._pieces = pieces
        self._pause = pause

    async def __aiter__(self):
        for piece in self._pieces:
            await anyio.sleep(self._pause)
            yield piece


@attrs.define
class Network(httpx.AsyncBaseTransport):
    """Carries requests to the simulator. `share`: of those that something happens to; `kinds`: what may."""

    world: World
    share: float
    kinds: list[str]
    timeout: float
    spells: Sequence[weather.Spell] = ()
    fate: Fate | None = None
    clock: ServerClock | None = None  # of whose requests it carries

    async def handle_async_request(self, request):
        world = self.world
        world.requests += 1
        if request.url.path in SENDS and self.clock.is_known:
            world.leaves()
        await anyio.sleep(world.rng.uniform(0.005, 0.3))
        fault = self._fault(request)
        world.note(request.method, str(request.url), request.content, fault)
        if fault is None:
            response = await self._keep(request, await self._send(request))
        else:
            world.faults[fault] += 1
            response = await getattr(self, "_" + fault.replace(" ", "_").replace("-", "_"))(request)
        return response

    def _fault(self, request):
        rng, path = self.world.rng, request.url.path
        spell = weather.at(self.spells, self.world.loop.time())
        if spell is not None:
            self.world.faults[spell.kind] += 1
            return rng.choice(weather.SPELLS[spell.kind])
        if rng.random() >= self.share:
            return None
        fault = rng.choice(self.kinds)
        if fault in _ON_ENTRIES and path == LOGS:
            return None  # what the logs say is what is known: there is nobody else to ask
        if fault == "repeated page" and (path != REPORTS or not self.world.pages):
            return None
        if fault == "late" and path not in SENDS:
            return None
        return fault

    async def _send(self, request):
        """To the server and back; it may be the last thing that the process does."""
        path = request.url.path
        if self.fate is not None and path in SENDS and self.fate.comes("request under way"):
            self.world.arrive(self.world.rng.uniform(0, LATEST), self._arrive, request)
            await die("request under way")
        response = await self._arrive(request)
        if self.fate is not None:
            if path in SENDS:
                await self.fate.strike("answer under way")
            if path == REPORTS and b"messageId" in response.content:
                await self.fate.strike("page under way")
        return response

    async def _arrive(self, request):
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        response = await SimulatorTransport(self.world.server.app).handle_async_request(copy)
        await response.aread()
        return response

    async def _keep(self, request, response):
        if request.url.path == REPORTS and response.status_code == 200:
            self.world.pages.append(response.content)
        return response

    async def _refused(self, request):
        raise httpx.ConnectError("refused", request=request)

    async def _reset_before(self, request):
        raise httpx.ReadError("reset", request=request)

    async def _reset_after(self, request):
        await self._send(request)
        raise httpx.RemoteProtocolError("reset", request=request)

    async def _hang_before(self, request):
        await anyio.sleep(self.timeout * 2)
        raise httpx.ReadTimeout("too late anyhow", request=request)

    async def _hang_after(self, request):
        await self._send(request)
        await self._hang_before(request)

    async def _late(self, request):
        """It arrives within the time that the engine lets things settle."""
        self.world.arrive(self.world.rng.uniform(0, LATEST), self._arrive, request)
        raise httpx.ReadError("reset", request=request)

    async def _500_before(self, request):
        return httpx.Response(self.world.rng.choice([500, 502, 503, 504]), text="<html>")

    async def _500_after(self, request):
        await self._send(request)
        return await self._500_before(request)

    async def _429(self, request):
        return httpx.Response(429)

    async def _429_retry_after(self, request):
        return httpx.Response(429, headers={"Retry-After": str(self.world.rng.randint(1, 20))})

    async def _html(self, request):
        await self._send(request)
        return httpx.Response(200, text="<html>502 Bad Gateway</html>")

    async def _half(self, request):
        body = (await self._send(request)).content
        return httpx.Response(200, content=body[: len(body) // 2], headers=_JSON)

    async def _other_type(self, request):
        response = await self._send(request)
        return httpx.Response(200, content=response.content, headers={"Content-Type": "application/xml"})

    async def _nonsense(self, request):
        await self._send(request)
        return httpx.Response(200, json=self.world.rng.choice(_NONSENSE))

    async def _empty(self, request):
        await self._send(request)
        status, body = self.world.rng.choice([(200, b""), (204, b""), (200, b"\xff\xfe\x00")])
        return httpx.Response(status, content=body)

    async def _missing(self, request):
        rng = self.world.rng
        return await self._bent(request, lambda entries: [one for one in entries if rng.random() < 0.7])

    async def _added(self, request):
        return await self._bent(request, lambda entries: [_strange(entries), *entries])

    async def _doubled(self, request):
        return await self._bent(request, lambda entries: entries * 2)

    async def _shuffled(self, request):
        return await self._bent(request, lambda entries: self.world.rng.sample(entries, len(entries)))

    async def _repeated_page(self, request):
        return httpx.Response(200, content=self.world.rng.choice(self.world.pages), headers=_JSON)

    async def _slow(self, request):
        response = await self._send(request)
        await anyio.sleep(self.world.rng.uniform(1, self.timeout * 0.9))
        return await self._keep(request, response)

    async def _drip(self, request):
        response = await self._send(request)
        body, rng = response.content, self.world.rng
        size = max(1, len(body) // rng.randint(2, 10))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        whole = rng.uniform(0.1, self.timeout * 1.5)
        drip = _Drip(pieces, whole / max(1, len(pieces)))
        return httpx.Response(response.status_code, headers=response.headers, stream=drip)

    async def _bent(self, request, bend):
        response = await self._send(request)
        body = response.json() if response.status_code == 200 else {}
        for name in ("messages", "results"):
            if isinstance(body, dict) and body.get(name):
                date = {"Date": response.headers["Date"]}
                return httpx.Response(200, json=body | {name: bend(body[name])}, headers=date)
        return await self._keep(request, response)


def _strange(entries):
    """An entry for a message that is not in the request."""
    copy = json.loads(json.dumps(entries[0]))
    return copy | {"to": "66999999999", "messageId": "nobody-asked-for-this"}
