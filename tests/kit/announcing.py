"""A process that commits facts until it is killed: python -m tests.kit.announcing URL FAILPOINTS."""

import asyncio
import sys

from services.kit.db.postgres import PostgresDatabase
from services.kit.values import failpoints
from tests.databases import middle
from tests.kit.shop import tell


async def main(url: str, armed: str) -> None:
    """Announces one fact after the other, for ever."""
    failpoints.arm(armed)
    shop = await PostgresDatabase.opened("shop", url, middle)
    for n in range(100):
        await shop.write(tell, f"a{n}", n)
    await shop.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
