"""The way of pushed reports to the process at work, and those on it who mean ill."""

import json

import anyio
import attrs
import httpx

from ants_async.webhooks import Push, PushKey
from simulation.judge import Breach
from simulation.scenario import FIRST, NUMBERS
from simulation.world import World

KEYS = (PushKey("new", b"n" * 32), PushKey("old", b"o" * 32))
NOBODY = str(FIRST + NUMBERS)  # a number that is in no list
URL = "http://127.0.0.1:9000/ants"
FORGED = {"groupId": 5, "groupName": "REJECTED", "id": 10, "name": "REJECTED_DND", "description": ""}
"""What every lie says; the server never says it of anybody."""

FAULTS = {
    "push lost": "no connection to the receiver",
    "push swallowed": "somebody on the way says 204, and nothing arrives",
    "push doubled": "it arrives twice",
    "push unanswered": "it arrives, and its answer is lost on the way back",
    "push late": "it arrives minutes later, in any order, after the server gave it up",
    "push refused": "a proxy says 5xx",
    "push altered": "it arrives with another number, id or MAC, or to another path",
    "push mixed": "it arrives together with a forged one",
}


@attrs.define
class PushNetwork(httpx.AsyncBaseTransport):
    """Carries pushes to whichever receiver is there. `share`: of those that something happens to."""

    world: World
    share: float = 0.0
    kinds: list[str] = attrs.field(factory=lambda: sorted(FAULTS))
    fate: object = None

    async def handle_async_request(self, request):
        rng = self.world.rng
        await anyio.sleep(rng.uniform(0.005, 0.3))
        fault = rng.choice(self.kinds) if rng.random() < self.share else None
        self.world.note("push", request.content, fault)
        if fault is None:
            return await self._deliver(request)
        self.world.faults[fault] += 1
        return await getattr(self, "_" + fault.replace(" ", "_"))(request)

    async def _deliver(self, request, path=None, content=None):
        world = self.world
        if world.receiver is None:
            world.faults["push to nobody"] += 1
            raise httpx.ConnectError("nobody listens", request=request)
        url = request.url if path is None else request.url.copy_with(path=path)
        copy = httpx.Request(
            "POST", url, headers={"Content-Type": "application/json"}, content=content or request.content
        )
        world.at_receiver += 1
        try:
            answer = await world.receiver.handle_async_request(copy)
            await answer.aread()
        finally:
            world.at_receiver -= 1
        if answer.status_code == 204 and self.fate is not None:
            await self.fate.strike("push not answered")
        return answer

    async def _push_lost(self, request):
        raise httpx.ConnectError("gone", request=request)

    async def _push_swallowed(self, request):
        return httpx.Response(204)

    async def _push_doubled(self, request):
        await self._deliver(request)
        return await self._deliver(request)

    async def _push_unanswered(self, request):
        await self._deliver(request)
        raise httpx.ReadError("reset", request=request)

    async def _push_late(self, request):
        self.world.arrive(10 ** self.world.rng.uniform(0, 3.5), _whether_or_not, self._deliver, request)
        return httpx.Response(self.world.rng.choice([204, 504]))

    async def _push_refused(self, request):
        return httpx.Response(self.world.rng.choice([500, 502, 503]))

    async def _push_altered(self, request):
        body = json.loads(request.content)
        (report,) = body["results"]
        path = request.url.path
        match self.world.rng.randrange(5):
            case 0:
                report |= {"to": NOBODY, "status": FORGED}
            case 1:
                report |= {"messageId": "A" * 26, "status": FORGED}
            case 2:
                report |= {"callbackData": report["callbackData"][:-1] + "_", "status": FORGED}
            case 3:
                del report["callbackData"]
                report["status"] = FORGED
            case 4:
                report["status"] = FORGED
                path = path[:-8] + "forged00"
        await self._forged(request, body, path)
        return httpx.Response(502)

    async def _push_mixed(self, request):
        """The rest of it counts; as it has another number than its MAC was made for, it does not."""
        body = json.loads(request.content)
        lie = body["results"][0] | {"to": NOBODY, "status": FORGED}
        content = json.dumps({"results": [lie, *body["results"]]}).encode()
        return await self._deliver(request, content=content)

    async def _forged(self, request, body, path):
        try:
            answer = await self._deliver(request, path, json.dumps(body).encode())
        except httpx.ConnectError:
            return
        if answer.status_code != 404:
            raise Breach("forged", f"a forged push was answered {answer.status_code}: {body}")

    async def lie(self):
        """Somebody who knows the numbers and the URL without its secret, and one who saw another's report."""
        rng, server = self.world.rng, self.world.server
        while True:
            await anyio.sleep(10 ** rng.uniform(0, 2.5))
            messages = [one for one in server._services.account.messages if one.asked.callback_data]
            if not messages:
                continue
            self.world.faults["push forged"] += 1
            about, seen = rng.choice(messages), rng.choice(messages)
            mac = "v1.new.AAAAAAAAAAAAAAAAAAAAAA" if seen is about else seen.asked.callback_data
            report = server._services.account.report(about) | {"callbackData": mac, "status": FORGED}
            request = httpx.Request("POST", about.asked.notify_url)
            await self._forged(request, {"results": [report]}, httpx.URL(about.asked.notify_url).path)


async def _whether_or_not(deliver, request):
    """What is late is late: nobody waits for its answer, and there may be no receiver by then."""
    try:
        await deliver(request)
    except httpx.ConnectError:
        return


def draw_push(rng, runs):
    """For some campaigns; the keys are changed between the first run and the later ones."""
    keys = KEYS[1:] if not runs else KEYS
    return Push(URL, keys, intermediate=rng.random() < 0.5)
