"""inventory's SQL about lots."""

from collections.abc import Iterable, Mapping, Sequence

from services.inventory.lots import Lot, Lots, LotSpec
from services.kit.db import Row, Tx

LOT = "ticket_type_id, lot_id, version, quantity, unlimited, ends_us, capacity, held, sold, closed"


async def lock_lots(tx: Tx, type_ids: Iterable[str]) -> dict[str, Lots]:
    """The lots of several ticket types, locked type after type in the order of the ids. Leaves out types without
    lots."""
    found = {}
    for type_id in sorted(type_ids):
        # The first lot stands for all: a statement that waits for a lock would not see lots that were added meanwhile.
        if await tx.lock("SELECT lot_id FROM lot WHERE ticket_type_id = $1 AND n = 0", type_id):
            rows = await tx.all(f"SELECT {LOT} FROM lot WHERE ticket_type_id = $1 ORDER BY n", type_id)
            found[type_id] = tuple(_lot(row) for row in rows)
    return found


async def lock_lots_of_hold(tx: Tx, type_ids: Iterable[str]) -> dict[str, Lots]:
    """As lock_lots, in one statement for each type. The caller shares the key of the event: no lot is added or taken
    away meanwhile."""
    found = {}
    for type_id in sorted(type_ids):
        rows = await tx.lock(f"SELECT {LOT} FROM lot WHERE ticket_type_id = $1 ORDER BY n", type_id)
        found[type_id] = tuple(_lot(row) for row in rows)
    return found


async def find_lots(tx: Tx, event_id: str) -> dict[str, Lots]:
    """The lots of an event's ticket types. Leaves out types without lots."""
    found: dict[str, Lots] = {}
    for row in await tx.all(f"SELECT {LOT} FROM lot WHERE event_id = $1 ORDER BY ticket_type_id, n", event_id):
        found[row[0]] = (*found.get(row[0], ()), _lot(row))
    return found


def _lot(row: Row) -> Lot:
    ticket_type_id, lot_id, version, quantity, unlimited, ends_us, capacity, held, sold, closed = row
    spec = LotSpec(
        ticket_type_id=ticket_type_id,
        lot_id=lot_id,
        version=version,
        quantity=quantity,
        unlimited=bool(unlimited),
        ends_us=ends_us,
    )
    return Lot(spec=spec, capacity=capacity, held=held, sold=sold, closed=bool(closed))


async def save_counts(tx: Tx, before: Mapping[str, Lots], after: Mapping[str, Lots]) -> bool:
    """Writes the counts of locked lots that have changed. Returns whether any has."""
    known = {lot for lots in before.values() for lot in lots}
    changed = [lot for lots in after.values() for lot in lots if lot not in known]
    for lot in changed:
        await tx.defer(
            """UPDATE lot SET capacity = $3, held = $4, sold = $5, closed = $6
               WHERE ticket_type_id = $1 AND lot_id = $2""",
            lot.spec.ticket_type_id,
            lot.spec.lot_id,
            lot.capacity,
            lot.held,
            lot.sold,
            int(lot.closed),
        )
    return bool(changed)


async def save_lots(tx: Tx, event_id: str, type_id: str, lots: Sequence[Lot]) -> None:
    """Writes the lots of a ticket type instead of those that it has. The rows of lots that stay are kept: other writes
    may wait for them."""
    wanted = {lot.spec.lot_id for lot in lots}
    for (lot_id,) in await tx.all("SELECT lot_id FROM lot WHERE ticket_type_id = $1 ORDER BY n", type_id):
        if lot_id not in wanted:
            await tx.run("DELETE FROM lot WHERE ticket_type_id = $1 AND lot_id = $2", type_id, lot_id)
    for n, lot in enumerate(lots):
        await tx.run(
            f"""INSERT INTO lot ({LOT}, event_id, n)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                ON CONFLICT (ticket_type_id, lot_id) DO UPDATE
                SET version = excluded.version, quantity = excluded.quantity, unlimited = excluded.unlimited,
                ends_us = excluded.ends_us, capacity = excluded.capacity, closed = excluded.closed, n = excluded.n""",
            type_id,
            lot.spec.lot_id,
            lot.spec.version,
            lot.spec.quantity,
            int(lot.spec.unlimited),
            lot.spec.ends_us,
            lot.capacity,
            lot.held,
            lot.sold,
            int(lot.closed),
            event_id,
            n,
        )


async def forget_lots(tx: Tx, event_id: str) -> None:
    """Deletes the lots of an event that is provisioned anew."""
    await tx.run("DELETE FROM lot WHERE event_id = $1", event_id)


async def due_lots(tx: Tx, *, now_us: int, limit: int) -> list[tuple[str, str]]:
    """The (event_id, ticket_type_id) of lots on sale whose time is over, longest ago first."""
    rows = await tx.all(
        """SELECT event_id, ticket_type_id FROM lot JOIN event_sale USING (event_id)
           WHERE closed = 0 AND ends_us > 0 AND ends_us <= $1 AND state = 'OPEN'
           ORDER BY ends_us, ticket_type_id LIMIT $2""",
        now_us,
        limit,
    )
    return [(row[0], row[1]) for row in rows]
