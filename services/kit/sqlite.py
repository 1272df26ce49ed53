"""The database port on SQLite: one writer thread a file that commits in groups, readers that see snapshots.

The event loop never waits for a disk. Jobs that wait together are run one after the other, each under a savepoint, and
committed once; each is answered after that commit, so nothing is acknowledged before it is durable.
"""

import asyncio
import contextvars
import os
import queue
import re
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import apsw
from google.protobuf.message import Message

from eventhub.refusals import Overloaded, Unavailable
from services.kit import log
from services.kit.db import Row, Tx
from services.kit.failpoint import Broken, failpoint

P = ParamSpec("P")
T = TypeVar("T")

WAITING_MAX = 10_000
GROUP_MAX = 200
STATEMENTS_CACHED = 200
IO_ERROR_EXIT = 70
# Errors of the disk or of another process, which pass. Any other error of SQLite's is a mistake of ours.
OUT_OF_ORDER = (apsw.BusyError, apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.NoMemError)

ANNOUNCE = """
INSERT INTO outbox (at_us, type, aggregate_id, organizer_id, topic, payload) VALUES ($1, $2, $3, $4, $5, $6)
"""


class Suspended(Exception):
    """A transaction awaited something other than its Tx."""


@lru_cache(maxsize=2_000)
def numbered(sql: str) -> str:
    """The text with ?1 for $1: SQLite numbers $N by first appearance and would bind "$2 ... $1" the wrong way round."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Runs a transaction function that never waits for anything."""
    try:
        work.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    work.close()
    raise Suspended


class SqliteTx:
    """A transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Statements go to the connection."""
        self._cursor = connection.cursor()
        self._connection = connection
        self.topics: set[str] = set()

    def control(self, sql: str) -> None:
        """Runs a statement that governs the transaction, on the cursor that is open anyway."""
        self._cursor.execute(sql)

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Every row."""
        return cast("list[Row]", self._cursor.execute(numbered(sql), args).fetchall())

    async def one(self, sql: str, *args: object) -> Row | None:
        """The first row."""
        rows = self._cursor.execute(numbered(sql), args).fetchall()
        return cast("Row", rows[0]) if rows else None

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Every row; the one writer needs no row locks."""
        return await self.all(sql, *args)

    async def run(self, sql: str, *args: object) -> int:
        """How many rows were changed."""
        self._cursor.execute(numbered(sql), args).fetchall()
        return self._connection.changes()

    async def announce(self, fact: Message, *, about: str, organizer_id: str = "", topic: str = "", at_us: int) -> None:
        """Writes a fact into the outbox."""
        name = fact.DESCRIPTOR.full_name
        await self.run(ANNOUNCE, at_us, name, about, organizer_id, topic or about, fact.SerializeToString())
        self.topics.add(topic or about)


class Ear:
    """Hears of commits on one topic."""

    def __init__(self) -> None:
        """Nothing heard yet."""
        self.event = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Waits for news."""
        if not self.event.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self.event.wait()
            except TimeoutError:
                return False
        self.event.clear()
        return True


class Job:
    """A write that waits for its turn."""

    def __init__(self, name: str, work: Callable[[SqliteTx], Any], answer: "asyncio.Future[Any]") -> None:
        """name: for failpoints. work: the transaction. answer: told once it is durable."""
        self.name = name
        self.work = work
        self.answer = answer


Answer = tuple[Job, bool, Any]


def group(connection: apsw.Connection, tx: SqliteTx, jobs: list[Job]) -> list[Answer]:
    """Runs jobs in one transaction, each under a savepoint. Where SQLite undid the whole group, nothing was
    acknowledged, and the jobs run again one by one."""

    def alone(error: BaseException) -> list[Answer]:
        if len(jobs) == 1:
            return [(jobs[0], False, error)]
        return [answer for job in jobs for answer in group(connection, tx, [job])]

    answers: list[Answer] = []
    connection.execute("begin immediate").fetchall()
    for job in jobs:
        tx.control("savepoint job")
        try:
            answers.append((job, True, job.work(tx)))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the job
            if not connection.in_transaction:
                return alone(error)
            tx.control("rollback to job")
            answers.append((job, False, error))
        tx.control("release job")
    try:
        connection.execute("commit").fetchall()
    except apsw.Error as error:
        if isinstance(error, apsw.IOError):
            os._exit(IO_ERROR_EXIT)  # what is on the disk is unknown: only a fresh start reads it right
        if connection.in_transaction:
            connection.execute("rollback").fetchall()
        return alone(error)
    return answers


def opened(path: Path) -> apsw.Connection:
    """A connection with the house's settings."""
    connection = apsw.Connection(str(path), statementcachesize=STATEMENTS_CACHED)
    connection.set_busy_timeout(5_000)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "temp_store=memory"):
        connection.execute(f"pragma {pragma}").fetchall()
    return connection


