"""The ledger in one SQLite file. Also in memory: the same code over `:memory:`."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

import attrs

from ants_async.dispatch.campaign import CampaignState, CampaignSummary
from ants_async.dispatch.ledger import campaigns, checks
from ants_async.dispatch.ledger.database import Database
from ants_async.dispatch.ledger.protocol import OpenCampaign
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.ledger.work import Insertion, Rows, Statement, Work

T = TypeVar("T")
P = ParamSpec("P")


class SqliteLedger(SqlLedger):
    """A durable ledger: one file, for one process at a time, used as `async with`.

    `read_only` opens it beside a running campaign, to look. `store_texts=False` leaves the recipients' own
    texts out of the file: a campaign that begins in it needs its list again to go on, and is in mode
    `advanced`; a text that is the campaign's own is kept. Raises `LedgerInUse`, `LedgerError`.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, read_only: bool = False, store_texts: bool = True
    ) -> None:
        self.path = os.fspath(path)
        self._database = Database(self.path, read_only=read_only)
        self._read_only = read_only
        self._store_texts = store_texts

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    async def __aenter__(self) -> Self:
        await self._database.open()
        if not self._read_only:
            try:
                await self._run(campaigns.mark_interrupted)
            except BaseException:
                await self._database.close()  # nobody else will, and the next one wants to open it
                raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._database.close()

    async def _run(self, work: Callable[P, Work[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.run(_perform, lambda: work(*args, **kwargs))

    async def _open_campaign(
        self,
        campaign_id: str,  # noqa: ARG002 - the whole file is locked, not a campaign
        opening: Callable[..., Work[OpenCampaign]],
    ) -> OpenCampaign:
        return await self._run(opening, is_alone=False, check=_check)

    async def _summaries(self, campaign_id: str | None) -> Sequence[CampaignSummary]:
        found = await super()._summaries(campaign_id)
        if not self._read_only or await self._database.is_held():
            return found
        return [
            attrs.evolve(one, state=CampaignState.INTERRUPTED) if one.state is CampaignState.RUNNING else one
            for one in found  # whoever ran it was killed, and had no time to say so
        ]


class MemoryLedger(SqliteLedger):
    """A ledger that ends with its process: for tries and tests, or where the caller keeps its own record."""

    def __init__(self) -> None:
        super().__init__(":memory:")


def _check(key: int) -> Work[None]:
    yield from checks.check_seals(key)
    yield from checks.check_messages(key)


def _perform(connection: sqlite3.Connection, begin: Callable[[], Work[T]]) -> T:
    work = begin()
    try:
        step = next(work)
        while True:
            step = work.send(_rows(connection, step))
    except StopIteration as end:
        value: T = end.value
        return value


def _rows(connection: sqlite3.Connection, step: Statement | Insertion) -> Rows:
    if isinstance(step, Statement):
        return connection.execute(step.sql, step.values).fetchall()
    places = ", ".join("?" * len(step.columns))
    sql = f"INSERT INTO {step.table} ({', '.join(step.columns)}) VALUES ({places})"  # noqa: S608 - names of ours
    connection.executemany(sql, step.rows)
    return []
