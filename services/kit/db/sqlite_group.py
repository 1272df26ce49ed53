"""A group of writes on SQLite, which run one after the other and are committed together."""

import asyncio
import os
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import apsw
from google.protobuf.message import Message

from services.kit.db import outbox
from services.kit.db.database import Row, Suspended
from services.kit.observe import log

T = TypeVar("T")
IO_ERROR_EXIT = 70


@lru_cache(maxsize=2_000)
def numbered(sql: str) -> str:
    """The SQL with ?1 in place of $1. SQLite numbers $N parameters by first appearance, so it would swap the two in
    "SET a = $2 WHERE id = $1"."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Runs a transaction function to its end. On SQLite nothing in it waits. Raises Suspended if it awaits anything but
    its Tx."""
    try:
        work.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    work.close()
    raise Suspended


class SqliteTx:
    """A transaction on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        """connection: the connection that runs the statements."""
        self._cursor = connection.cursor()
        self._connection = connection
        self.topics: set[str] = set()

    def control(self, sql: str) -> None:
        """Runs BEGIN, SAVEPOINT and the like. It uses the open cursor, which is faster than a new one."""
        self._cursor.execute(sql)

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows of a statement."""
        return cast("list[Row]", self._cursor.execute(numbered(sql), args).fetchall())

    async def one(self, sql: str, *args: object) -> Row | None:
        """Returns the first row of a statement, None if there is none."""
        rows = self._cursor.execute(numbered(sql), args).fetchall()
        return cast("Row", rows[0]) if rows else None

    async def lock(self, sql: str, *args: object) -> list[Row]:
        """Returns all rows. It locks nothing: there is only one writer."""
        return await self.all(sql, *args)

    async def run(self, sql: str, *args: object) -> int:
        """Runs a statement. Returns the number of rows it changed."""
        self._cursor.execute(numbered(sql), args).fetchall()
        return self._connection.changes()

    async def defer(self, sql: str, *args: object) -> None:
        """Runs the statement at once: without a network there is no round trip to save."""
        self._cursor.execute(numbered(sql), args).fetchall()

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Writes a fact into the outbox and remembers its topic, whose listeners wake after the commit."""
        topic = topic or aggregate_id
        await self.run(outbox.ANNOUNCE, *outbox.row(fact, aggregate_id, organizer_id, topic, at_us))
        self.topics.add(topic)


@dataclass(slots=True)
class Job:
    """A write in the queue.

    name: the name of the transaction function, for failpoints and the log. work: runs the transaction. answer: gets the
    result once it is durable. long: whether it runs outside the event loop.
    """

    name: str
    work: Callable[[SqliteTx], Any]
    answer: "asyncio.Future[Any]"
    long: bool


Answer = tuple[Job, bool, Any]


class Undone(Exception):
    """SQLite has rolled back the whole transaction, for example because the disk is full."""


def run(connection: apsw.Connection, tx: SqliteTx, jobs: list[Job]) -> list[Answer]:
    """Runs jobs in one transaction, each in a savepoint, so that one that fails does not undo the others. Leaves the
    transaction open for commit(). Raises Undone if SQLite rolls it back."""
    answers: list[Answer] = []
    try:
        tx.control("begin immediate")
    except apsw.Error as error:
        raise Undone from error
    for job in jobs:
        tx.control("savepoint job")
        try:
            answers.append((job, True, job.work(tx)))
        except BaseException as error:
            if not connection.in_transaction:
                raise Undone from error
            tx.control("rollback to job")
            answers.append((job, False, error))
        tx.control("release job")
    return answers


def commit(connection: apsw.Connection) -> None:
    """Makes the open transaction durable. Raises Undone if that fails with nothing changed. Ends the process on an I/O
    error: the disk may or may not hold the transaction, and only a restart reads the true state."""
    try:
        connection.execute("commit").fetchall()
    except apsw.Error as error:
        if isinstance(error, apsw.IOError):
            log.get("sqlite").error("the disk failed: ended, start again", file=connection.filename, error=str(error))
            os._exit(IO_ERROR_EXIT)
        if connection.in_transaction:
            connection.execute("rollback").fetchall()
        raise Undone from error


def commit_group(connection: apsw.Connection, tx: SqliteTx, answers: list[Answer]) -> list[Answer]:
    """Commits a group that has run. If SQLite rolls the group back, no job was acknowledged yet, so all of them run
    again one by one: a single job, such as one too large for the disk, then fails alone."""
    try:
        commit(connection)
    except Undone:
        return one_by_one(connection, tx, [job for job, _, _ in answers])
    return answers


def one_by_one(connection: apsw.Connection, tx: SqliteTx, jobs: list[Job]) -> list[Answer]:
    """Runs and commits each job in its own transaction."""
    answers: list[Answer] = []
    for job in jobs:
        try:
            alone = run(connection, tx, [job])
            commit(connection)
        except Undone as undone:
            alone = [(job, False, undone.__cause__)]
        answers += alone
    return answers
