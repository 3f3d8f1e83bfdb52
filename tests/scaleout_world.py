"""Submitters, workers and readers over a real PostgreSQL and the real simulator, moved by the test alone.

No queue worker runs: a test takes the jobs itself, one after the other. Time passes where a test says so: in
the database by changing what is stored there, at the API by its clock.
"""

import ssl
import time
from collections import Counter
from datetime import timedelta
from types import SimpleNamespace

import anyio
import httpx
import psycopg
from engine_world import FIRST, people
from psycopg.rows import namedtuple_row

from ants_async.client import AntsClient
from ants_async.dispatch import Campaign, Recipient
from ants_async.dispatch.answers import Answer
from ants_async.dispatch.campaign import OutcomeKind
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.ledger.connecting import Connection
from ants_async.dispatch.ledger.schema import ChunkState
from ants_async.models.statuses import STATUSES
from ants_async.scaleout.leases import LeasedLedger, Leases
from ants_async.scaleout.queue import READ_QUEUE, SEND_QUEUE, TRACK_QUEUE, Look
from ants_async.scaleout.scaleout import ScaleOut
from ants_async.transport.auth import BasicAuth
from ants_async.transport.retry import RetryPolicy

CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS")
SMALL = Campaign("small", text="Hi", sender="ANTS")
SEND = "/sms/1/text/advanced"
REPORTS = "/sms/1/reports"
LOGS = "/sms/1/logs"
NO_WAITING = SendingRules(settle=0, pause=0, pause_cap=0)
PATIENCE = 30.0  # seconds until a test that waits for something says that it never came

__all__ = ["CAMPAIGN", "FIRST", "LOGS", "REPORTS", "SEND", "SMALL", "Connection", "people"]


