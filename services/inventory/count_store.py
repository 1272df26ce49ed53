"""inventory's SQL about the counts of numbered seats. They change in the transaction that changes the seats."""

import zlib
from collections.abc import Collection, Mapping, Sequence

from services.inventory.stock import PoolNow, SeatNow, SeatState
from services.kit.db import Tx

# A count is spread over this many rows. On PostgreSQL a change locks its row until it is committed.
PARTS = 16
STATES = SeatState.FREE, SeatState.HELD, SeatState.SOLD, SeatState.BLOCKED
ADD = """INSERT INTO seat_count (event_id, category, part, free, held, sold, blocked)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (event_id, category, part) DO UPDATE
    SET free = seat_count.free + excluded.free, held = seat_count.held + excluded.held,
    sold = seat_count.sold + excluded.sold, blocked = seat_count.blocked + excluded.blocked"""


async def count_moved(
    tx: Tx,
    event_id: str,
    seats: Sequence[SeatNow],
    spread_by: str,
    *,
    old: SeatState,
    unblocked: Collection[str] = (),
) -> None:
    """Counts seats that have left one state. Call it once for each event in a transaction, after the last change of
    seats and pools: the rows of the counts are locked last.

    spread_by: an id that spreads the changes over the parts of a count, such as the hold's.
    unblocked: the ids of the seats that were BLOCKED instead.
    """
    part = zlib.crc32(spread_by.encode()) % PARTS
    moved: dict[str, list[int]] = {}
    for seat in seats:
        changes = moved.setdefault(seat.category, [0, 0, 0, 0])
        changes[STATES.index(seat.state)] += 1
        changes[STATES.index(SeatState.BLOCKED if seat.seat_id in unblocked else old)] -= 1
    for category in sorted(moved):
        await tx.defer(ADD, event_id, category, part, *moved[category])


async def count_new(tx: Tx, event_id: str, new: Mapping[str, int]) -> None:
    """Counts new seats, which are free. new: their number by category."""
    for category, many in sorted(new.items()):
        await tx.defer(ADD, event_id, category, 0, many, 0, 0, 0)


async def forget_counts(tx: Tx, event_id: str) -> None:
    """Deletes the counts of an event whose seats are deleted."""
    await tx.run("DELETE FROM seat_count WHERE event_id = $1", event_id)


async def count_seats(tx: Tx, event_id: str) -> PoolNow | None:
    """All numbered seats of an event as one pool; None if it has none. Its capacity leaves out blocked seats."""
    row = await tx.one(
        """SELECT CAST(sum(free + held + sold) AS BIGINT), CAST(sum(held) AS BIGINT), CAST(sum(sold) AS BIGINT)
           FROM seat_count WHERE event_id = $1 HAVING count(*) > 0""",
        event_id,
    )
    if row is None:
        return None
    capacity, held, sold = row
    return PoolNow(pool_id=f"{event_id}.seats", name="seats", capacity=capacity, held=held, sold=sold)


async def count_free(tx: Tx, event_id: str) -> dict[str, int]:
    """How many seats are free, by category. Leaves out categories without a free seat."""
    rows = await tx.all(
        """SELECT category, CAST(sum(free) AS BIGINT) FROM seat_count WHERE event_id = $1
           GROUP BY category HAVING sum(free) > 0 ORDER BY category""",
        event_id,
    )
    return dict(rows)


async def categories(tx: Tx, event_id: str) -> list[str]:
    """The categories of an event's seats, free or not."""
    return [
        row[0]
        for row in await tx.all(
            "SELECT DISTINCT category FROM seat_count WHERE event_id = $1 ORDER BY category", event_id
        )
    ]
