"""The lease of a context's loops on PostgreSQL: one row, by the database's clock.

The lease only saves work. What makes a replica harmless that stood still while another took over is the fence: every
write that is made under a lease checks its number in its own transaction, and keeps it from changing until then. The
number is a key, so that it is all they keep: having the lease last on does not wait for them.
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
    """The lease of one context."""

    def __init__(self, database: Database) -> None:
        """database: the context's own."""
        self._database = database

    async def take(self, holder: str) -> int | None:
        """Takes it if nobody has it."""
        return await self._database.write(take, holder)

    async def keep(self, number: int) -> bool:
        """Has it last on."""
        return await self._database.write(keep, number)

    async def give_up(self, number: int) -> None:
        """Lets the next one have it at once."""
        await self._database.write(give_up, number)


async def take(tx: Tx, holder: str) -> int | None:
    """The lease's new number, None where it is somebody's."""
    row = await tx.one(TAKE, holder)
    return int(row[0]) if row else None


async def keep(tx: Tx, number: int) -> bool:
    """Whether it was still this one's."""
    return await tx.one(KEEP, number) is not None


async def give_up(tx: Tx, number: int) -> None:
    """It is over at once, if it is still this one's."""
    await tx.run(GIVE_UP, number)


async def held(tx: Tx, number: int) -> bool:
    """Whether a lease is still the one in force; it stays so until the transaction ends."""
    return await tx.one(HELD, number) is not None
