"""SQL of reporting's tables, which facts of other contexts fill."""

from collections.abc import Sequence

from msgspec import json

from services.kit.db import Tx
from services.reporting.known import PAID, Event, KnownEvent, Order, Stock, TicketType


async def lock_events(tx: Tx, event_ids: Sequence[str]) -> None:
    """Locks events in the order of their ids, before a transaction changes several of them."""
    if event_ids:
        marks = ", ".join(f"${n}" for n in range(1, len(event_ids) + 1))
        await tx.lock(f"SELECT event_id FROM event_row WHERE event_id IN ({marks}) ORDER BY event_id", *event_ids)


async def touch_event(tx: Tx, event_id: str, organizer_id: str, *, currency: str = "") -> None:
    """Increments an event's revision, and creates the event if it is unknown. currency: set only if none is known
    yet."""
    await tx.run(
        """INSERT INTO event_row (event_id, organizer_id, currency) VALUES ($1, $2, $3)
           ON CONFLICT (event_id) DO UPDATE SET revision = event_row.revision + 1,
           currency = CASE WHEN event_row.currency = '' THEN excluded.currency ELSE event_row.currency END""",
        event_id,
        organizer_id,
        currency,
    )


async def save_event(tx: Tx, event: Event) -> bool:
    """Saves catalog's version of an event that touch_event has created. Returns False if a newer version is known."""
    newer = await tx.one(
        """UPDATE event_row SET title = $2, time_zone = $3, currency = $4, version = $5, areas = $6
           WHERE event_id = $1 AND version <= $5 RETURNING 1""",
        event.event_id,
        event.title,
        event.time_zone,
        event.currency,
        event.version,
        json.encode(event.areas).decode(),
    )
    if newer is None:
        return False
    await tx.run("DELETE FROM type_row WHERE event_id = $1", event.event_id)
    for n, ticket_type in enumerate(event.types):
        await tx.run(
            """INSERT INTO type_row (event_id, n, organizer_id, ticket_type_id, name, price_minor)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            event.event_id,
            n,
            event.organizer_id,
            ticket_type.ticket_type_id,
            ticket_type.name,
            ticket_type.price_minor,
        )
    return True


async def save_order(tx: Tx, order: Order) -> bool:
    """Saves an order, and its tickets if it is paid. Returns False if this version or a newer one is known."""
    newer = await tx.one(
        """INSERT INTO order_row (order_id, event_id, organizer_id, state, tickets, discounted, face_minor,
           discount_minor, total_minor, currency, coupon_id, coupon_code, paid_us, version, sale, free, given,
           returned, refunded_minor)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
           ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, tickets = excluded.tickets,
           discounted = excluded.discounted, face_minor = excluded.face_minor,
           discount_minor = excluded.discount_minor, total_minor = excluded.total_minor,
           currency = excluded.currency, coupon_id = excluded.coupon_id, coupon_code = excluded.coupon_code,
           paid_us = excluded.paid_us, version = excluded.version, sale = excluded.sale, free = excluded.free,
           given = excluded.given, returned = excluded.returned, refunded_minor = excluded.refunded_minor
           WHERE order_row.version < excluded.version RETURNING 1""",
        order.order_id,
        order.event_id,
        order.organizer_id,
        order.state,
        len(order.lines),
        order.discounted,
        order.face_minor,
        order.discount_minor,
        order.total_minor,
        order.currency,
        order.coupon_id,
        order.coupon_code,
        order.paid_us,
        order.version,
        order.sale,
        order.free,
        order.given,
        order.returned,
        order.refunded_minor,
    )
    if newer is None:
        return False
    await save_lines(tx, order)
    await save_refunds(tx, order)
    return True


async def save_lines(tx: Tx, order: Order) -> None:
    """Saves the tickets of a paid order, and deletes those of an order that is not paid."""
    await tx.run("DELETE FROM sales_line WHERE order_id = $1", order.order_id)
    if order.state not in PAID:
        return
    for n, line in enumerate(order.lines):
        await tx.run(
            """INSERT INTO sales_line
               (order_id, n, event_id, organizer_id, ticket_type_id, name, face_minor, price_minor, given, returned)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
            order.order_id,
            n,
            order.event_id,
            order.organizer_id,
            line.ticket_type_id,
            line.name,
            line.face_minor,
            line.price_minor,
            int(order.gift),
            int(line.returned),
        )


