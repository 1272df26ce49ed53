"""A shop that announces facts, for tests of feeds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.common.v1.money_pb2 import Money
from services.kit.db.database import Database, Tx
from services.kit.db.migrations import migrate
from services.kit.db.postgres import PostgresDatabase
from services.kit.feeds import feed
from tests.databases import middle
from tests.postgres import server

SCHEMA = "CREATE TABLE shelf (name TEXT PRIMARY KEY, version BIGINT NOT NULL);\n"


@asynccontextmanager
async def replicas(count: int, folder: Path) -> AsyncIterator[list[PostgresDatabase]]:
    """Several processes' handles of one new database."""
    schema = folder / "shop" / "schema"
    schema.mkdir(parents=True)
    (schema / "0001_shelf.sql").write_text(SCHEMA)
    await server().create("shop")
    opened = [await PostgresDatabase.opened("shop", server().url_of("shop"), middle) for _ in range(count)]
    try:
        await migrate(opened[0], schema, epoch="epo_1", now_us=1)
        yield opened
    finally:
        for database in opened:
            await database.close()
        await server().drop("shop")


async def tell(tx: Tx, aggregate_id: str, minor: int) -> None:
    await tx.announce(Money(minor=minor, currency="BRL"), aggregate_id=aggregate_id, at_us=1)


async def turn(tx: Tx, name: str) -> int:
    """Stores the next version of a thing and announces it."""
    row = await tx.one(
        """INSERT INTO shelf (name, version) VALUES ($1, 1)
           ON CONFLICT (name) DO UPDATE SET version = shelf.version + 1 RETURNING version""",
        name,
    )
    assert row is not None
    await tell(tx, name, row[0])
    return int(row[0])


async def told(database: Database, count: int) -> list[Fact]:
    """The first facts of the feed, as a follower reads them."""
    facts: list[Fact] = []
    with database.listen("") as listener:
        while len(facts) < count:
            batch = await database.read(feed.facts_after, facts[-1].position if facts else 0)
            facts += batch.facts
            if not batch.facts:
                async with asyncio.timeout(10):
                    await listener.wait(10)
    return facts


def minor(fact: Fact) -> int:
    """The amount in a fact."""
    return Money.FromString(fact.payload).minor
