"""Whole clients: the real `AntsClient` against an API that refuses, or fails, on a virtual clock."""

import math
from collections import Counter
from random import Random

import anyio
import attrs
import httpx
from virtual_time import run_virtual

from ants_async.client import AntsClient
from ants_async.errors import OutcomeUnknown, ServerError
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryBudget, RetryPolicy
from storms.cases import Case
from storms.load import Log
from storms.servers import SERVERS

THROTTLE = {"requestError": {"serviceException": {"messageId": "THROTTLE_EXCEPTION", "text": "Too many"}}}
STATUS = {"groupId": 1, "groupName": "PENDING", "id": 7, "name": "PENDING_ENROUTE"}
RECEIPT = {"messages": [{"to": "66847781470", "status": STATUS, "messageId": "m"}]}


@attrs.define
class Api(httpx.AsyncBaseTransport):
    """`fails(now)`: the share of requests that get a 500, before any limit is looked at."""

    server: object
    trip: float
    rng: Random
    retry_after: str | None = None
    fails: object = lambda now: 0.0
    log: Log = attrs.field(factory=Log)

    async def handle_async_request(self, request):
        await anyio.sleep(self.trip / 2)
        now = anyio.current_time()
        if self.rng.random() < self.fails(now):
            self.log.note(now, accepted=False)
            answer = httpx.Response(500)
        else:
            accepted = self.server.accepts(now)
            self.log.note(now, accepted)
            answer = httpx.Response(200, json=RECEIPT) if accepted else self._refusal()
        await anyio.sleep(self.trip / 2)
        return answer

    def _refusal(self):
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        return httpx.Response(429, json=THROTTLE, headers=headers)

    def client(self):
        client = AntsClient("https://api.ants.co.th", BasicAuth("demo", "demo"), transport=self)
        for one in (*client.limiters.values(), client._transport):
            one._rng = Random(
                self.rng.random()
            )  # the jitter of pauses and retries, too, follows from the seed
        return client


async def send(client, name):
    """One message with an id of its own: the transport may repeat it after a 429 and after a 5xx."""
    message = AdvancedMessage(destinations=[Destination("66847781470", name)], text="x")
    await client.sms.send_advanced(AdvancedRequest(messages=[message]))


# --- two clients on one account


def two_clients(server, limit, trip, seed, *, retry_after=None):
    """What two whole clients get together, the second from second 20 on, in as long as `Case.end`."""
    seconds = Case("second client", server, trip, "none", limit, seed).end
    rng = Random(f"two clients {server} {limit} {trip} {retry_after} {seed}")
    api = Api(SERVERS[server](lambda _: limit, rng), trip, rng, retry_after)

    async def client(start):
        await anyio.sleep(start)
        async with api.client() as client, anyio.create_task_group() as group:

            async def worker(number):
                while anyio.current_time() < seconds:
                    await send(client, f"{start}-{number}")

            for number in range(max(8, math.ceil(4 * limit * trip))):
                group.start_soon(worker, number)

    async def both():
        async with anyio.create_task_group() as group:
            group.start_soon(client, 0.0)
            group.start_soon(client, 20.0)

    run_virtual(both)
    return api.log.goodput(30, seconds) / limit, api.log.refused(0, seconds)


# --- the line in front of the limiter


@attrs.define
class Waiter:
    """A call: when it was made, how many were before it, when its answer came."""

    asked: float
    ahead: int
    answered: float = math.inf


def waiters(server, limit, trip, seed, *, retry_after=None):
    """Five seconds' worth of calls at once, then newcomers for a minute, nearly as many as may pass."""
    rng = Random(f"waiters {server} {limit} {trip} {retry_after} {seed}")
    api = Api(SERVERS[server](lambda _: limit, rng), trip, rng, retry_after)
    calls, waiting = [], Counter()

    async def call(client):
        waiter = Waiter(anyio.current_time(), waiting["now"])
        calls.append(waiter)
        waiting["now"] += 1
        await send(client, f"m{len(calls)}")
        waiting["now"] -= 1
        waiter.answered = anyio.current_time()

    async def everybody():
        async with api.client() as client, anyio.create_task_group() as group:
            for _ in range(5 * limit):
                group.start_soon(call, client)
            while anyio.current_time() < 60:
                group.start_soon(call, client)
                await anyio.sleep(rng.expovariate(0.8 * limit))

    run_virtual(everybody)
    return calls


def starved(calls, limit):
    """Those that waited longer than twice the line before them, and 15 seconds for slow start and pauses.

    Twice: a call that is refused lines up again at the end.
    """
    return [call for call in calls if call.answered - call.asked > 2 * call.ahead / limit + 15]


# --- a server that fails


@attrs.frozen
class MeltDown:
    """The bad minute: requests, messages they were for, and the most that came in any five seconds."""

    requests: int
    messages: int
    fastest: float
    limit: int
    after: float

    @property
    def allowed(self):
        """1.1 requests a message, and what the budget holds."""
        return 1.1 * self.messages + RetryPolicy().budget / RetryBudget.COST


def melt_down(share, limit, trip, seed, *, callers=60):
    """Thirty good seconds, a minute in which `share` of all requests get a 500, thirty good ones again."""
    rng = Random(f"melt-down {share} {limit} {trip} {seed}")
    api = Api(SERVERS["token bucket"](lambda _: limit, rng), trip, rng)
    api.fails = lambda now: share if 30 <= now < 90 else 0.0
    begun = []

    async def caller(client, number):
        while anyio.current_time() < 120:
            begun.append(anyio.current_time())
            try:
                await send(client, f"{number}-{len(begun)}")
            except (ServerError, OutcomeUnknown):
                continue  # this message is left: the next one

    async def everybody():
        async with api.client() as client, anyio.create_task_group() as group:
            for number in range(callers):
                group.start_soon(caller, client, number)

    run_virtual(everybody)
    return MeltDown(
        requests=api.log.requests(30, 90),
        messages=sum(30 <= when < 90 for when in begun) + callers,  # these were at it when the minute began
        fastest=max(api.log.requests(second, second + 5) / 5 for second in range(30, 86)),
        limit=limit,
        after=api.log.best(5, 90, 120) / limit,
    )
