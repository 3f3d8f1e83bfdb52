"""Campaigns on many workers: submitted by anybody, sent by all of them, read by anybody."""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Final, Self

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager

from ants_async.client import AntsClient
from ants_async.dispatch.arrivals import Arrivals
from ants_async.dispatch.campaign import Campaign, CampaignState, CampaignSummary, Mode
from ants_async.dispatch.canary import Canary
from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.engine import MAX_BODY, check_chunk_size
from ants_async.dispatch.fields import fields_of
from ants_async.dispatch.ledger.connecting import Connection, connect, named_errors
from ants_async.dispatch.ledger.migrations import LEDGER, LOCK, check, migrate
from ants_async.dispatch.ledger.postgres import PostgresLedger
from ants_async.dispatch.ledger.protocol import OpenCampaign, PushedBulk
from ants_async.dispatch.ledger.work import Work, row, run
from ants_async.dispatch.push import Push
from ants_async.dispatch.source import Recipients
from ants_async.dispatch.suppression import Suppress, is_suppressed
from ants_async.dispatch.tracking import BESIDE_PUSHES, TrackingRules
from ants_async.dispatch.unbroken import to_its_end
from ants_async.endpoints import Family
from ants_async.errors import (
    AntsError,
    CampaignMismatch,
    CampaignPaused,
    LedgerDamaged,
    LedgerError,
    LedgerInUse,
    ReportsNotTaken,
    ValidationError,
)
from ants_async.models.reports import DeliveryReport
from ants_async.resources.reports import MAX_LIMIT
from ants_async.scaleout import control
from ants_async.scaleout.campaign import SharedCampaign, wake_all
from ants_async.scaleout.pin_limits import SharedPinLimits
from ants_async.scaleout.planning import ListReader
from ants_async.scaleout.queue import Queue
from ants_async.scaleout.rates import shared_rates
from ants_async.scaleout.tables import STEPS
from ants_async.scaleout.tasks import blueprint
from ants_async.scaleout.worker import Worker
from ants_async.transport.rate import Limiter, Rates

_log = logging.getLogger("ants_async.scaleout")
NAMESPACE: Final = "ants"
_ACCOUNT: Final = "account"  # there is one: whoever is free sends the next chunk


class SharedLedger(PostgresLedger):
    """The ledger of campaigns that workers send: here it is only its list that is at work in one process."""

    def __init__(self, url: str, *, connections: int) -> None:
        super().__init__(url, connections=connections)
        self._while_running: set[str] = set()

    async def open_while_running(self, campaign: Campaign, *, now: float) -> OpenCampaign:
        """As `open_campaign`; raises `LedgerInUse`, too, when somebody has paused it."""
        self._while_running.add(campaign.id)
        try:
            return await self.open_campaign(campaign, None, reads_source=True, now=now)
        finally:
            self._while_running.discard(campaign.id)

    async def _open_campaign(
        self, campaign_id: str, opening: Callable[..., Work[OpenCampaign]]
    ) -> OpenCampaign:
        opened = await super()._open_campaign(campaign_id, opening)
        try:
            await self._run(_share, opened.key)
        except BaseException:
            await self.release(opened.key)
            raise
        return opened

    def _check(self, key: int) -> Work[None]:
        (state, campaign_id, has_texts) = yield from row(
            "SELECT state, id, store_texts FROM campaign WHERE key = ?", key
        )
        if campaign_id in self._while_running and state != str(CampaignState.RUNNING):
            raise LedgerInUse(f"campaign {campaign_id!r} is {state}")
        if not has_texts:
            raise CampaignMismatch(
                f"campaign {campaign_id!r} was begun without storing texts, which workers would not have; "
                "to continue it use the ledger that it was begun with"
            )


def _share(key: int) -> Work[None]:
    """From now on workers send it, and also what a single process has left of it."""
    yield from run("UPDATE campaign SET by_workers = TRUE WHERE key = ?", key)
    yield from run(
        "INSERT INTO lease (chunk) SELECT key FROM chunk WHERE campaign = ? ON CONFLICT DO NOTHING", key
    )


