"""inventory's SQL about provisions: an event's sale, pools, ticket types and seats before sales open."""

from collections import Counter
from collections.abc import Sequence

from services.inventory.holds import EventSale, TicketType
from services.inventory.passes import store as pass_store
from services.inventory.provisions import Known, Provision, SeatSpec
from services.inventory.store import SALE, TYPE, event_sale
from services.kit.db import Tx

ADD_TYPE = f"""INSERT INTO ticket_type ({TYPE}, event_id, n)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"""


def type_row(ticket_type: TicketType) -> tuple[str | int, ...]:
    """The values of the columns TYPE."""
    return (
        ticket_type.ticket_type_id,
        int(ticket_type.seated),
        int(ticket_type.sells),
        ticket_type.area_name,
        ticket_type.lots_of,
        ticket_type.order_min,
        ticket_type.order_max,
        ticket_type.starts_us,
        ticket_type.ends_us,
        int(ticket_type.hidden),
        " ".join(sorted(ticket_type.code_hashes)),
        ticket_type.package_size,
        len(ticket_type.nights),
    )


async def insert_sale(tx: Tx, provision: Provision) -> bool:
    """Writes the sale of a new event. False if the event has one."""
    row = await tx.one(
        """INSERT INTO event_sale
           (event_id, organizer_id, state, content_hash, sales_end_us, tickets_per_order_max, reserve_until_us,
            counter_end_us, plan_id, plan_seats, orphan_rule, version, sales_start_us, tickets_per_person_max)
           VALUES ($1, $2, 'PROVISIONING', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           ON CONFLICT (event_id) DO NOTHING RETURNING 1""",
        provision.event_id,
        provision.organizer_id,
        provision.content_hash,
        provision.sales_end_us,
        provision.tickets_per_order_max,
        provision.reserve_until_us,
        provision.counter_end_us,
        provision.plan_id,
        provision.plan_seats,
        provision.orphan_rule,
        provision.version,
        provision.sales_start_us,
        provision.tickets_per_person_max,
    )
    return row is not None


async def lock_sale(tx: Tx, event_id: str) -> tuple[EventSale, Known] | None:
    """An event's sale and its provision, locked until the transaction ends."""
    rows = await tx.lock(
        f"SELECT content_hash, version, released, {SALE} FROM event_sale WHERE event_id = $1", event_id
    )
    return (event_sale(rows[0][3:]), Known(rows[0][0], rows[0][1], bool(rows[0][2]))) if rows else None


async def replace_sale(tx: Tx, provision: Provision) -> None:
    """Overwrites an event's sale, and deletes the pools, ticket types and seats of its earlier provision."""
    await tx.run("DELETE FROM seat WHERE event_id = $1", provision.event_id)
    await tx.run("DELETE FROM seat_block WHERE event_id = $1", provision.event_id)
    of_event = "(SELECT ticket_type_id FROM ticket_type WHERE event_id = $1)"
    await tx.run(f"DELETE FROM type_category WHERE ticket_type_id IN {of_event}", provision.event_id)
    await tx.run(f"DELETE FROM type_pool WHERE ticket_type_id IN {of_event}", provision.event_id)
    await pass_store.forget_nights(tx, provision.event_id)
    await tx.run("DELETE FROM ticket_type WHERE event_id = $1", provision.event_id)
    await tx.run("DELETE FROM pool WHERE event_id = $1", provision.event_id)
    await tx.run(
        """UPDATE event_sale
           SET content_hash = $1, sales_end_us = $2, tickets_per_order_max = $3, reserve_until_us = $4,
           counter_end_us = $5, plan_id = $6, plan_seats = $7, orphan_rule = $8, version = $10,
           sales_start_us = $11, tickets_per_person_max = $12 WHERE event_id = $9""",
        provision.content_hash,
        provision.sales_end_us,
        provision.tickets_per_order_max,
        provision.reserve_until_us,
        provision.counter_end_us,
        provision.plan_id,
        provision.plan_seats,
        provision.orphan_rule,
        provision.event_id,
        provision.version,
        provision.sales_start_us,
        provision.tickets_per_person_max,
    )


async def save_stock(tx: Tx, provision: Provision) -> None:
    """Writes the pools and ticket types of a provision."""
    for n, pool in enumerate(provision.pools):
        await tx.run(
            """INSERT INTO pool (pool_id, event_id, n, name, capacity, kept_capacity, released_capacity)
               VALUES ($1, $2, $3, $4, $5, $5, $6)""",
            pool.pool_id,
            provision.event_id,
            n,
            pool.name,
            pool.capacity,
            pool.released_capacity,
        )
    for n, ticket_type in enumerate(provision.types):
        await tx.run(ADD_TYPE, *type_row(ticket_type), provision.event_id, n)
        await pass_store.save_nights(tx, ticket_type)
        for category in sorted(ticket_type.categories):
            await tx.run(
                "INSERT INTO type_category (ticket_type_id, category) VALUES ($1, $2)",
                ticket_type.ticket_type_id,
                category,
            )
        for place, pool_id in enumerate(ticket_type.pool_ids):
            await tx.run(
                "INSERT INTO type_pool (ticket_type_id, n, pool_id) VALUES ($1, $2, $3)",
                ticket_type.ticket_type_id,
                place,
                pool_id,
            )


async def save_seats(tx: Tx, sale: EventSale, seats: Sequence[SeatSpec]) -> Counter[str]:
    """Writes numbered seats. A seat that the event has already stays as it is. Returns how many are new, by
    category."""
    new: Counter[str] = Counter()
    for seat in seats:
        new[seat.category] += await tx.run(
            """INSERT INTO seat
               (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance, label, position,
                accessible, companion_of, special, guarded_row)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
               ON CONFLICT (event_id, seat_id) DO NOTHING""",
            sale.event_id,
            seat.seat_id,
            seat.zone,
            seat.row_name,
            seat.number,
            seat.category,
            seat.row_index,
            seat.seat_index,
            seat.distance,
            seat.label,
            seat.position,
            seat.accessible,
            seat.companion_of,
            int(bool(seat.accessible or seat.companion_of)),
            seat.row_index if sale.orphan_rule else None,
        )
    return new


async def open_sale(tx: Tx, event_id: str) -> bool:
    """Puts an event on sale. False if it is on sale already."""
    opened = await tx.one(
        "UPDATE event_sale SET state = 'OPEN' WHERE event_id = $1 AND state = 'PROVISIONING' RETURNING 1", event_id
    )
    return opened is not None