class SqliteDatabase:
    """A context's database in one file."""

    def __init__(self, name: str, path: Path) -> None:
        """Opens the file and starts its writer thread. Must be called on the event loop."""
        self.name = name
        self.path = path
        self._loop = asyncio.get_running_loop()
        self._log = log.get(name)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._ears: dict[str, set[Ear]] = defaultdict(set)
        self._writer = opened(path)
        self._reader = opened(path)
        self._long_reader = opened(path)
        self._read_tx = SqliteTx(self._reader)
        self._long_tx = SqliteTx(self._long_reader)
        self._long = ThreadPoolExecutor(1, f"{name}-reader")
        self._thread = threading.Thread(target=self._write_loop, name=f"{name}-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a transaction that may write."""
        if self._jobs.qsize() >= WAITING_MAX:
            raise Overloaded(retry_after_s=1.0)
        context = contextvars.copy_context()

        def run(tx: SqliteTx) -> T:
            answer = context.run(drive, cast("Coroutine[Any, Any, T]", work(tx, *args, **kwargs)))
            failpoint(f"{self.name}.{work.__name__}.before")
            return answer

        job = Job(work.__name__, run, self._loop.create_future())
        self._jobs.put(job)
        try:
            return cast("T", await job.answer)  # a caller that is cancelled leaves; the job stays
        except OUT_OF_ORDER as error:
            self._log.error("write failed", work=work.__name__, error=type(error).__name__)
            raise Unavailable(retry_after_s=1.0) from error

    async def read(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a transaction that only reads."""
        return self._snapshot(self._reader, self._read_tx, work(self._read_tx, *args, **kwargs))

    async def read_long(
        self, work: Callable[Concatenate[Tx, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Runs a transaction that only reads, off the event loop."""

        def run() -> T:
            return self._snapshot(self._long_reader, self._long_tx, work(self._long_tx, *args, **kwargs))

        return await self._loop.run_in_executor(self._long, run)

    @staticmethod
    def _snapshot(connection: apsw.Connection, tx: SqliteTx, work: Awaitable[T]) -> T:
        connection.execute("begin").fetchall()
        try:
            return drive(cast("Coroutine[Any, Any, T]", work))
        finally:
            connection.execute("rollback").fetchall()

    @contextmanager
    def listen(self, topic: str) -> Iterator[Ear]:
        """Listens to a topic."""
        ear = Ear()
        self._ears[topic].add(ear)
        try:
            yield ear
        finally:
            self._ears[topic].discard(ear)
            if not self._ears[topic]:
                del self._ears[topic]

    def close(self) -> None:
        """Finishes the writes under way and closes."""
        self._jobs.put(None)
        self._thread.join()
        self._long.shutdown()
        for connection in (self._reader, self._long_reader, self._writer):
            connection.close()

    def _write_loop(self) -> None:
        tx = SqliteTx(self._writer)
        while True:
            jobs: list[Job | None] = [self._jobs.get()]
            while len(jobs) < GROUP_MAX and not self._jobs.empty():
                jobs.append(self._jobs.get())
            waiting = [job for job in jobs if job is not None]
            if waiting:
                tx.topics = set()
                answers = group(self._writer, tx, waiting)
                self._loop.call_soon_threadsafe(self._deliver, answers, tx.topics)
            if None in jobs:
                return

    def _deliver(self, answers: list[Answer], topics: set[str]) -> None:
        for job, fine, value in answers:
            if job.answer.done():
                continue
            try:
                failpoint(f"{self.name}.{job.name}.after")
            except Broken as broken:  # committed, but the caller is not told
                job.answer.set_exception(broken)
                continue
            if fine:
                job.answer.set_result(value)
            else:
                job.answer.set_exception(value)
                job.answer.exception()  # seen: whoever waited may be gone
        if not topics:
            return
        for topic in (*topics, ""):
            for ear in self._ears.get(topic, ()):
                ear.event.set()