class Clock:
    """The API's time."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.time() + self.ahead

    def forward(self, seconds):
        self.ahead += seconds


class Network(httpx.AsyncBaseTransport):
    """Carries requests over HTTP; a test may bend what comes back."""

    def __init__(self):
        self.http = httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self.bend = None
        self.requests = []

    async def handle_async_request(self, request):
        self.requests.append(request)
        if self.bend is not None:
            bent = await self.bend(request, self.http.handle_async_request)
            if bent is not None:
                return bent
        return await self.http.handle_async_request(request)

    async def aclose(self):
        await self.http.aclose()

    def count(self, path):
        return sum(request.url.path == path for request in self.requests)


def refusing(status_code, *, path=SEND, times=None):
    """A bend: so many requests to a path are refused; None: all."""
    left = [times]

    async def bend(request, _):
        if request.url.path != path or left[0] == 0:
            return None
        if left[0] is not None:
            left[0] -= 1
        error = {"serviceException": {"messageId": "REFUSED", "text": "refused by the test"}}
        return httpx.Response(status_code, json={"requestError": error})

    return bend


async def take(leases, chunk, state):
    """For what a chunk in this state needs."""
    return await (leases.to_send if state is ChunkState.UNANSWERED else leases.to_ask)(chunk)


class World:
    """A database, an API, and one `ScaleOut` with its worker; `open` and `client_of_its_own` add to it."""

    def __init__(self, url, base_url, clock, stack):
        self.url = url
        self.base_url = base_url
        self.clock = clock
        self._stack = stack
        self._workers = {}

    async def begin(self):
        self._database = await psycopg.AsyncConnection.connect(
            self.url,
            autocommit=True,
            row_factory=namedtuple_row,
            options="-c search_path=ants_async,public",
        )
        self._stack.push_async_callback(self._database.close)
        self.scaleout = await self.open()
        self.network, self.client = await self.client_of_its_own()
        self._stack.enter_context(self.scaleout.serving(self.client))

    @property
    def ledger(self):
        return self.scaleout.ledger

    @property
    def queue(self):
        return self.scaleout._queue

    @property
    def worker(self):
        return self.scaleout.worker

    async def open(self, **options):
        options = {"chunk_size": 10, "sending": NO_WAITING} | options
        return await self._stack.enter_async_context(ScaleOut(self.url, **options))

    async def client_of_its_own(self):
        network = Network()
        client = AntsClient(
            self.base_url,
            BasicAuth("demo", "demo"),
            transport=network,
            rate=None,
            retry=RetryPolicy(attempts=1),
            wall_clock=self.clock,
        )
        await self._stack.enter_async_context(client)
        return network, client

    async def worker_of_its_own(self, **options):
        """Another process's: with a client that does not know the time yet."""
        scaleout = await self.open(**options)
        _, client = await self.client_of_its_own()
        self._stack.enter_context(scaleout.serving(client))
        return scaleout

    # The database.

    async def sql(self, statement, *values):
        cursor = await self._database.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []

    async def value(self, statement, *values):
        ((value,),) = await self.sql(statement, *values)
        return value

    async def snapshot(self):
        """All that is stored."""
        tables = (
            "campaign",
            "chunk",
            "planned",
            "fate",
            "left_out",
            "suppressed",
            "lease",
            "reading",
            "consumer",
        )
        found = {
            name: await self.sql(f"SELECT t::text FROM {name} AS t ORDER BY 1")  # noqa: S608 - names of ours
            for name in tables
        }
        return found | {"jobs": await self.sql("SELECT t::text FROM procrastinate_jobs AS t ORDER BY 1")}

    async def chunks(self, campaign=CAMPAIGN):
        found = await self.sql(
            "SELECT chunk.key FROM chunk JOIN campaign ON campaign.key = chunk.campaign"
            " WHERE campaign.id = %s ORDER BY chunk.key",
            campaign.id,
        )
        return [key for (key,) in found]

    async def state(self, chunk):
        return ChunkState(await self.value("SELECT state FROM chunk WHERE key = %s", chunk))

    async def expire(self, chunk=None):
        """The time of a lease is over; of all leases that are held, without a chunk."""
        await self.sql(
            "UPDATE lease SET until = clock_timestamp() - interval '1 second'"
            " WHERE (chunk = %s OR %s) AND until > clock_timestamp()",
            chunk,
            chunk is None,
        )

    async def is_free(self, chunk):
        return not await self.sql(
            "SELECT 1 FROM lease WHERE chunk = %s AND until >= clock_timestamp()", chunk
        )

    async def somebody_waits(self):
        """For a lock of another transaction."""
        return await self.value(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )

    # Jobs.

    async def jobs(self, task=None, *, status="todo"):
        found = await self.sql(
            "SELECT *, extract(epoch FROM scheduled_at - now()) AS due_in FROM procrastinate_jobs"
            " WHERE status = %s::procrastinate_job_status ORDER BY priority DESC, id",
            status,
        )
        return [job for job in found if task is None or job.task_name == f"ants:{task}"]

    async def due(self):
        """The time of all jobs has come."""
        await self.sql("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")

    async def fetch(self, queue=None, *, scaleout=None):
        """The next job, as a queue worker gets it; None when none is due."""
        scaleout = scaleout or self.scaleout
        manager = scaleout.app.job_manager
        if scaleout not in self._workers:
            self._workers[scaleout] = await manager.register_worker()
        queues = [SEND_QUEUE, TRACK_QUEUE, READ_QUEUE] if queue is None else [queue]
        return await manager.fetch_job(queues, self._workers[scaleout])

    async def perform(self, job, *, scaleout=None):
        """What a queue worker does with a job; it fails where its task does."""
        scaleout = scaleout or self.scaleout
        task = scaleout.app.tasks[job.task_name]
        context = [SimpleNamespace(app=scaleout.app, job=job)] if task.pass_context else []
        failed = True
        try:
            await task.func(*context, **job.task_kwargs)
            failed = False
        finally:
            await self.sql(
                "SELECT procrastinate_finish_job_v1(%s, %s::procrastinate_job_status, %s)",
                job.id,
                "failed" if failed else "succeeded",
                not failed,
            )

    async def work(self, queue=None, *, scaleout=None):
        """Do the jobs that are due, one after the other, until there is none; how many there were."""
        done = 0
        while (job := await self.fetch(queue, scaleout=scaleout)) is not None:
            await self.perform(job, scaleout=scaleout)
            done += 1
        return done

    async def work_to_the_end(self, campaign=CAMPAIGN):
        """All of it, reports included, however long their jobs would wait."""
        shared = self.scaleout.campaign(campaign.id)
        for _ in range(100):
            await self.work()
            self.clock.forward(100)
            await self.due()
            if not await self.jobs():
                return await shared.summary()
        raise AssertionError(f"jobs without end: {await self.jobs()}")

    async def dies_at_work(self, queue=None):
        """A worker fetches a job, takes its chunk, and is never heard of again."""
        scaleout = await self.worker_of_its_own()
        job = await self.fetch(queue, scaleout=scaleout)
        state = ChunkState.UNANSWERED if job.queue == SEND_QUEUE else ChunkState.TRACKED
        assert await take(scaleout.worker._leases, job.task_kwargs["chunk"], state) is not None
        return scaleout, job

    async def is_dead(self, scaleout):
        """Its heart has not beaten for long, and its leases are over."""
        await self.sql(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s",
            self._workers[scaleout],
        )
        await self.expire()

    async def named(self):
        """Name and chunk of each job that waits, the next one first."""
        return [(job.task_name.partition(":")[2], job.args.get("chunk")) for job in await self.jobs()]

    async def work_off(self, *names, most=1000):
        """Do the jobs of these names at once, whenever they are due; reports are there by then."""
        for _ in range(most):
            self.clock.forward(100)
            job = next((job for job in await self.jobs() if job.task_name.partition(":")[2] in names), None)
            if job is None:
                return
            await self.sql("DELETE FROM procrastinate_jobs WHERE id = %s", job.id)
            if job.task_name == "ants:send":
                await self.worker.send(**job.args)
            else:
                args = dict(job.args)
                work = getattr(self.worker, job.task_name.partition(":")[2])
                await work(args.pop("chunk"), Look(**args))

    async def submit(self, count, campaign=CAMPAIGN, *, first=FIRST):
        return await self.scaleout.submit(campaign, people(count, first=first))

    # Leases.

    def leases(self, seconds=30):
        """Those of one more worker."""
        return Leases(self.ledger, seconds, self.client.address)

    async def leased(self, chunk, *, done_in=ChunkState.TRACKED, then=None):
        """A chunk as a worker has it that is at work on it."""
        leases = self.leases()
        state = await self.state(chunk)
        taken = await take(leases, chunk, state)
        assert taken is not None
        return leases, taken, LeasedLedger(self.ledger, leases, taken, done_in=done_in, then=then or nothing)

    async def answered(self, count=10, campaign=CAMPAIGN):
        """A campaign whose sends are all answered: its chunks."""
        await self.scaleout.submit(campaign, people(count))
        await self.work(SEND_QUEUE)
        return await self.chunks(campaign)

    # The API.

    async def at_the_api(self, path):
        request = httpx.Request("GET", f"{self.base_url}/_simulator/{path}")
        response = await self.network.http.handle_async_request(request)
        await response.aread()
        return response.json()

    async def texted(self):
        """How often each number was accepted by the API."""
        found = await self.at_the_api("messages?limit=100000")
        return Counter(message["to"] for message in found["messages"])

    async def until(self, is_so):
        """Wait for a condition."""
        with anyio.fail_after(PATIENCE):
            while not await is_so():  # noqa: ASYNC110 - it is others who work
                await anyio.sleep(0.005)

    async def newest(self, campaign=CAMPAIGN):
        return [outcome async for outcome in self.ledger.outcomes(campaign.id)]

    async def kinds(self, campaign=CAMPAIGN):
        return Counter(outcome.kind for outcome in await self.newest(campaign))


async def nothing(connection, chunk):
    """No job comes next."""


def accepted(messages, *, first=0, last=None, deduplicated=False):
    """An answer that takes these messages."""
    last = len(messages) - 1 if last is None else last
    return Answer(
        first=messages.places[first],
        last=messages.places[last],
        kind=OutcomeKind.ACCEPTED,
        status=STATUSES[7],
        deduplicated=deduplicated,
    )


def everybody(count, *, first=FIRST):
    """Each number once."""
    return Counter({str(number): 1 for number in range(first, first + count)})


def numbered(*numbers):
    return [Recipient(str(FIRST + number), fields={"name": f"n{number}"}) for number in numbers]


LONG = timedelta(seconds=30)
