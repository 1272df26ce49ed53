"""Positions in a context's own history, for code that compares a snapshot or a time with it."""

from eventhub.common.v1.feed_pb2 import Revision
from services.kit.db.database import Database, Tx
from services.kit.feeds.feed import LOOK_S, head, without_position


async def positioned(database: Database, topic: str) -> Revision:
    """Waits until every committed fact of a topic has a position. Returns the last revision of the history then."""
    with database.listen(topic) as listener:
        while True:
            now, waiting = await database.read(head_and_waiting, topic)
            if not waiting:
                return now
            await listener.wait(LOOK_S)


async def head_and_waiting(tx: Tx, topic: str) -> tuple[Revision, bool]:
    """The last revision of the history, and whether any fact of a topic has no position yet."""
    return await head(tx), bool(await without_position(tx, topic))


async def position_at(tx: Tx, topic: str, at_us: int) -> int:
    """The position of the last fact of a topic up to a time; 0 if there is none. at_us: the time, in microseconds."""
    wanted = """
        SELECT pos FROM outbox WHERE topic = $1 AND at_us <= $2 AND pos IS NOT NULL ORDER BY pos DESC LIMIT 1
    """
    row = await tx.one(wanted, topic, at_us)
    return int(row[0]) if row else 0
