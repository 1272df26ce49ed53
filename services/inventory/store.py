"""inventory's SQL about events on sale, ticket types, seats and pools."""

from collections.abc import Sequence

from services.inventory.holds import EventSale, SaleState, TicketType
from services.inventory.passes import store as pass_store
from services.inventory.stock import PoolNow, SeatNow, SeatState, seat_label
from services.kit.db import Row, Tx

SEAT_NOW = (
    "seat_id, state, version, hold_id, category, zone, row_name, number, label, position, companion_of, row_index"
)
SALE = """event_id, organizer_id, state, sales_start_us, sales_end_us, counter_end_us, tickets_per_order_max, waiting,
revision, orphan_rule, tickets_per_person_max, moving"""
TYPE = (
    "ticket_type_id, seated, sells, area_name, lots_of, order_min, order_max, starts_us, ends_us, hidden, code_hashes, "
    "package_size, nights"
)
POOL = "pool_id, name, capacity, held, sold"
HOLD_IN_POOL = f"UPDATE pool SET held = held + $1 WHERE pool_id = $2 AND held + sold + $1 <= capacity RETURNING {POOL}"

# "state || ''" keeps PostgreSQL from using the index seat_free here: before it has statistics about a new event it
# rates that index as good as the primary key, and would scan all free seats of the event.
MOVE_SEAT = f"""UPDATE seat SET state = $1, hold_id = $2, version = version + 1
    WHERE event_id = $3 AND seat_id = $4 AND state || '' = $5 AND hold_id = $6 RETURNING {SEAT_NOW}"""
# position minus row_number is the same for neighbours, and grows with each gap.
RUNS = """SELECT min(position), string_agg(substr(state, 1, 1), '' ORDER BY position) FROM (
        SELECT position, state, position - row_number() OVER (ORDER BY position) AS gaps FROM seat WHERE event_id = $1
    ) AS numbered GROUP BY gaps ORDER BY 1"""


async def find_sale(tx: Tx, event_id: str) -> EventSale | None:
    """The sale of an event."""
    row = await tx.one(f"SELECT {SALE} FROM event_sale WHERE event_id = $1", event_id)
    return event_sale(row) if row else None


def event_sale(row: Row) -> EventSale:
    """A row of the columns SALE."""
    event_id, organizer_id, state, *times, per_order, waiting, revision, orphan_rule, per_person, moving = row
    sales_start_us, sales_end_us, counter_end_us = times
    return EventSale(
        event_id=event_id,
        organizer_id=organizer_id,
        state=SaleState(state),
        sales_start_us=sales_start_us,
        sales_end_us=sales_end_us,
        counter_end_us=counter_end_us,
        tickets_per_order_max=per_order,
        waiting=bool(waiting),
        revision=revision,
        orphan_rule=orphan_rule,
        tickets_per_person_max=per_person,
        moving=bool(moving),
    )


async def find_types(tx: Tx, event_id: str) -> dict[str, TicketType]:
    """An event's ticket types by id, in the order in which catalog gave them, also those that sell no more. A write
    that moves the places of holds locks the holds first: then no change of the types comes between."""
    types = await tx.all(f"SELECT {TYPE} FROM ticket_type WHERE event_id = $1 ORDER BY n", event_id)
    seated = any(row[1] for row in types)
    categories = await _categories_of(tx, event_id) if seated else []
    pools = await tx.all(
        """SELECT p.ticket_type_id, p.pool_id FROM type_pool p JOIN ticket_type t USING (ticket_type_id)
           WHERE t.event_id = $1 ORDER BY p.ticket_type_id, p.n""",
        event_id,
    )
    found = {
        row[0]: _ticket_type(
            row,
            frozenset(category for owner, category in categories if owner == row[0]),
            tuple(pool_id for owner, pool_id in pools if owner == row[0]),
        )
        for row in types
    }
    return await pass_store.with_nights(tx, event_id, found) if any(row[-1] for row in types) else found


async def _categories_of(tx: Tx, event_id: str) -> list[Row]:
    return await tx.all(
        """SELECT c.ticket_type_id, c.category FROM type_category c JOIN ticket_type t USING (ticket_type_id)
           WHERE t.event_id = $1 ORDER BY c.ticket_type_id, c.category""",
        event_id,
    )


def _ticket_type(row: Row, categories: frozenset[str], pool_ids: tuple[str, ...]) -> TicketType:
    type_id, seated, sells, area_name, lots_of, order_min, order_max, *times, hidden, code_hashes, size, _ = row
    starts_us, ends_us = times
    return TicketType(
        ticket_type_id=type_id,
        seated=bool(seated),
        categories=categories,
        pool_ids=pool_ids,
        sells=bool(sells),
        area_name=area_name,
        lots_of=lots_of,
        order_min=order_min,
        order_max=order_max,
        starts_us=starts_us,
        ends_us=ends_us,
        hidden=bool(hidden),
        code_hashes=frozenset(code_hashes.split()),
        package_size=size,
    )


