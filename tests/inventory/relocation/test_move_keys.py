"""A relocation begins after the changes that have read the sale before it. On PostgreSQL only: SQLite runs one write
after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from services.kit.db.database import Tx
from tests import databases
from tests.inventory.relocation.moves import freeze, taken
from tests.inventory.world import EVENT, hld, hold, open_theatre, rows, seats
from tests.stage import Stage, outcome, until

pytestmark = pytest.mark.skipif(not databases.on_postgres(), reason="SQLite has one writer")

SEAT = "A-01"
Change = Callable[[Stage], Awaitable[object]]


@asynccontextmanager
async def locked_seat(stage: Stage) -> AsyncIterator[None]:
    """Another transaction has locked a seat while the with statement runs."""
    locked, released = asyncio.Event(), asyncio.Event()

    async def lock(tx: Tx) -> None:
        await tx.lock(f"SELECT seat_id FROM seat WHERE seat_id = '{SEAT}'")
        locked.set()
        await released.wait()

    locking = asyncio.create_task(stage.platform.contexts[0].database.write(lock))
    await locked.wait()
    yield
    released.set()
    await locking


async def waiting(stage: Stage) -> int:
    """How many transactions wait for a lock."""
    found = await rows(
        stage,
        """SELECT count(*) FROM pg_stat_activity
           WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0""",
    )
    return int(found[0][0])


@pytest.mark.parametrize(
    "change",
    [
        lambda stage: hold(stage.buyer(), hld(1), seats(SEAT)),
        lambda stage: stage.member().inventory.BlockSeats(pb.BlockSeatsRequest(event_id=EVENT, seat_ids=[SEAT])),
    ],
)
async def test_a_change_that_has_begun_is_among_the_taken_seats(stage: Stage, change: Change) -> None:
    await open_theatre(stage)

    async def listed() -> list[str]:
        await freeze(stage)
        return [seat.seat_id for seat in await taken(stage)]

    async with locked_seat(stage):
        changing = asyncio.create_task(outcome(change(stage)))
        await until(lambda: waiting(stage))
        listing = asyncio.create_task(listed())

        async def freeze_waits() -> bool:
            return listing.done() or await waiting(stage) > 1

        await until(freeze_waits)

    assert await changing == "done"
    assert await listing == [SEAT]
