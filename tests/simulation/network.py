"""A network, and a server behind it, that do whatever networks and servers have done to people."""

import json
from random import Random

import anyio
import attrs
import httpx

from ants_async.simulator import SimulatorTransport

SENDS = ("/sms/1/text/advanced", "/sms/1/text/multi")
REPORTS, LOGS = "/sms/1/reports", "/sms/1/logs"
STRANGER = "stranger"

FAULTS = {
    "refused": "no connection",
    "reset before": "the connection breaks before the request is read",
    "reset after": "it breaks after the request took effect",
    "hang before": "no answer, and the request never arrived",
    "hang after": "no answer, though the request took effect",
    "late": "the request takes effect long after its connection broke",
    "500 before": "5xx, and nothing happened",
    "500 after": "5xx, though the request took effect",
    "429": "too many requests",
    "429 retry-after": "the same, with a hint",
    "garbage": "an answer that is none: HTML, half a body, another content type, other types",
    "missing": "an answer or a page of reports without some of its entries",
    "added": "an answer with entries that nobody asked for",
    "doubled": "an answer or a page with entries twice",
    "shuffled": "an answer or a page in another order",
    "repeated page": "a page of reports that was handed out before",
    "slow": "everything in order, and slow",
}
"""What can go wrong, and what it is."""

_JSON = {"Content-Type": "application/json"}
_GARBAGE = (
    lambda body: httpx.Response(200, text="<html>502 Bad Gateway</html>"),
    lambda body: httpx.Response(200, content=body[: len(body) // 2], headers=_JSON),
    lambda body: httpx.Response(200, content=body, headers={"Content-Type": "application/xml"}),
    lambda body: httpx.Response(200, json={"messages": 5, "results": 5}),
    lambda body: httpx.Response(200, json={"messages": [None], "results": {}}),
    lambda body: httpx.Response(200, json=[]),
    lambda body: httpx.Response(200, content=b""),
    lambda body: httpx.Response(200, content=b"\xff\xfe\x00"),
    lambda body: httpx.Response(204),
)


@attrs.define
class Network(httpx.AsyncBaseTransport):
    """Carries requests to the simulator. `share`: of those that something happens to; `kinds`: what may."""

    app: object
    rng: Random
    share: float
    kinds: list[str]
    timeout: float
    counts: dict[str, int] = attrs.field(factory=dict)
    requests: int = 0
    late: list[httpx.Request] = attrs.field(factory=list)
    _pages: list[bytes] = attrs.field(factory=list)

    async def handle_async_request(self, request):
        self.requests += 1
        await anyio.sleep(self.rng.uniform(0.005, 0.3))
        fault = self._fault(request)
        if fault is None:
            return await self._keep(request, await self._send(request))
        self.counts[fault] = self.counts.get(fault, 0) + 1
        return await getattr(self, "_" + fault.replace(" ", "_").replace("-", "_"))(request)

    async def deliver_late(self):
        """What was on its way when its sender died, or gave up."""
        for request in [self.late.pop(0) for _ in self.late[:]]:
            await self._send(request)

    def _fault(self, request):
        if self.rng.random() >= self.share:
            return None
        fault = self.rng.choice(self.kinds)
        if fault in {"missing", "added", "doubled", "shuffled"} and request.url.path == LOGS:
            return None  # what the logs say is what is known: there is nobody else to ask
        if fault == "repeated page" and (request.url.path != REPORTS or not self._pages):
            return None
        if fault == "late" and request.url.path not in SENDS:
            return None
        return fault

    async def _send(self, request):
        copy = httpx.Request(request.method, request.url, headers=request.headers, content=request.content)
        response = await SimulatorTransport(self.app).handle_async_request(copy)
        await response.aread()
        return response

    async def _keep(self, request, response):
        if request.url.path == REPORTS and response.status_code == 200:
            self._pages.append(response.content)
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
        await anyio.sleep(self.timeout * 2)
        raise httpx.ReadTimeout("too late anyhow", request=request)

    async def _late(self, request):
        """It arrives within the time that the engine lets things settle."""
        self.late.append(request)
        raise httpx.ReadError("reset", request=request)

    async def _500_before(self, request):
        return httpx.Response(self.rng.choice([500, 502, 503, 504]), text="<html>")

    async def _500_after(self, request):
        await self._send(request)
        return await self._500_before(request)

    async def _429(self, request):
        return httpx.Response(429)

    async def _429_retry_after(self, request):
        return httpx.Response(429, headers={"Retry-After": str(self.rng.randint(1, 20))})

    async def _garbage(self, request):
        response = await self._send(request)
        return self.rng.choice(_GARBAGE)(response.content)

    async def _missing(self, request):
        return await self._bent(request, lambda entries: [one for one in entries if self.rng.random() < 0.7])

    async def _added(self, request):
        return await self._bent(request, lambda entries: [self._strange(entries), *entries])

    async def _doubled(self, request):
        return await self._bent(request, lambda entries: entries * 2)

    async def _shuffled(self, request):
        return await self._bent(request, lambda entries: self.rng.sample(entries, len(entries)))

    async def _repeated_page(self, request):
        return httpx.Response(200, content=self.rng.choice(self._pages), headers=_JSON)

    async def _slow(self, request):
        response = await self._send(request)
        await anyio.sleep(self.rng.uniform(1, self.timeout * 0.9))
        return await self._keep(request, response)

    async def _bent(self, request, bend):
        response = await self._send(request)
        body = response.json() if response.status_code == 200 else {}
        for name in ("messages", "results"):
            if isinstance(body, dict) and body.get(name):
                return httpx.Response(200, json=body | {name: bend(body[name])})
        return await self._keep(request, response)

    def _strange(self, entries):
        """An entry for a message that is not in the request."""
        return json.loads(json.dumps(entries[0])) | {
            "to": "66999999999",
            "messageId": "nobody-asked-for-this",
        }
