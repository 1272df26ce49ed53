"""The database port on SQLite: one writer per file, which commits in groups, and readers that see snapshots.

The event loop never waits for the disk. Waiting jobs run on the loop, one after the other, each in a savepoint; this
only touches memory. One thread per file then commits the whole group, while the loop continues and the next group
gathers. A job is answered after the commit, so nothing is acknowledged before it is durable. A long job runs on that
thread from beginning to end.
"""

import asyncio
import contextvars
import os
from collections import deque
from collections.abc import Awaitable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw

from eventhub.refusal import TransientRefusal
from eventhub.refusals import Overloaded, Unavailable
from services.kit.db.database import Args, Database, KwArgs, Listener, Mode, StatementRefused, Tx, Work, inside
from services.kit.db.listeners import Listeners
from services.kit.db.shards import Shards
from services.kit.db.sqlite_group import Answer, Job, SqliteTx, Undone, commit_group, drive, one_by_one, run
from services.kit.observe import log
from services.kit.values.config import BadSetting
from services.kit.values.failpoints import Broken, failpoint

T = TypeVar("T")

WAITING_MAX = 10_000
GROUP_MAX = 50
# After a group of several jobs, the next group waits as long as each moment brings another job, at most MOMENTS_MAX
# moments: a commit of five jobs costs hardly more than a commit of one. If no job arrives, all callers are waiting
# already and the group begins.
MOMENT_S, MOMENTS_MAX = 0.003, 2
STATEMENTS_CACHED = 200
# Errors of the disk or caused by another process, which may pass. Any other error of SQLite is a bug in our code.
OUT_OF_ORDER = (apsw.BusyError, apsw.FullError, apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.NoMemError)
# Explains to the operator why a file cannot be used.
TROUBLES: dict[type[apsw.Error], str] = {
    apsw.NotADBError: "it is no SQLite database: another file lies in its place",
    apsw.CorruptError: "it is damaged: restore it from a backup",
    apsw.FullError: "the disk is full",
    apsw.CantOpenError: "it cannot be opened: see its owner and folder, and how many files may be open (ulimit -n)",
    apsw.ReadOnlyError: "it cannot be written: see its owner and the disk",
    apsw.PermissionsError: "it may not be used: see its owner",
    apsw.BusyError: "another program has locked it",
    apsw.IOError: "the disk fails, or is full",
}


def trouble(path: Path, error: BaseException | None) -> BadSetting:
    """The error that tells the operator why a database cannot be used."""
    return BadSetting(f"the database {path}: {TROUBLES.get(type(error), type(error).__name__)}")  # type: ignore[arg-type]


def opened(path: Path) -> apsw.Connection:
    """Opens a connection in WAL mode with full durability. Raises BadSetting if the file cannot be used."""
    try:
        connection = apsw.Connection(str(path), statementcachesize=STATEMENTS_CACHED)
        connection.set_busy_timeout(5_000)
        for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "temp_store=memory"):
            connection.execute(f"pragma {pragma}").fetchall()
    except apsw.Error as error:
        raise trouble(path, error) from None
    return connection


