"""A database with a real replica that a test can stop, for tests of reads that may be some seconds old."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.kit.db.database import Database, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.db.read_replica import LOOK_S, ReplicatedDatabase
from tests.databases import middle
from tests.postgres import ask, server
from tests.stage import until


class Time:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Returns seconds."""
        return self.now_s


class Replicated:
    """A database and its replica. url: the replica's."""

    def __init__(self, database: Database, url: str, time: Time) -> None:
        self.database = database
        self.url = url
        self.time = time

    async def answers(self) -> bool:
        """Whether the replica answers a read that may be old, at a moment at which a new try begins."""
        self.time.now_s += LOOK_S
        return await self.database.read_behind(on_replica)

    async def stand_still(self) -> None:
        """Waits until the replica answers, and lets it apply nothing any more. The clock stands, so it goes on
        answering."""
        await until(self.answers)
        await ask(self.url, "SELECT pg_wal_replay_pause()")

    async def go_on(self) -> None:
        """Lets it apply everything."""
        await ask(self.url, "SELECT pg_wal_replay_resume()")


async def on_replica(tx: Tx) -> bool:
    """Whether a replica runs the transaction."""
    row = await tx.one("SELECT pg_is_in_recovery()")
    return row is not None and bool(row[0])


@asynccontextmanager
async def replicated(name: str, schema: Path) -> AsyncIterator[Replicated]:
    """Makes a database with the tables of a folder, and a replica of it."""
    await server().create(name)
    primary = await PostgresDatabase.opened(name, server().url_of(name), middle)
    await migrate(primary, schema, epoch="epo_1", now_us=1)
    url, time = (await server().replica()).format(name=name), Time()
    replica = await PostgresDatabase.opened(f"{name}-replica", url, middle)
    database = ReplicatedDatabase(primary, replica, time)
    try:
        yield Replicated(database, url, time)
    finally:
        await database.close()
        await server().tell("no replica")
        await server().drop(name)