class ScaleOut:
    """Campaigns of an account in a PostgreSQL, for any number of submitters, workers and readers.

    It is used as `async with`.

    `url`: as psycopg takes it; `migrate` makes the tables. `app`: a Procrastinate app of your own over the
    same database, to which `blueprint` was added under the namespace "ants"; without one there is one here.
    `chunk_size`, `max_body`, `sending`, `tracking`, `push` are as for `Dispatcher`, and the same for all;
    `suppress` holds for the lists that are read here, and for what is sent here.
    `lease`: seconds after which a chunk of a worker that died may be taken over. `read_source`: how workers
    read a list that was submitted by its name alone. `connections`: the most that are open.

    Raises `LedgerError` when the database is away, or its tables are not there.
    """

    def __init__(
        self,
        url: str,
        *,
        app: procrastinate.App | None = None,
        chunk_size: int = MAX_LIMIT,
        max_body: int = MAX_BODY,
        sending: SendingRules | None = None,
        tracking: TrackingRules | None = None,
        push: Push | None = None,
        suppress: Suppress | None = None,
        lease: float = 30.0,
        read_source: Callable[[CampaignSummary], Recipients] | None = None,
        connections: int = 16,
    ) -> None:
        check_chunk_size(chunk_size)
        if not lease > 0:
            raise ValidationError("lease", lease, "more than 0 seconds")
        self.ledger = SharedLedger(url, connections=connections)
        self.blueprint = blueprint(self)
        self.lease = lease
        self._url = url
        self._owns_app = app is None
        self.app = app or procrastinate.App(connector=procrastinate.PsycopgConnector())
        if self._owns_app:
            self.app.add_tasks_from(self.blueprint, namespace=NAMESPACE)
        self._queue = Queue(self.app, NAMESPACE)
        self._chunk_size = chunk_size
        self._max_body = max_body
        self._sending = sending or SendingRules()
        self._tracking = tracking or (TrackingRules() if push is None else BESIDE_PUSHES)
        self._push = push
        self._is_suppressed = is_suppressed(suppress)
        self._read_source = read_source
        self._worker: Worker | None = None
        self._connected = ExitStack()
        self._arrivals = Arrivals(self.ledger, self._note_end)
        self._ended: set[int] = set()

    def __repr__(self) -> str:
        return f"ScaleOut({self.ledger!r})"

    async def migrate(self) -> int:
        """Make all tables, Procrastinate's too if they are not there; how many steps that took."""
        steps = await self.ledger.migrate()
        with named_errors():
            async with await connect(self._url) as connection:
                steps += await migrate(connection, "scaleout", STEPS)
                async with connection.transaction():
                    await connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                    if not await _has_queue(connection):
                        await connection.execute("SET LOCAL search_path TO public")  # it is not ours alone
                        await connection.execute(SchemaManager.get_schema().encode())
                        steps += 1
        return steps

    async def reach(self) -> None:
        """Connect to the database once. Raises `LedgerError`, which says why that cannot be done."""
        with named_errors():
            await (await connect(self._url)).close()

    async def __aenter__(self) -> Self:
        await self.ledger.__aenter__()
        try:
            await self.ledger.within(_check_tables)
            if self._owns_app:
                connector = procrastinate.PsycopgConnector()  # which opens once
                self._connected.enter_context(self.app.replace_connector(connector))
                await self.app.open_async(self.ledger.pool)
        except BaseException:
            await self.ledger.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connected.close()
        await self.ledger.__aexit__(exc_type, exc, traceback)

    async def submit(
        self,
        campaign: Campaign,
        recipients: Recipients | None,
        *,
        source: str | None = None,
        canary: Canary | None = None,
        suppress: Collection[str] | None = None,
        api: str | None = None,
    ) -> SharedCampaign:
        """Read the list into the database, from where workers send it while it is still being read.

        With `recipients=None` a worker reads it: `source` says to its `read_source` which. Submitting the
        same campaign again goes on with it: a list that was cut short, extended or shuffled loses and doubles
        nobody. With a `canary` a few go ahead, and the rest is read when enough of them have arrived.
        `suppress`: a set of numbers, or a `SuppressionList`, that no worker texts in it from now on.
        `api`: the address of the API that alone may send it; else it is the first that answers a worker.

        Raises `CanaryFailed` when too many have not, `CampaignPaused` when it is paused while they are waited
        for, `CampaignMismatch`, `LedgerInUse` while its list is being read elsewhere, `LedgerError`,
        `ValidationError`, and whatever `recipients` raises; what was read until then is sent, also when this
        is cancelled.
        """
        if campaign.mode is not Mode.ADVANCED:
            rule = "'advanced': without ids of our own a worker that is away for a while could text twice"
            raise ValidationError("mode", str(campaign.mode), rule)
        if recipients is None and source is None:
            raise ValidationError("source", None, "the name of the list, for a worker to read it")
        if recipients is None and canary is not None:
            raise ValidationError("canary", canary, "for a list that is read here")
        opened = await to_its_end(
            self.ledger.open_campaign(
                campaign, source, api=api, reads_source=True, suppress=suppress, now=time.time()
            ),
            undo=lambda unseen: self.ledger.release(unseen.key),
        )
        try:
            await wake_all(self.ledger, self._queue, opened.key)
            if recipients is None:
                await self.ledger.within(lambda there: self._queue.read(there, opened.key, campaign.id))
            else:
                await self._read(opened, recipients, canary)
        except CampaignPaused as paused:
            await self._pause(opened.key, str(paused))
            raise
        finally:
            await self.ledger.release(opened.key)
        return self.campaign(campaign.id)

    async def _read(self, opened: OpenCampaign, recipients: Recipients, canary: Canary | None = None) -> None:
        reader = ListReader(
            self.ledger,
            self._queue,
            opened,
            chunk_size=self._chunk_size,
            max_body=self._max_body,
            own_bytes=0 if self._push is None else self._push.bytes_a_message,
            is_suppressed=is_suppressed(self._is_suppressed, opened.suppressed),
        )
        await reader.read(recipients, canary)
        await self.ledger.within(lambda there: control.is_read(there, opened.key))

    def campaign(self, campaign_id: str) -> SharedCampaign:
        """A campaign that was submitted, by whomever."""
        return SharedCampaign(self.ledger, self._queue, campaign_id)

    async def campaigns(self) -> Sequence[CampaignSummary]:
        """All campaigns, newest first."""
        return await self.ledger.campaigns()

    async def receive(self, reports: Iterable[DeliveryReport]) -> None:
        """Take pushed reports, in any process: as `Dispatcher.receive`."""
        final = [report for report in reports if report.status.is_final]
        not_taken = await self._arrivals.store(final) if final else []
        ended, self._ended = self._ended, set()
        for key in ended:
            await self.ledger.within(partial(control.finish, campaign=key))
        if not_taken:
            raise ReportsNotTaken(not_taken)

    def rates(self, rate: Rates = "adaptive") -> AbstractAsyncContextManager[Mapping[Family, Limiter]]:
        """What all workers give to `AntsClient(rate=…)`: one rate for all of them, and anybody else who does.

        `async with scaleout.rates("100/1s") as rates`; `rate` as `AntsClient` takes it.
        """
        return shared_rates(self.ledger.pool, _ACCOUNT, rate)

    def pin_limits(self) -> SharedPinLimits:
        """What all processes of the account give to `AntsClient(pin_limits=…)`."""
        return SharedPinLimits(self.ledger.pool, _ACCOUNT)

    def _note_end(self, bulk: PushedBulk) -> None:
        if not bulk.left:
            self._ended.add(bulk.campaign_key)

    @contextmanager
    def serving(self, client: AntsClient) -> Iterator[Worker]:
        """Let the tasks of the blueprint send with this client, while the block lasts."""
        self._worker = worker = Worker(
            client,
            self.ledger,
            self._queue,
            lease=self.lease,
            sending=self._sending,
            tracking=self._tracking,
            push=self._push,
            is_suppressed=self._is_suppressed,
        )
        try:
            yield worker
        finally:
            self._worker = None

    @property
    def worker(self) -> Worker:
        """What the tasks work with. Raises `LedgerError` outside `serving`."""
        if self._worker is None:
            raise LedgerError("this process has no client to work with: `with scaleout.serving(client)`")
        return self._worker

    async def read_list(self, campaign_id: str) -> None:
        """Read the list of a campaign that was submitted by its name."""
        summary = await self.ledger.summary(campaign_id)
        if summary is None or summary.source is None or summary.state is not CampaignState.RUNNING:
            return
        campaign = summary.campaign
        key = await self.campaign(campaign_id).key()
        if summary.source_read:  # by somebody else, since this was asked for
            await self.ledger.within(lambda there: control.is_read(there, key))
            return
        if self._read_source is None:
            await self._pause(key, "its list is to be read by a worker that has `read_source`")
            return
        try:
            opened = await self.ledger.open_while_running(campaign, now=time.time())
        except LedgerInUse:
            return  # it is being read, or was paused
        except LedgerDamaged as error:
            await self._pause(key, str(error))
            return
        try:
            await self._read(opened, self._read_source(summary))
        except LedgerError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a reader of the user's has to say
            fields = fields_of(campaign_id, error=error)
            _log.warning("the list of campaign %s cannot be read: %s", campaign_id, error, extra=fields)
            what = str(error) if isinstance(error, AntsError | OSError) else type(error).__name__
            await self._pause(key, f"its list cannot be read: {what}")
        finally:
            await self.ledger.release(opened.key)

    async def _pause(self, key: int, reason: str) -> None:
        await self.ledger.within(lambda there: control.pause(there, key, reason))

    async def sweep(self) -> int:
        """Wake what nobody is at work on, and what dead workers have left; how many chunks there were."""
        for job in await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self.lease):
            if job.task_name.startswith(f"{NAMESPACE}:"):
                with suppress(ConnectorException):  # its worker lives after all, or another sweep has done it
                    await self.app.job_manager.retry_job(job)

        async def do(connection: Connection) -> int:
            await control.wake_readers(connection, self._queue)
            await control.finish(connection, None)
            await control.pause_unread(connection)
            return await control.wake(connection, self._queue, grace=self.lease)

        return await self.ledger.within(do)


async def _check_tables(connection: Connection) -> None:
    await check(connection, "ledger", LEDGER)
    await check(connection, "scaleout", STEPS)
    if not await _has_queue(connection):
        raise LedgerError("the database has no tables of Procrastinate: run `ants-async database migrate`")


async def _has_queue(connection: Connection) -> bool:
    cursor = await connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL")
    return bool((await cursor.fetchone() or (False,))[0])
