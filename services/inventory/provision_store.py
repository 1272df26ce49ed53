"""How an event's seats and places come into stock, before sales open."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.inventory.v1.inventory_events_pb2 import StockOpened
from eventhub.refusals import EventIncomplete, EventNotFound, EventState
from services.inventory import reserve_store, store
from services.inventory.convert import stock_pb
from services.inventory.holds import Stock, TicketType
from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A count of places to be opened. released_capacity: once what is kept for half price is open to all."""

    pool_id: str
    name: str
    capacity: int
    released_capacity: int


@dataclass(frozen=True, slots=True)
class SeatSpec:
    """A numbered seat to be opened."""

    seat_id: str
    zone: str
    row_name: str
    number: str
    category: str
    row_index: int
    seat_index: int
    distance: int
    label: str


@dataclass(frozen=True, slots=True)
class Provision:
    """What an event is to sell. counter_end_us: when sales end at the counter. reserve_until_us: until when places are
    kept for half price, 0 for as long as it sells. content_hash tells two provisions of one event apart."""

    event_id: str
    organizer_id: str
    sales_end_us: int
    counter_end_us: int
    reserve_until_us: int
    tickets_per_order_max: int
    pools: tuple[PoolSpec, ...]
    types: tuple[TicketType, ...]
    content_hash: str


async def begin(tx: Tx, wanted: Provision) -> None:
    """Notes what an event sells; other content replaces what was noted before, seats included. Raises EventState once
    sales are open with other content."""
    row = await tx.one(
        """INSERT INTO event_stock
           (event_id, organizer_id, state, content_hash, sales_end_us, tickets_per_order_max, reserve_until_us,
            counter_end_us)
           VALUES ($1, $2, 'PROVISIONING', $3, $4, $5, $6, $7) ON CONFLICT (event_id) DO NOTHING RETURNING 1""",
        wanted.event_id,
        wanted.organizer_id,
        wanted.content_hash,
        wanted.sales_end_us,
        wanted.tickets_per_order_max,
        wanted.reserve_until_us,
        wanted.counter_end_us,
    )
    if row is None:
        rows = await tx.lock(
            "SELECT state, content_hash, organizer_id FROM event_stock WHERE event_id = $1", wanted.event_id
        )
        state, content_hash, organizer_id = rows[0]
        if organizer_id != wanted.organizer_id:
            raise EventNotFound
        if content_hash == wanted.content_hash:
            return
        if state != "PROVISIONING":
            raise EventState(state=state)
        await clear(tx, wanted)
    await note(tx, wanted)


async def lock_stock(tx: Tx, event_id: str) -> Stock:
    """What an event sells, locked until the transaction ends. Raises EventNotFound."""
    rows = await tx.lock(f"SELECT {store.STOCK} FROM event_stock WHERE event_id = $1", event_id)
    if not rows:
        raise EventNotFound
    return Stock(*rows[0])


async def clear(tx: Tx, wanted: Provision) -> None:
    """Forgets an earlier provision of an event that is not on sale yet."""
    await tx.run("DELETE FROM seat WHERE event_id = $1", wanted.event_id)
    of_event = "(SELECT ticket_type_id FROM ticket_type WHERE event_id = $1)"
    await tx.run(f"DELETE FROM type_category WHERE ticket_type_id IN {of_event}", wanted.event_id)
    await tx.run(f"DELETE FROM type_pool WHERE ticket_type_id IN {of_event}", wanted.event_id)
    await tx.run("DELETE FROM ticket_type WHERE event_id = $1", wanted.event_id)
    await tx.run("DELETE FROM pool WHERE event_id = $1", wanted.event_id)
    await tx.run(
        """UPDATE event_stock
           SET content_hash = $1, sales_end_us = $2, tickets_per_order_max = $3, reserve_until_us = $4,
           counter_end_us = $5 WHERE event_id = $6""",
        wanted.content_hash,
        wanted.sales_end_us,
        wanted.tickets_per_order_max,
        wanted.reserve_until_us,
        wanted.counter_end_us,
        wanted.event_id,
    )


async def note(tx: Tx, wanted: Provision) -> None:
    """Writes down pools and types."""
    for n, pool in enumerate(wanted.pools):
        await tx.run(
            """INSERT INTO pool (pool_id, event_id, n, name, capacity, kept_capacity, released_capacity)
               VALUES ($1, $2, $3, $4, $5, $5, $6)""",
            pool.pool_id,
            wanted.event_id,
            n,
            pool.name,
            pool.capacity,
            pool.released_capacity,
        )
    for n, kind in enumerate(wanted.types):
        await tx.run(
            "INSERT INTO ticket_type (ticket_type_id, event_id, n, seated) VALUES ($1, $2, $3, $4)",
            kind.ticket_type_id,
            wanted.event_id,
            n,
            int(kind.seated),
        )
        for category in sorted(kind.categories):
            await tx.run(
                "INSERT INTO type_category (ticket_type_id, category) VALUES ($1, $2)", kind.ticket_type_id, category
            )
        for width, pool_id in enumerate(kind.pool_ids):
            await tx.run(
                "INSERT INTO type_pool (ticket_type_id, n, pool_id) VALUES ($1, $2, $3)",
                kind.ticket_type_id,
                width,
                pool_id,
            )


async def add_seats(tx: Tx, event_id: str, seats: Sequence[SeatSpec]) -> None:
    """Adds numbered seats; those that are there already stay. Raises EventNotFound, EventState once sales are open."""
    stock = await lock_stock(tx, event_id)
    if stock.state != "PROVISIONING":
        raise EventState(state=stock.state)
    for seat in seats:
        await tx.run(
            """INSERT INTO seat
               (event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance, label)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (event_id, seat_id) DO NOTHING""",
            event_id,
            seat.seat_id,
            seat.zone,
            seat.row_name,
            seat.number,
            seat.category,
            seat.row_index,
            seat.seat_index,
            seat.distance,
            seat.label,
        )


async def open_sales(tx: Tx, event_id: str, seat_count: int, *, now_us: int) -> None:
    """Opens sales. Raises EventIncomplete while seats are missing."""
    stock = await lock_stock(tx, event_id)
    seats = await store.count_seats(tx, event_id)
    arrived = seats.capacity if seats else 0
    opened = await tx.one(
        "UPDATE event_stock SET state = 'OPEN' WHERE event_id = $1 AND state = 'PROVISIONING' RETURNING 1", event_id
    )
    if opened is None:
        return
    if arrived != seat_count:
        raise EventIncomplete(missing=f"{seat_count - arrived} seats")
    if await reserve_store.note_released(tx, event_id, now_us=now_us):  # too late to keep anything
        await reserve_store.widen_pools(tx, event_id)
    stocks = [*await store.find_pools(tx, event_id), *([seats] if seats else [])]
    fact = StockOpened(event_id=event_id, stocks=[stock_pb(pool) for pool in stocks])
    await tx.announce(fact, aggregate_id=event_id, organizer_id=stock.organizer_id, at_us=now_us)
