"""inventory's SQL about the half-price reserve: places kept for half price until shortly before an event."""

from services.inventory.stock import PoolNow
from services.inventory.store import POOL, pool_now
from services.kit.db import Tx


async def due_reserves(tx: Tx, *, now_us: int, limit: int) -> list[str]:
    """Ids of events on sale whose reserve is due to be opened to all, longest due first."""
    rows = await tx.all(
        """SELECT event_id FROM event_sale
           WHERE released = 0 AND reserve_until_us > 0 AND reserve_until_us <= $1 AND state = 'OPEN'
           ORDER BY reserve_until_us, event_id LIMIT $2""",
        now_us,
        limit,
    )
    return [row[0] for row in rows]


async def note_released(tx: Tx, event_id: str, *, now_us: int) -> bool:
    """Notes that an event's reserve is open to all. False if it is not due, or was noted before."""
    noted = await tx.one(
        """UPDATE event_sale SET released = 1
           WHERE event_id = $1 AND released = 0 AND reserve_until_us > 0 AND reserve_until_us <= $2 AND state = 'OPEN'
           RETURNING 1""",
        event_id,
        now_us,
    )
    return noted is not None


async def widen_pools(tx: Tx, event_id: str) -> list[PoolNow]:
    """Adds the reserve to the capacity of an event's pools. Returns the pools that changed."""
    rows = await tx.all(
        f"""UPDATE pool SET capacity = released_capacity WHERE event_id = $1 AND capacity < released_capacity
            RETURNING {POOL}""",
        event_id,
    )
    return [pool_now(row) for row in rows]
