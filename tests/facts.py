"""Reads the facts that a context has announced."""

from eventhub.common.v1.feed_pb2 import Fact
from services.kit.db.database import Database, Tx
from services.kit.feeds import feed
from tests.stage import until


async def told(database: Database, after: int = 0) -> list[Fact]:
    """All facts after a position, once every committed fact has one."""
    await settled(database)
    return list((await database.read(feed.facts_after, after)).facts)


async def settled(database: Database) -> None:
    """Waits until every committed fact has a position."""

    async def none_left() -> bool:
        return await database.read(without_any) == 0

    await until(none_left)


async def without_any(tx: Tx) -> int:
    row = await tx.one("SELECT count(*) FROM outbox WHERE pos IS NULL")
    assert row is not None
    return int(row[0])
