"""inventory's SQL about the rows of events with an OrphanRule."""

from collections.abc import Collection, Sequence

from services.inventory.orphans import RowSeat
from services.inventory.stock import seat_label
from services.kit.db import Row, Tx

ROW_SEAT = "seat_id, zone, row_name, number, label, row_index, seat_index, category, special"


async def lock_rows(tx: Tx, event_id: str, seat_ids: Sequence[str]) -> list[RowSeat]:
    """The free seats of the rows of some seats, locked until the transaction ends. They are locked in the order of
    their ids' bytes, as Python sorts: other writes lock seats in Python's order. Seats that are not free are not
    locked: they may belong to a hold that lapses just now, which locks its seats in another order."""
    marks = ", ".join(f"${n}" for n in range(2, 2 + len(seat_ids)))
    rows = await tx.lock(
        f"""SELECT {ROW_SEAT} FROM seat WHERE event_id = $1 AND state || '' = 'FREE' AND guarded_row IN (
                SELECT guarded_row FROM seat WHERE event_id = $1 AND seat_id IN ({marks}))
            ORDER BY seat_id COLLATE "binary"
            """,
        event_id,
        *seat_ids,
    )
    return [_row_seat(row) for row in rows]


async def free_in_rows(tx: Tx, event_id: str, guarded_rows: Sequence[int]) -> list[RowSeat]:
    """The free seats of some rows."""
    marks = ", ".join(f"${n}" for n in range(2, 2 + len(guarded_rows)))
    rows = await tx.all(
        f"""SELECT {ROW_SEAT} FROM seat
            WHERE event_id = $1 AND state || '' = 'FREE' AND guarded_row IN ({marks}) ORDER BY seat_id""",
        event_id,
        *guarded_rows,
    )
    return [_row_seat(row) for row in rows]


async def rows_of(tx: Tx, event_id: str, seat_ids: Sequence[str]) -> list[int]:
    """The rows in which some seats are."""
    marks = ", ".join(f"${n}" for n in range(2, 2 + len(seat_ids)))
    rows = await tx.all(
        f"SELECT DISTINCT row_index FROM seat WHERE event_id = $1 AND seat_id IN ({marks}) ORDER BY row_index",
        event_id,
        *seat_ids,
    )
    return [row[0] for row in rows]


async def free_in_next_rows(
    tx: Tx, event_id: str, after: int, categories: Collection[str], limit: int
) -> list[RowSeat]:
    """The free seats of the next rows, at most limit, in which a seat of some categories is free. after: the row before
    them. categories: empty for all."""
    marks = ", ".join(f"${n}" for n in range(4, 4 + len(categories)))
    wanted = f"AND category IN ({marks})" if categories else ""
    rows = await tx.all(
        f"""SELECT {ROW_SEAT} FROM seat WHERE event_id = $1 AND state || '' = 'FREE' AND guarded_row IN (
                SELECT DISTINCT guarded_row FROM seat
                WHERE event_id = $1 AND state || '' = 'FREE' AND guarded_row > $2 {wanted}
                ORDER BY guarded_row LIMIT $3)
            ORDER BY seat_id""",
        event_id,
        after,
        limit,
        *sorted(categories),
    )
    return [_row_seat(row) for row in rows]


def _row_seat(row: Row) -> RowSeat:
    seat_id, zone, row_name, number, label, row_index, seat_index, category, special = row
    return RowSeat(
        seat_id=seat_id,
        label=label or seat_label(zone, row_name, number),
        row_index=row_index,
        seat_index=seat_index,
        category=category,
        special=bool(special),
    )