async def save_refunds(tx: Tx, order: Order) -> None:
    """Saves the money of an order that was given back. A later version of an order has all refunds of the earlier."""
    for refund in order.refunds:
        await tx.run(
            """INSERT INTO refund_row (refund_id, event_id, organizer_id, minor, at_us) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (refund_id) DO UPDATE SET minor = excluded.minor, at_us = excluded.at_us""",
            refund.refund_id,
            order.event_id,
            order.organizer_id,
            refund.minor,
            refund.at_us,
        )


async def save_stock(tx: Tx, stock: Stock, *, event_id: str, organizer_id: str, pos: int) -> bool:
    """Saves a count. pos: the position of its fact. Returns False if a later fact's count is known."""
    newer = await tx.one(
        """INSERT INTO stock_row (pool_id, event_id, organizer_id, name, capacity, held, sold, pos)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (pool_id) DO UPDATE SET name = excluded.name, capacity = excluded.capacity,
           held = excluded.held, sold = excluded.sold, pos = excluded.pos
           WHERE stock_row.pos < excluded.pos RETURNING 1""",
        stock.pool_id,
        event_id,
        organizer_id,
        stock.name,
        stock.capacity,
        stock.held,
        stock.sold,
        pos,
    )
    return newer is not None


async def save_admission(tx: Tx, ticket_id: str, *, event_id: str, organizer_id: str) -> bool:
    """Saves that a ticket has admitted its holder. Returns False if that is known."""
    first = await tx.one(
        """INSERT INTO admission_row (ticket_id, event_id, organizer_id) VALUES ($1, $2, $3)
           ON CONFLICT (ticket_id) DO NOTHING RETURNING 1""",
        ticket_id,
        event_id,
        organizer_id,
    )
    return first is not None


async def find_event(tx: Tx, event_id: str, organizer_id: str) -> KnownEvent | None:
    """Returns an organizer's event; None if it is unknown or another organizer's."""
    row = await tx.one(
        """SELECT event_id, time_zone, currency, revision, areas FROM event_row
           WHERE event_id = $1 AND organizer_id = $2""",
        event_id,
        organizer_id,
    )
    if row is None:
        return None
    areas = json.decode(row[4])
    return KnownEvent(event_id=row[0], time_zone=row[1], currency=row[2], revision=row[3], areas=areas)


async def find_types(tx: Tx, event_id: str) -> list[TicketType]:
    """Returns an event's ticket types in catalog's order."""
    rows = await tx.all(
        "SELECT ticket_type_id, name, price_minor FROM type_row WHERE event_id = $1 ORDER BY n", event_id
    )
    return [TicketType(*row) for row in rows]


async def find_stocks(tx: Tx, event_id: str) -> list[Stock]:
    """Returns an event's counts of places."""
    rows = await tx.all(
        "SELECT pool_id, name, capacity, held, sold FROM stock_row WHERE event_id = $1 ORDER BY pool_id", event_id
    )
    return [
        Stock(pool_id=pool_id, name=name, capacity=capacity, held=held, sold=sold)
        for pool_id, name, capacity, held, sold in rows
    ]


async def count_admissions(tx: Tx, event_id: str) -> int:
    """Counts the tickets that have admitted their holder."""
    row = await tx.one("SELECT count(*) FROM admission_row WHERE event_id = $1", event_id)
    assert row is not None, "count(*) always returns a row"
    return int(row[0])
