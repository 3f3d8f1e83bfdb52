"""A database, the simulator over HTTP, and the queue worked off by hand."""

import attrs
import httpx

from ants_async import AntsClient, BasicAuth, Campaign, Recipient
from ants_async.dispatch.delivery import SendingRules
from ants_async.scaleout import ScaleOut
from ants_async.scaleout.queue import Look
from ants_async.simulator import Simulator, SimulatorConfig, running
from ants_async.transport.retry import RetryPolicy

FIRST = 66_800_000_000
CAMPAIGN = Campaign("songkran", text="Hi {name}", sender="ANTS")
SOON = SendingRules(settle=0.0, pause=0.01, pause_cap=0.01, patience=0.5)


def people(count, *, first=FIRST):
    return [Recipient(str(first + n), fields={"name": f"n{n}"}) for n in range(count)]


class Network(httpx.AsyncHTTPTransport):
    """The real one; a test may bend a request or its answer."""

    bend = None

    async def handle_async_request(self, request):
        answer = None if self.bend is None else await self.bend(request)
        return answer or await super().handle_async_request(request)


@attrs.define
class World:
    scaleout: ScaleOut
    base_url: str
    network: Network
    client: AntsClient

    async def submit(self, count, campaign=CAMPAIGN, **options):
        return await self.scaleout.submit(campaign, people(count, **options))

    async def sql(self, statement, *values):
        """Rows of a look into the database, or of a change behind everybody's back."""

        async def do(connection):
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else cursor.rowcount

        return await self.scaleout.ledger.within(do)

    async def jobs(self, status="todo"):
        """Name and chunk of each job there is, the next one first."""
        return await self.sql(
            "SELECT split_part(task_name, ':', 2), (args ->> 'chunk')::bigint FROM procrastinate_jobs"
            " WHERE status = %s::procrastinate_job_status ORDER BY priority DESC, id",
            status,
        )

    async def work_off(self, *names, most=1000):
        """Do the jobs of these names as a worker would, but at once, whenever they are due."""
        done = []
        while len(done) < most:
            found = await self.sql(
                "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
                " WHERE status = 'todo' AND split_part(task_name, ':', 2) = ANY(%s)"
                " ORDER BY priority DESC, id LIMIT 1) RETURNING split_part(task_name, ':', 2), args",
                list(names),
            )
            if not found:
                break
            ((name, args),) = found
            done.append((name, args.get("chunk")))
            worker = self.scaleout.worker
            if name == "read":
                await self.scaleout.read_list(**args)
            elif name == "send":
                await worker.send(**args)
            else:
                await getattr(worker, name)(args.pop("chunk"), Look(**args))
        return done

    async def stats(self):
        """What the API knows."""
        async with httpx.AsyncClient(base_url=self.base_url, trust_env=False) as http:
            return (await http.get("/_simulator/stats")).json()


class Opening:
    """A world, as `async with`."""

    def __init__(self, database, options):
        self._database = database
        self._options = {"chunk_size": 10, "sending": SOON} | options

    async def __aenter__(self):
        self._open = _opened(self._database, self._options)
        return await anext(self._open)

    async def __aexit__(self, *error):
        await self._open.aclose()


async def _opened(database, options):
    simulator = options.pop("simulator", None) or Simulator(SimulatorConfig(delivery_time=0.0))
    scaleout = ScaleOut(database, **options)
    network = Network(trust_env=False)
    async with (
        scaleout,
        running(simulator) as base_url,
        AntsClient(
            base_url,
            BasicAuth("demo", "demo"),
            transport=network,
            rate=None,
            retry=RetryPolicy(attempts=1),
        ) as client,
    ):
        with scaleout.serving(client):
            yield World(scaleout, base_url, network, client)
