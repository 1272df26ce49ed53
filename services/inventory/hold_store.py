"""inventory's SQL about holds."""

from collections.abc import Sequence

import msgspec

from services.inventory.holds import Hold, Place, Wish
from services.kit.db import Row, Tx

HOLD = "hold_id, event_id, owner_id, content_hash, state, expires_us, order_id, places, given_up_by"
JSON = msgspec.json.Encoder()


async def claim_hold(tx: Tx, wish: Wish, places: Sequence[Place], *, expires_us: int, now_us: int) -> bool:
    """Claims a hold's id, with the places known so far, if its event sells now. False if it does not, or the id names
    something already."""
    claimed = await tx.run(
        """INSERT INTO hold (hold_id, event_id, owner_id, content_hash, state, expires_us, places)
           SELECT $1, $2, $3, $4, 'HELD', $5, $6 FROM event_stock
           WHERE event_id = $2 AND state = 'OPEN' AND sales_end_us > $7
           ON CONFLICT (hold_id) DO NOTHING""",
        wish.hold_id,
        wish.event_id,
        wish.owner_id,
        wish.content_hash,
        expires_us,
        written(places),
        now_us,
    )
    return claimed > 0


async def find_hold(tx: Tx, hold_id: str) -> Hold | None:
    """A hold with its places."""
    rows = await tx.all(f"SELECT {HOLD} FROM hold WHERE hold_id = $1", hold_id)
    return _hold(rows[0]) if rows else None


async def lock_hold(tx: Tx, hold_id: str) -> Hold | None:
    """A hold with its places, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {HOLD} FROM hold WHERE hold_id = $1", hold_id)
    return _hold(rows[0]) if rows else None


def _hold(row: Row) -> Hold:
    hold_id, event_id, owner_id, content_hash, state, expires_us, order_id, places, given_up_by = row
    kept = tuple(Place(*place) for place in msgspec.json.decode(places))
    return Hold(
        hold_id, event_id, owner_id, content_hash, state, expires_us, order_id, kept, tuple(given_up_by.split())
    )


def written(places: Sequence[Place]) -> str:
    """Places as a hold's column has them: [[ticket_type_id, seat_id, seat_label], ...]. They are only ever wanted
    together and with their hold."""
    return JSON.encode([(place.ticket_type_id, place.seat_id, place.seat_label) for place in places]).decode()


async def save_places(tx: Tx, hold_id: str, places: Sequence[Place]) -> None:
    """Writes down a new hold's places."""
    await tx.later("UPDATE hold SET places = $2 WHERE hold_id = $1", hold_id, written(places))


async def turn_hold(tx: Tx, hold_id: str, *, old: str, new: str, order_id: str = "") -> bool:
    """Moves a hold from one state to another. False if it was not in the old one."""
    turned = await tx.one(
        """UPDATE hold SET state = $1, order_id = CASE WHEN $2 = '' THEN order_id ELSE $2 END
           WHERE hold_id = $3 AND state = $4 RETURNING 1""",
        new,
        order_id,
        hold_id,
        old,
    )
    return turned is not None


async def save_given_up(tx: Tx, hold: Hold) -> None:
    """Writes back a locked hold that an order has given up."""
    await tx.later(
        "UPDATE hold SET state = $1, order_id = $2, given_up_by = $3 WHERE hold_id = $4",
        hold.state,
        hold.order_id,
        " ".join(hold.given_up_by),
        hold.hold_id,
    )


async def lapse_hold(tx: Tx, hold_id: str, *, now_us: int) -> bool:
    """Lapses a hold whose time is over. False if somebody else has done it, or it was locked meanwhile."""
    lapsed = await tx.one(
        """UPDATE hold SET state = 'LAPSED' WHERE hold_id = $1 AND state = 'HELD' AND expires_us <= $2 RETURNING 1""",
        hold_id,
        now_us,
    )
    return lapsed is not None


async def due_holds(tx: Tx, *, now_us: int, limit: int) -> list[str]:
    """Holds whose time is over, longest over first."""
    rows = await tx.all(
        "SELECT hold_id FROM hold WHERE state = 'HELD' AND expires_us <= $1 ORDER BY expires_us, hold_id LIMIT $2",
        now_us,
        limit,
    )
    return [row[0] for row in rows]
