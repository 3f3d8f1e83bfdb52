"""A SQLite file opened for keeps: one writer, one thread, every call a transaction."""

import asyncio
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

import anyio
import anyio.lowlevel
import attrs
from anyio import to_thread

from ants_async.dispatch.ledger import checks
from ants_async.dispatch.ledger.integrity import damaged
from ants_async.dispatch.ledger.schema import APPLICATION_ID, SCHEMA, VERSION
from ants_async.dispatch.unbroken import to_its_end
from ants_async.errors import LedgerError, LedgerInUse

P = ParamSpec("P")
T = TypeVar("T")


@attrs.define(slots=True, eq=False)
class _Job(Generic[T]):
    """Work that waits for the thread; `answer`: what came of it, or the error."""

    work: Callable[[sqlite3.Connection], T]
    is_given_up: bool = False
    answer: tuple[T | None, Exception | None] | None = None

    def result(self) -> T:
        """What came of it; raises the error."""
        value, error = cast("tuple[T, Exception | None]", self.answer)
        if error is not None:
            raise error
        return value


class Database:
    """Runs functions over one connection, one after the other, in a worker thread.

    Commits reach the disk before a call returns (WAL, `synchronous=FULL`), so that what a request does
    can never be ahead of what the ledger knows. A cancelled call that has begun still runs to its end, and
    the next one waits for it; one that has not never begins.
    """

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self._path = (
            path if path == ":memory:" else os.path.realpath(path)
        )  # one lock, whatever link leads here
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._lock_holder: sqlite3.Connection | None = None
        self._turn = anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)
        self._waiting: deque[_Job[Any]] = deque()
        self._at_work = threading.Lock()  # what a cancelled call left behind may still be

    @property
    def _in_memory(self) -> bool:
        return self._path == ":memory:"

    async def open(self) -> None:
        """Open, or create with mode 0600. Raises `LedgerInUse`, `LedgerError`."""
        await to_its_end(self._in_turn(self._open), undo=lambda _: self.close())

    async def close(self) -> None:
        """Close; the next process may open it."""
        await to_its_end(self._in_turn(self._close))

    async def is_held(self) -> bool:
        """Whether a process has it open for writing; what says that it is running is then right."""
        return await self._in_turn(self._is_held)

    async def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """One transaction. Raises `LedgerError` when it could not be kept: then nothing of it was.

        Whoever comes meanwhile goes along in the next commit: it is the disk that takes long.
        """
        if self._in_memory:  # with no disk to wait for, a thread would only take turns with the event loop
            await anyio.lowlevel.checkpoint()
            return self._transaction(lambda connection: work(connection, *args, **kwargs))
        job = _Job(lambda connection: work(connection, *args, **kwargs))
        self._waiting.append(job)
        try:
            async with self._turn:
                if job.answer is None:
                    await to_thread.run_sync(self._work_off, limiter=self._thread)
        except asyncio.CancelledError:
            job.is_given_up = True
            raise
        return job.result()

    def _work_off(self) -> None:
        """All who wait, in one transaction; where that fails each in one of its own, for one is to blame."""
        with self._at_work:
            jobs = []
            while self._waiting:
                job = self._waiting.popleft()
                if not job.is_given_up:
                    jobs.append(job)
            if len(jobs) > 1:
                with suppress(Exception):
                    done = self._transaction(lambda connection: [job.work(connection) for job in jobs])
                    for job, value in zip(jobs, done, strict=True):
                        job.answer = (value, None)
                    return
            for job in jobs:
                try:
                    job.answer = (self._transaction(job.work), None)
                except Exception as error:  # noqa: BLE001 - raised to whom it concerns
                    job.answer = (None, error)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        """In the worker thread, when the one before has ended.

        `Task.cancel` gives the turn away while the thread is still at work: a lock keeps the next one back,
        and what did not have it by then does not come after the next one.
        """
        given_up = False

        def job() -> T:
            with self._at_work:
                if given_up:
                    raise asyncio.CancelledError  # to nobody: the caller has gone
                return work()

        try:
            async with self._turn:
                return await to_thread.run_sync(job, limiter=self._thread)
        except asyncio.CancelledError:
            given_up = True
            raise

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            raise LedgerError(f"ledger {self._path} is not open; use it as 'async with'")
        with _named_errors(self._path), self._connection:
            self._connection.execute("BEGIN" if self._read_only else "BEGIN IMMEDIATE")
            return work(self._connection)

    def _open(self) -> None:
        with _named_errors(self._path):
            if self._read_only and not Path(self._path).exists():
                raise LedgerError(f"ledger {self._path} does not exist")
            if not self._in_memory and not self._read_only:
                _create(self._path)
                self._lock()
            mode = "ro" if self._read_only else "rwc"
            where = ":memory:" if self._in_memory else f"{Path(self._path).absolute().as_uri()}?mode={mode}"
            connection = sqlite3.connect(
                where, uri=True, isolation_level=None, check_same_thread=False, timeout=10
            )
            try:
                _prepare(connection, self._path, read_only=self._read_only)
            except BaseException:
                connection.close()
                self._close()
                raise
            self._connection = connection

    def _lock(self) -> None:
        """Hold a second SQLite file: portable, and let go by the kernel when the process dies."""
        _create(f"{self._path}-lock")
        holder = sqlite3.connect(
            f"{self._path}-lock", isolation_level=None, check_same_thread=False, timeout=0.2
        )
        try:
            holder.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            holder.close()
            if "locked" not in str(error):
                raise
            raise LedgerInUse(
                f"ledger {self._path} is in use by another process; wait for it, or use another --ledger"
            ) from None
        self._lock_holder = holder

    def _is_held(self) -> bool:
        lock = Path(f"{self._path}-lock")
        if not lock.exists():
            return False
        probe = sqlite3.connect(f"{lock.as_uri()}?mode=ro", uri=True, timeout=0)
        try:
            probe.execute("SELECT 1 FROM sqlite_master").fetchall()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        finally:
            probe.close()
        return False

    def _close(self) -> None:
        for connection in (self._connection, self._lock_holder):
            if connection is not None:
                connection.close()
        self._connection = self._lock_holder = None


def _create(path: str) -> None:
    """For its owner alone, if it is not there yet."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(connection: sqlite3.Connection, path: str, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")  # rows are never deleted; checking costs on every insert
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    is_new = (
        application == 0 and version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    )
    if not is_new and application != APPLICATION_ID:
        raise LedgerError(f"{path} is a SQLite file, but no ledger of this program")
    if not is_new and version != VERSION:
        other = "a newer" if version > VERSION else "an older"
        raise LedgerError(
            f"ledger {path} was written by {other} version (schema {version}, known: {VERSION}); "
            "move it away, or take another one"
        )
    if read_only:
        if is_new:
            raise LedgerError(f"{path} is empty: no campaign was begun in it")
        return
    checks.register(connection)
    if not is_new:
        checks.check_file(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if is_new:
        connection.executescript(
            f"BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
            f" PRAGMA user_version = {VERSION}; COMMIT;"
        )


@contextmanager
def _named_errors(path: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, UnicodeError) as error:
        is_sqlite = isinstance(error, sqlite3.Error)
        if isinstance(error, UnicodeError) or (
            is_sqlite and "decode" in str(error)
        ):  # it quotes numbers, texts
            raise damaged("it holds bytes that are no text") from None
        raise LedgerError(f"ledger {path}: {error}") from error
