"""inventory's SQL about what there is: stock, ticket types, seats and pools."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inventory.holds import Stock, TicketType
from services.inventory.seating import FreeSeat
from services.kit.db import Row, Tx


@dataclass(frozen=True, slots=True)
class SeatNow:
    """A seat after a change. hold_id: who has it, empty when free or blocked."""

    seat_id: str
    state: str
    version: int
    hold_id: str
    category: str
    label: str


@dataclass(frozen=True, slots=True)
class PoolNow:
    """A pool's counts."""

    pool_id: str
    name: str
    capacity: int
    held: int
    sold: int


SEAT_NOW = "seat_id, state, version, hold_id, category, zone, row_name, number, label"
STOCK = "event_id, organizer_id, state, sales_end_us, counter_end_us, tickets_per_order_max"
WHOLE_SEAT = "seat_id, zone, row_name, number, category, state, version, label"
POOL = "pool_id, name, capacity, held, sold"
TAKE = f"UPDATE pool SET held = held + $1 WHERE pool_id = $2 AND held + sold + $1 <= capacity RETURNING {POOL}"


async def find_stock(tx: Tx, event_id: str) -> Stock | None:
    """What an event sells."""
    row = await tx.one(f"SELECT {STOCK} FROM event_stock WHERE event_id = $1", event_id)
    return Stock(*row) if row else None


async def find_types(tx: Tx, event_id: str) -> dict[str, TicketType]:
    """An event's ticket types, in the order they were given."""
    kinds = await tx.all("SELECT ticket_type_id, seated FROM ticket_type WHERE event_id = $1 ORDER BY n", event_id)
    categories = await tx.all(
        """SELECT c.ticket_type_id, c.category FROM type_category c JOIN ticket_type t USING (ticket_type_id)
           WHERE t.event_id = $1 ORDER BY c.ticket_type_id, c.category""",
        event_id,
    )
    pools = await tx.all(
        """SELECT p.ticket_type_id, p.pool_id FROM type_pool p JOIN ticket_type t USING (ticket_type_id)
           WHERE t.event_id = $1 ORDER BY p.ticket_type_id, p.n""",
        event_id,
    )
    return {
        ticket_type_id: TicketType(
            ticket_type_id,
            bool(seated),
            frozenset(category for owner, category in categories if owner == ticket_type_id),
            tuple(pool_id for owner, pool_id in pools if owner == ticket_type_id),
        )
        for ticket_type_id, seated in kinds
    }


async def turn_seat(
    tx: Tx, event_id: str, seat_id: str, *, old: str, new: str, old_hold: str, new_hold: str
) -> SeatNow | None:
    """Moves a seat from one state to another, to be noted in its history. None if it was not in the old one."""
    # PostgreSQL, before it has looked at the seats of a new event, takes the index of free seats for as good as the key
    # and looks through all of them; of an expression it knows no index.
    row = await tx.one(
        f"""UPDATE seat SET state = $1, hold_id = $2, version = version + 1
           WHERE event_id = $3 AND seat_id = $4 AND state || '' = $5 AND hold_id = $6 RETURNING {SEAT_NOW}""",
        new,
        new_hold,
        event_id,
        seat_id,
        old,
        old_hold,
    )
    return _seat_now(row) if row else None


async def note_turns(tx: Tx, event_id: str, seats: Sequence[SeatNow], hold_id: str, *, at_us: int) -> None:
    """Notes in their histories that seats were turned, for a hold; empty: for none."""
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
    """A seat as it is."""
    row = await tx.one(f"SELECT {SEAT_NOW} FROM seat WHERE event_id = $1 AND seat_id = $2", event_id, seat_id)
    return _seat_now(row) if row else None


def _seat_now(row: Row) -> SeatNow:
    seat_id, state, version, hold_id, category, zone, row_name, number, label = row
    label = label or " ".join(filter(None, (zone, "-".join(filter(None, (row_name, number))))))
    return SeatNow(seat_id, state, version, hold_id, category, label)


