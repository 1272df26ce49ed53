"""inventory's SQL about the tickets that are left, for many events at once."""

from collections.abc import Sequence

from services.kit.db import Tx

# The parts of the counts of seats for which a ticket type t is sold.
COUNTED = """FROM seat_count c WHERE c.event_id = t.event_id
    AND (c.category IN (SELECT k.category FROM type_category k WHERE k.ticket_type_id = t.ticket_type_id)
         OR NOT EXISTS (SELECT 1 FROM type_category k WHERE k.ticket_type_id = t.ticket_type_id))"""
# The free seats of these categories that make whole packages, which are in one row each. It reads these seats.
IN_PACKAGES = f"""SELECT CAST(coalesce(sum(r.seats), 0) AS BIGINT) FROM (
        SELECT count(*) - count(*) % t.package_size AS seats FROM seat
        WHERE seat.event_id = t.event_id AND seat.state = 'FREE' AND seat.category IN (SELECT c.category {COUNTED})
        GROUP BY seat.row_index) r"""
# For each ticket type that all buyers see: the places left in the narrowest of its pools, 0 once its own time is over,
# the free seats for it, and the tickets left in its lots. Each is NULL if the type is not limited by it.
LEFT = f"""SELECT t.event_id,
    CASE WHEN t.ends_us BETWEEN 1 AND $1 THEN 0 ELSE (
     SELECT min(p.capacity - p.held - p.sold) FROM type_pool tp JOIN pool p ON p.pool_id = tp.pool_id
     WHERE tp.ticket_type_id = t.ticket_type_id) END,
    CASE WHEN t.seated = 0 THEN NULL WHEN t.package_size > 1 THEN ({IN_PACKAGES})
    ELSE (SELECT CAST(coalesce(sum(c.free), 0) AS BIGINT) {COUNTED}) END,
    (SELECT CAST(sum(l.capacity - l.held - l.sold) AS BIGINT) FROM lot l
     WHERE l.ticket_type_id = t.lots_of AND l.closed = 0),
    t.package_size
    FROM ticket_type t JOIN event_sale s ON s.event_id = t.event_id WHERE s.state = 'OPEN' AND t.sells = 1
    AND t.hidden = 0 AND t.code_hashes = '' AND s.moving = 0 AND s.counter_end_us > $1"""
# A ticket type's event, its places left, the free seats for it, the tickets left in its lots, the size of its packages.
Left = tuple[str, int | None, int | None, int | None, int]


async def left_by_type(tx: Tx, event_ids: Sequence[str], *, now_us: int) -> list[Left]:
    """The tickets left of each type of some events, at least one, without events that are not on sale."""
    marks = ", ".join(f"${n}" for n in range(2, len(event_ids) + 2))
    rows = await tx.all(f"{LEFT} AND t.event_id IN ({marks}) ORDER BY t.event_id, t.n", now_us, *event_ids)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def free_by_row(tx: Tx, event_id: str, *, special: bool) -> dict[tuple[str, int], int]:
    """An event's free seats of each category in each row. Reads them all. special: also accessible seats and those of
    companions."""
    rows = await tx.all(
        f"""SELECT category, row_index, count(*) FROM seat
           WHERE event_id = $1 AND state = 'FREE' AND special <= {special:d}
           GROUP BY category, row_index ORDER BY category, row_index""",
        event_id,
    )
    return {(category, row_index): many for category, row_index, many in rows}