class SqliteDatabase(Database):
    """A context's database in one SQLite file."""

    dialect = "sqlite"

    def __init__(self, name: str, path: Path) -> None:
        """Opens the file. Call it on the event loop. Raises BadSetting if the file cannot be used."""
        self.name = name
        self.shards = Shards.all_of(name)
        self.path = path
        self._loop = asyncio.get_running_loop()
        self._log = log.get(name)
        self._jobs: deque[Job] = deque()
        self._busy = False
        self._listeners = Listeners()
        self._failing = False
        self._writer = opened(path)
        self._file = path.stat()
        self._reader = opened(path)
        self._long_reader = opened(path)
        self._write_tx = SqliteTx(self._writer)
        self._read_tx = SqliteTx(self._reader)
        self._long_tx = SqliteTx(self._long_reader)
        self._write_thread = ThreadPoolExecutor(1, f"{name}-writer")
        self._long_read_thread = ThreadPoolExecutor(1, f"{name}-reader")

    def run(
        self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs, keys: Sequence[str] = ()
    ) -> Coroutine[Any, Any, T]:
        """Reads at once, or queues a write for the next group. The keys are not needed: all writes run one after the
        other. A migration raises BadSetting if the file cannot be used: it is the first write, so it is the first to
        notice a read-only or damaged file."""
        if mode in (Mode.READ, Mode.READ_BEHIND):
            return self._read(work, args, kwargs)
        if mode in (Mode.READ_LONG, Mode.READ_BEHIND_LONG):
            return self._read_long(work, args, kwargs)
        return self._written(mode, work, args, kwargs)

    async def _written(self, mode: Mode, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        if len(self._jobs) >= WAITING_MAX:
            raise Overloaded(retry_after_s=1.0)
        name, context = work.__name__, contextvars.copy_context()

        def work_of(tx: SqliteTx) -> T:
            context.run(inside.set, True)
            answer = context.run(drive, cast("Coroutine[Any, Any, T]", work(tx, *args, **kwargs)))
            failpoint(f"{self.name}.{name}.before")
            return answer

        job = Job(name, work_of, self._loop.create_future(), long=mode is not Mode.WRITE)
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._begin)
        try:
            answer: T = await job.answer  # a caller that is cancelled leaves; the job stays
        except apsw.Error as error:
            if mode is Mode.MIGRATE and type(error) in TROUBLES:
                raise trouble(self.path, error) from None
            if not isinstance(error, OUT_OF_ORDER):
                raise StatementRefused(type(error).__name__) from error
            self._failing = True
            self._log.error("write failed", work=name, error=type(error).__name__)
            raise Unavailable(retry_after_s=1.0) from error
        self._failing = False
        return answer

    async def _read(self, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        """Runs on the event loop: the pages that it needs are usually in memory."""
        return self._snapshot(self._reader, self._read_tx, work(self._read_tx, *args, **kwargs))

    async def _read_long(self, work: Work[T], args: Args, kwargs: KwArgs) -> T:
        """Runs on the reader's thread."""

        def run() -> T:
            return self._snapshot(self._long_reader, self._long_tx, work(self._long_tx, *args, **kwargs))

        return await self._loop.run_in_executor(self._long_read_thread, run)

    @staticmethod
    def _snapshot(connection: apsw.Connection, tx: SqliteTx, work: Awaitable[T]) -> T:
        connection.execute("begin").fetchall()
        try:
            return drive(cast("Coroutine[Any, Any, T]", work))
        except apsw.Error as error:
            raise StatementRefused(type(error).__name__) from error
        finally:
            connection.execute("rollback").fetchall()

    async def ready(self) -> bool:
        """Whether the file is still the one that was opened, can be read and, if the last write failed, be written."""
        try:
            if not os.path.samestat(self._file, self.path.stat()):
                return False
            await self.read(anything)
            if self._failing:
                await self.write(touch)
        except (OSError, apsw.Error, TransientRefusal, StatementRefused):
            return False
        return True

    def leases(self) -> None:
        """Returns None: the data folder is locked, so no other process can run this context's loops."""

    def listen(self, topic: str) -> AbstractContextManager[Listener]:
        """Listens to a topic; see the port."""
        return self._listeners.listen(topic)

    async def close(self) -> None:
        """Finishes running and waiting writes and closes the file."""
        self._write_thread.shutdown()
        jobs = list(self._jobs)
        self._jobs.clear()
        self._deliver(one_by_one(self._writer, self._write_tx, jobs), set())
        self._long_read_thread.shutdown()
        for connection in (self._reader, self._long_reader, self._writer):
            connection.close()

    def _begin(self) -> None:
        """Runs the next group of waiting jobs and hands it to the thread that commits."""
        if not self._jobs:
            self._busy = False
            return
        tx, jobs = self._write_tx, self._taken()
        tx.topics = set()
        try:
            answers = None if jobs[0].long else run(self._writer, tx, jobs)
        except Undone:
            answers = None
        if answers is None:
            durable = self._loop.run_in_executor(self._write_thread, one_by_one, self._writer, tx, jobs)
        else:
            durable = self._loop.run_in_executor(self._write_thread, commit_group, self._writer, tx, answers)
        durable.add_done_callback(self._finish)

    def _taken(self) -> list[Job]:
        """Takes the next group from the queue: the short jobs up to the next long one, or one long job alone."""
        jobs = [self._jobs.popleft()]
        while self._jobs and not (jobs[0].long or self._jobs[0].long) and len(jobs) < GROUP_MAX:
            jobs.append(self._jobs.popleft())
        return jobs

    def _finish(self, durable: "asyncio.Future[list[Answer]]") -> None:
        answers = durable.result()
        self._deliver(answers, self._write_tx.topics)
        if len(answers) > 1:
            self._gather(-1, MOMENTS_MAX)
        else:
            self._begin()

    def _gather(self, seen: int, moments: int) -> None:
        """Begins the next group once a moment has brought no further job, or no moments are left.

        seen: number of jobs that waited when the moment began.
        """
        waiting = len(self._jobs)
        if moments and waiting > seen:
            self._loop.call_later(MOMENT_S, self._gather, waiting, moments - 1)
        else:
            self._begin()

    def _deliver(self, answers: list[Answer], topics: set[str]) -> None:
        for job, fine, value in answers:
            if job.answer.done():
                continue
            try:
                failpoint(f"{self.name}.{job.name}.after")
            except Broken as broken:  # the job is committed, but its caller gets an error, as after a lost connection
                job.answer.set_exception(broken)
                continue
            if fine:
                job.answer.set_result(value)
            else:
                job.answer.set_exception(value)
                job.answer.exception()  # marks it as retrieved: a cancelled caller never looks at it
        self._listeners.tell(topics)


async def anything(tx: Tx) -> None:
    """Reads one page, to see whether the file can be read."""
    await tx.one("SELECT count(*) FROM sqlite_master")


async def touch(tx: Tx) -> None:
    """Writes one page without changing a value, to see whether the file can be written."""
    await tx.run("UPDATE feed_head SET epoch = epoch")