async def set_seat_state(
    tx: Tx, event_id: str, seat_id: str, *, old: SeatState, new: SeatState, old_hold: str, new_hold: str
) -> SeatNow | None:
    """Moves a seat from one state to another. None if it is not in the old one, or not of old_hold. The caller notes
    the change in the seat's history."""
    row = await tx.one(MOVE_SEAT, new, new_hold, event_id, seat_id, old, old_hold)
    return _seat_now(row) if row else None


async def note_changes(tx: Tx, event_id: str, seats: Sequence[SeatNow], hold_id: str, *, at_us: int) -> None:
    """Adds changed seats to their histories. hold_id: the hold they changed for; empty: they were blocked or freed."""
    for seat in seats:
        await tx.defer(
            "INSERT INTO seat_event (event_id, seat_id, version, state, hold_id, at_us)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            event_id,
            seat.seat_id,
            seat.version,
            seat.state,
            hold_id,
            at_us,
        )


async def find_seat(tx: Tx, event_id: str, seat_id: str) -> SeatNow | None:
    """A seat in its present state."""
    row = await tx.one(f"SELECT {SEAT_NOW} FROM seat WHERE event_id = $1 AND seat_id = $2", event_id, seat_id)
    return _seat_now(row) if row else None


def _seat_now(row: Row) -> SeatNow:
    seat_id, state, version, hold_id, category, zone, row_name, number, label, position, companion_of, row_index = row
    return SeatNow(
        seat_id=seat_id,
        state=SeatState(state),
        version=version,
        hold_id=hold_id,
        category=category,
        label=label or seat_label(zone, row_name, number),
        position=position,
        companion_of=companion_of,
        row_index=row_index,
    )


def pool_now(row: Row) -> PoolNow:
    """A row of the columns POOL."""
    pool_id, name, capacity, held, sold = row
    return PoolNow(pool_id=pool_id, name=name, capacity=capacity, held=held, sold=sold)


async def hold_in_pool(tx: Tx, pool_id: str, quantity: int) -> PoolNow | None:
    """Holds places of a pool. None if too few are left."""
    row = await tx.one(HOLD_IN_POOL, quantity, pool_id)
    return pool_now(row) if row else None


async def move_in_pool(tx: Tx, pool_id: str, *, held: int, sold: int) -> PoolNow:
    """Adds to the counts of a pool; negative numbers subtract. The pool's CHECK refuses counts below zero."""
    row = await tx.one(
        f"UPDATE pool SET held = held + $1, sold = sold + $2 WHERE pool_id = $3 RETURNING {POOL}",
        held,
        sold,
        pool_id,
    )
    assert row is not None, "a hold's pools exist"
    return pool_now(row)


async def left_in_pools(tx: Tx, ticket_type_id: str) -> int:
    """How many places are left in the pool of a ticket type that has fewest; 0 for a type without pools."""
    row = await tx.one(
        """SELECT coalesce(min(capacity - held - sold), 0) FROM type_pool JOIN pool USING (pool_id)
           WHERE ticket_type_id = $1""",
        ticket_type_id,
    )
    return int(row[0]) if row else 0


async def find_pools(tx: Tx, event_id: str) -> list[PoolNow]:
    """An event's pools, in the order in which catalog gave them."""
    rows = await tx.all(f"SELECT {POOL} FROM pool WHERE event_id = $1 ORDER BY n", event_id)
    return [pool_now(row) for row in rows]


async def seat_plan(tx: Tx, event_id: str) -> tuple[str, int]:
    """The seating plan whose order the positions of an event's seats follow, and the number of its seats; empty and 0
    if it has none."""
    row = await tx.one("SELECT plan_id, plan_seats FROM event_sale WHERE event_id = $1", event_id)
    return (row[0], row[1]) if row else ("", 0)


async def seat_runs(tx: Tx, event_id: str) -> list[tuple[int, str]]:
    """The states of an event's seats in runs of neighbouring positions, each with its first position: (7, "FHH") for a
    free seat at position 7 and two held ones after it. The database puts the runs together, because a row for each of
    200,000 seats takes a second."""
    return [(row[0], row[1]) for row in await tx.all(RUNS, event_id)]


async def counted_up_to(tx: Tx) -> int:
    """The position in this context's feed up to which the sweeper has counted seats, locked until the transaction
    ends."""
    rows = await tx.lock("SELECT pos FROM counted WHERE one = 1")
    return int(rows[0][0])


async def save_counted(tx: Tx, position: int) -> None:
    """Writes the position up to which the sweeper has counted seats."""
    await tx.run("UPDATE counted SET pos = $1 WHERE one = 1", position)


async def changed_events(tx: Tx, apart: str, after: int) -> tuple[list[tuple[str, str]], int]:
    """The (event_id, organizer_id) of events with facts after a position, and the last position looked at. apart: a
    topic whose facts are left out."""
    rows = await tx.all(
        """SELECT aggregate_id, organizer_id, max(pos) FROM outbox WHERE pos > $1 AND topic <> $2
           GROUP BY aggregate_id, organizer_id ORDER BY aggregate_id""",
        after,
        apart,
    )
    return [(row[0], row[1]) for row in rows], max((row[2] for row in rows), default=after)