async def hold_in_pool(tx: Tx, pool_id: str, quantity: int) -> PoolNow | None:
    """Holds places of a pool. None if it has not enough."""
    row = await tx.one(
        TAKE,
        quantity,
        pool_id,
    )
    return PoolNow(*row) if row else None


async def move_in_pool(tx: Tx, pool_id: str, *, held: int, sold: int) -> PoolNow:
    """Adds to a pool's counts; what is taken back was in them, or the pool's CHECK refuses."""
    row = await tx.one(
        f"UPDATE pool SET held = held + $1, sold = sold + $2 WHERE pool_id = $3 RETURNING {POOL}",
        held,
        sold,
        pool_id,
    )
    assert row is not None, "a hold's pools exist"
    return PoolNow(*row)


async def find_pools(tx: Tx, event_id: str) -> list[PoolNow]:
    """An event's pools, in the order they were given."""
    rows = await tx.all(f"SELECT {POOL} FROM pool WHERE event_id = $1 ORDER BY n", event_id)
    return [PoolNow(*row) for row in rows]


async def count_seats(tx: Tx, event_id: str) -> PoolNow | None:
    """All numbered seats of an event as one count; None without any. Blocked seats are no capacity."""
    rows = await tx.all("SELECT state, count(*) FROM seat WHERE event_id = $1 GROUP BY state ORDER BY state", event_id)
    if not rows:
        return None
    states: dict[str, int] = dict(rows)
    held, sold = states.get("HELD", 0), states.get("SOLD", 0)
    return PoolNow(f"{event_id}.seats", "seats", states.get("FREE", 0) + held + sold, held, sold)


async def count_free(tx: Tx, event_id: str) -> dict[str, int]:
    """Free seats by category."""
    rows = await tx.all(
        """SELECT category, count(*) FROM seat WHERE event_id = $1 AND state = 'FREE'
           GROUP BY category ORDER BY category""",
        event_id,
    )
    return dict(rows)


async def nearest_free(tx: Tx, event_id: str, category: str, limit: int) -> list[FreeSeat]:
    """Free seats of a category, nearest to the stage first."""
    rows = await tx.all(
        """SELECT seat_id, row_index, seat_index, distance FROM seat
           WHERE event_id = $1 AND state = 'FREE' AND category = $2 ORDER BY distance, seat_id LIMIT $3""",
        event_id,
        category,
        limit,
    )
    return [FreeSeat(*row) for row in rows]


async def seats_after(tx: Tx, event_id: str, after: str, limit: int) -> list[Row]:
    """Whole seats by id, after one: seat_id, zone, row, number, category, state, version, label."""
    return await tx.all(
        f"SELECT {WHOLE_SEAT} FROM seat WHERE event_id = $1 AND seat_id > $2 ORDER BY seat_id LIMIT $3",
        event_id,
        after,
        limit,
    )


async def whole_seat(tx: Tx, event_id: str, seat_id: str) -> Row:
    """One whole seat that is known to exist."""
    row = await tx.one(f"SELECT {WHOLE_SEAT} FROM seat WHERE event_id = $1 AND seat_id = $2", event_id, seat_id)
    assert row is not None, "the seat was read in the same snapshot"
    return row


async def counted_up_to(tx: Tx) -> int:
    """Up to which position of this context's history seats have been counted; locked until the transaction ends."""
    rows = await tx.lock("SELECT pos FROM counted WHERE one = 1")
    return int(rows[0][0])


async def save_counted(tx: Tx, position: int) -> None:
    """Seats have been counted up to a position."""
    await tx.run("UPDATE counted SET pos = $1 WHERE one = 1", position)


async def changed_events(tx: Tx, apart: str, after: int) -> tuple[list[tuple[str, str]], int]:
    """Events about which there are facts after a position, those on one topic apart, each with its organizer; and the
    position up to which was looked."""
    rows = await tx.all(
        """SELECT aggregate_id, organizer_id, max(pos) FROM outbox WHERE pos > $1 AND topic <> $2
           GROUP BY aggregate_id, organizer_id ORDER BY aggregate_id""",
        after,
        apart,
    )
    return [(row[0], row[1]) for row in rows], max((row[2] for row in rows), default=after)
