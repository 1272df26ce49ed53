"""A group of writes on SQLite: run one after the other, committed together."""

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

    async def defer(self, sql: str, *args: object) -> None:
        """Runs a statement now: there is no way to save."""
        self._cursor.execute(numbered(sql), args).fetchall()

    async def announce(
        self, fact: Message, *, aggregate_id: str, organizer_id: str = "", topic: str = "", at_us: int
    ) -> None:
        """Writes a fact into the outbox."""
        topic = topic or aggregate_id
        await self.run(outbox.ANNOUNCE, *outbox.row(fact, aggregate_id, organizer_id, topic, at_us))
        self.topics.add(topic)


@dataclass(slots=True)
class Job:
    """A write that waits for its turn. name: for failpoints. work: the transaction. answer: told once it is durable.
    long: not for the loop."""

    name: str
    work: Callable[[SqliteTx], Any]
    answer: "asyncio.Future[Any]"
    long: bool


Answer = tuple[Job, bool, Any]


class Undone(Exception):
    """SQLite has undone a transaction as a whole: nothing of it was kept."""


def run(connection: apsw.Connection, tx: SqliteTx, jobs: list[Job]) -> list[Answer]:
    """Runs jobs in one transaction, each under a savepoint, and leaves it open, to be committed. Raises Undone."""
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
    """Makes a transaction durable. Raises Undone."""
    try:
        connection.execute("commit").fetchall()
    except apsw.Error as error:
        if isinstance(error, apsw.IOError):  # what is on the disk is unknown: only a fresh start reads it right
            log.get("sqlite").error("the disk failed: ended, start again", file=connection.filename, error=str(error))
            os._exit(IO_ERROR_EXIT)
        if connection.in_transaction:
            connection.execute("rollback").fetchall()
        raise Undone from error


def settle(connection: apsw.Connection, tx: SqliteTx, answers: list[Answer]) -> list[Answer]:
    """Commits what was answered. Where SQLite undid the whole group, nothing was acknowledged, and the jobs run again
    one by one: each may be the one that spoils it."""
    try:
        commit(connection)
    except Undone:
        return one_by_one(connection, tx, [job for job, _, _ in answers])
    return answers


def one_by_one(connection: apsw.Connection, tx: SqliteTx, jobs: list[Job]) -> list[Answer]:
    """Runs and commits jobs each in a transaction of its own."""
    answers: list[Answer] = []
    for job in jobs:
        try:
            alone = run(connection, tx, [job])
            commit(connection)
        except Undone as undone:
            alone = [(job, False, undone.__cause__)]
        answers += alone
    return answers
