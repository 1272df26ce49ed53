"""The lease for a context's loops on PostgreSQL: one row, timed by the database's clock.

The lease alone is not safe: it only keeps replicas from doing the same work twice most of the time. Example: replica A
is suspended for ten seconds, its lease runs out, replica B takes over, and A wakes up in the middle of its work. The
fence makes A harmless: each write under a lease checks the lease's number in its own transaction and locks the number
against change until it commits. A's number is old, so its write is refused.

That lock is FOR KEY SHARE, and the number is a key: the lock only stops a change of the number. Extending the lease
changes until_us alone, so it does not wait for running writes.
"""

from services.kit.db.database import Database, Tx

LASTS_S = 6
NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

TAKE = f"""
UPDATE lease SET holder = $1, number = number + 1, until_us = {NOW} + {LASTS_S} * 1000000
WHERE until_us < {NOW} RETURNING number
"""
KEEP = f"UPDATE lease SET until_us = {NOW} + {LASTS_S} * 1000000 WHERE number = $1 RETURNING 1"
GIVE_UP = "UPDATE lease SET until_us = 0 WHERE number = $1"
HELD = "SELECT 1 FROM lease WHERE number = $1 FOR KEY SHARE"


class PostgresLease:
    """The lease in one context's database."""

    def __init__(self, database: Database) -> None:
        """database: the context's own."""
        self._database = database

    async def take(self, holder: str) -> int | None:
        """Takes the lease if it is free; see the port."""
        return await self._database.write(take, holder)

    async def keep(self, number: int) -> bool:
        """Extends the lease for LASTS_S more seconds."""
        return await self._database.write(keep, number)

    async def give_up(self, number: int) -> None:
        """Frees the lease if it still has this number."""
        await self._database.write(give_up, number)


async def take(tx: Tx, holder: str) -> int | None:
    """Takes the lease. Returns its new number, None if another replica holds it."""
    row = await tx.one(TAKE, holder)
    return int(row[0]) if row else None


async def keep(tx: Tx, number: int) -> bool:
    """Extends the lease. False if another replica has taken it."""
    return await tx.one(KEEP, number) is not None


async def give_up(tx: Tx, number: int) -> None:
    """Ends the lease with this number at once; does nothing if another replica has taken it."""
    await tx.run(GIVE_UP, number)


async def held(tx: Tx, number: int) -> bool:
    """Whether the lease still has this number. If so, no other replica can take it until the transaction ends."""
    return await tx.one(HELD, number) is not None
