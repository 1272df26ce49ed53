"""The leases of a context's shards on PostgreSQL: a row for each replica, which says that it is alive, and a row for
each shard, which names its holder. A lease lasts as long as its holder is alive, by the database's clock.

A lease alone is not safe: it only keeps replicas from doing the same work twice most of the time. Example: replica A is
suspended for ten seconds, its leases run out, replica B takes them, and A wakes up in the middle of its work. The fence
makes A harmless: each write under a lease checks the lease's number in its own transaction and locks the number against
change until it commits. A's number is old, so its write is refused.

That lock is FOR KEY SHARE, and the number is a key: the lock stops a change of the number only.
"""

from collections.abc import Collection

from services.kit.db.database import Database, Tx
from services.kit.db.shards import Fence, Standing
from services.kit.values.shards import SHARDS

LASTS_S = 6
NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

# Answers every replica and every shard: (replica, whether it is alive, shard, the lease's number). The rows are those
# from before this statement.
LOOK = f"""
WITH alive AS (
    INSERT INTO replica (name, until_us) VALUES ($1, {NOW} + {LASTS_S} * 1000000)
    ON CONFLICT (name) DO UPDATE SET until_us = excluded.until_us
)
SELECT name, until_us >= {NOW}, shard, number FROM replica FULL JOIN shard_lease ON holder = name
"""
# Takes shards that still have the number that was seen. One whose last holder is in the middle of a write is skipped.
TAKE = """
WITH free AS (
    SELECT shard_lease.shard FROM shard_lease
    JOIN unnest($2::int[], $3::bigint[]) AS seen (shard, number)
        ON seen.shard = shard_lease.shard AND seen.number = shard_lease.number
    FOR UPDATE OF shard_lease SKIP LOCKED
)
UPDATE shard_lease SET holder = $1, number = number + 1 FROM free WHERE shard_lease.shard = free.shard
RETURNING shard_lease.shard, number
"""
GIVE_UP = "UPDATE shard_lease SET holder = '' WHERE holder = $1 AND shard = ANY($2::int[])"
FORGET = f"""
DELETE FROM replica WHERE name IN (SELECT name FROM replica WHERE until_us < {NOW} FOR UPDATE SKIP LOCKED)
"""
LEAVE = "DELETE FROM replica WHERE name = $1"
HELD = "SELECT 1 FROM shard_lease WHERE shard = $1 AND number = $2 FOR KEY SHARE"


class PostgresLeases:
    """The leases in one context's database."""

    def __init__(self, database: Database) -> None:
        """database: the context's own."""
        self._database = database

    async def renew(self, replica: str, given: Collection[int]) -> Standing:
        """Extends the leases of a replica for LASTS_S more seconds; see the port."""
        return await self._database.write(renew, replica, given)

    async def leave(self, replica: str) -> None:
        """Gives up all leases of a replica; see the port."""
        await self._database.write(leave, replica)


async def renew(tx: Tx, replica: str, given: Collection[int]) -> Standing:
    """Notes that a replica is alive, gives up some of its shards, and takes free ones up to its share."""
    if given:
        await tx.run(GIVE_UP, replica, list(given))
    rows = await tx.all(LOOK, replica)
    alive = {name for name, is_alive, _, _ in rows if is_alive} | {replica}
    if any(name and name not in alive for name, _, _, _ in rows):
        await tx.run(FORGET)
    numbers = {shard: number for name, _, shard, number in rows if name == replica and shard is not None}
    standing = Standing(numbers, sorted(alive).index(replica), len(alive))
    free = {shard: number for name, _, shard, number in rows if shard is not None and name not in alive}
    wanted = standing.preferred(free)[: max(0, standing.share - len(numbers))]
    if wanted:
        numbers.update(await tx.all(TAKE, replica, wanted, [free[shard] for shard in wanted]))
    return standing


async def leave(tx: Tx, replica: str) -> None:
    """Ends all leases of a replica, and forgets it."""
    await tx.run(GIVE_UP, replica, list(range(SHARDS)))
    await tx.run(LEAVE, replica)


async def held(tx: Tx, fence: Fence) -> bool:
    """Whether a lease still has its number. If so, no replica can take the shard until the transaction ends."""
    _, shard, number = fence
    return await tx.one(HELD, shard, number) is not None
