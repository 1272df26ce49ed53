"""inventory's SQL about the seats of the plan to which an event moves, and about the exchange of its seats."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inventory.holds import EventSale
from services.inventory.provisions import SeatSpec
from services.inventory.relocation.relocations import Staged, Target
from services.inventory.stock import SeatState, seat_label
from services.kit.db import Row, Tx

SEAT = (
    "event_id, seat_id, zone, row_name, number, category, row_index, seat_index, distance, label, position, "
    "accessible, companion_of"
)
STAGED = f"{SEAT}, from_seat_id, state, hold_id, block_label, block_reason"
REPLACE = ", ".join(f"{column} = excluded.{column}" for column in STAGED.split(", ")[2:])
WIDTH = len(STAGED.split(", "))
# A seat whose id the plan before had too goes on with that seat's versions.
FILL = f"""INSERT INTO seat ({SEAT}, special, guarded_row, state, hold_id, version)
    SELECT {SEAT}, CASE WHEN accessible <> 0 OR companion_of <> '' THEN 1 ELSE 0 END,
        CASE WHEN CAST($4 AS INTEGER) <> 0 THEN row_index END, state, hold_id,
        coalesce((SELECT max(e.version) FROM seat_event e
            WHERE e.event_id = staged_seat.event_id AND e.seat_id = staged_seat.seat_id), 1)
        + CASE WHEN state = 'FREE' THEN 0 ELSE 1 END
    FROM staged_seat WHERE event_id = $1 AND position BETWEEN $2 AND $3"""
COUNT = """INSERT INTO seat_count (event_id, category, part, free, held, sold, blocked)
    SELECT event_id, category, 0, sum(CASE WHEN state = 'FREE' THEN 1 ELSE 0 END),
        sum(CASE WHEN state = 'HELD' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'SOLD' THEN 1 ELSE 0 END),
        sum(CASE WHEN state = 'BLOCKED' THEN 1 ELSE 0 END)
    FROM seat WHERE event_id = $1 GROUP BY event_id, category"""


@dataclass(frozen=True, slots=True)
class Load:
    """What a taken seat takes along to its new place. block_label: None if no row of seat_block keeps it back."""

    state: SeatState = SeatState.FREE
    hold_id: str = ""
    block_label: str | None = None
    block_reason: str | None = None


async def loads_of(tx: Tx, event_id: str, seat_ids: Sequence[str]) -> dict[str, Load]:
    """What some seats take along, by their ids. Leaves out those that are not taken. The event is frozen, so this stays
    true until they move."""
    if not seat_ids:
        return {}
    marks = ", ".join(f"${n}" for n in range(2, len(seat_ids) + 2))
    rows = await tx.all(
        f"""SELECT s.seat_id, s.state, s.hold_id, b.label, b.reason FROM seat s
            LEFT JOIN seat_block b ON b.event_id = s.event_id AND b.seat_id = s.seat_id
            WHERE s.event_id = $1 AND s.seat_id IN ({marks}) AND s.state || '' <> 'FREE'""",
        event_id,
        *seat_ids,
    )
    return {row[0]: Load(SeatState(row[1]), *row[2:]) for row in rows}


async def stage(tx: Tx, event_id: str, seats: Sequence[tuple[SeatSpec, str, Load]]) -> None:
    """Writes seats of the new plan, each with the id of the taken seat that moves there, or an empty one, and its
    load. No two of them have one id."""
    rows = [_staged(event_id, *seat) for seat in seats]
    marks = (", ".join(f"${n * WIDTH + m}" for m in range(1, WIDTH + 1)) for n in range(len(rows)))
    await tx.run(
        f"""INSERT INTO staged_seat ({STAGED}) VALUES {", ".join(f"({row})" for row in marks)}
            ON CONFLICT (event_id, seat_id) DO UPDATE SET {REPLACE}""",
        *(value for row in rows for value in row),
    )


def _staged(event_id: str, seat: SeatSpec, from_seat_id: str, load: Load) -> tuple[object, ...]:
    """The values of the columns STAGED."""
    return (
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
        seat.position,
        seat.accessible,
        seat.companion_of,
        from_seat_id,
        load.state,
        load.hold_id,
        load.block_label,
        load.block_reason,
    )


async def count_staged(tx: Tx, event_id: str) -> Staged:
    """Counts the staged and the taken seats of an event."""
    staged = await tx.one(
        """SELECT count(*), count(CASE WHEN from_seat_id <> '' THEN 1 END),
               count(DISTINCT CASE WHEN state <> 'FREE' THEN from_seat_id END)
           FROM staged_seat WHERE event_id = $1""",
        event_id,
    )
    taken = await tx.one("SELECT count(*) FROM seat WHERE event_id = $1 AND state <> 'FREE'", event_id)
    passes = await tx.one(
        """SELECT count(*) FROM staged_seat s JOIN hold h ON h.hold_id = s.hold_id
           WHERE s.event_id = $1 AND h.event_id <> $1 AND s.seat_id <> s.from_seat_id""",
        event_id,
    )
    assert staged is not None
    assert taken is not None
    assert passes is not None
    return Staged(seats=staged[0], with_source=staged[1], sources=staged[2], taken=taken[0], passes_apart=passes[0])


async def targets_of(tx: Tx, event_id: str, hold_ids: Sequence[str]) -> dict[str, Target]:
    """The seats to which those of some holds move, by the ids of the seats before."""
    if not hold_ids:
        return {}
    marks = ", ".join(f"${n}" for n in range(2, len(hold_ids) + 2))
    rows = await tx.all(
        f"""SELECT from_seat_id, seat_id, zone, row_name, number, label FROM staged_seat
            WHERE event_id = $1 AND hold_id IN ({marks})""",
        event_id,
        *hold_ids,
    )
    return {row[0]: Target(row[1], row[5] or seat_label(*row[2:5])) for row in rows}


async def first_positions(tx: Tx, table: str, event_id: str, limit: int) -> tuple[int, int] | None:
    """The lowest and the highest position of the first seats of an event. None if it has no seat. table: seat or
    staged_seat."""
    row: Row | None = await tx.one(
        f"""SELECT min(position), max(position) FROM (
                SELECT position FROM {table} WHERE event_id = $1 ORDER BY position LIMIT $2
            ) AS first_ones HAVING count(*) > 0""",
        event_id,
        limit,
    )
    return (row[0], row[1]) if row else None


async def clear(tx: Tx, event_id: str, first: int, last: int, *, at_us: int) -> None:
    """Deletes the seats at some positions of the old plan. Those that are taken become free in their histories."""
    await tx.run(
        """INSERT INTO seat_event (event_id, seat_id, version, state, hold_id, at_us)
           SELECT event_id, seat_id, version + 1, 'FREE', hold_id, CAST($4 AS BIGINT) FROM seat
           WHERE event_id = $1 AND position BETWEEN $2 AND $3 AND state || '' <> 'FREE'""",
        event_id,
        first,
        last,
        at_us,
    )
    await tx.run(
        """DELETE FROM seat_block WHERE event_id = $1 AND seat_id IN (
               SELECT seat_id FROM seat WHERE event_id = $1 AND position BETWEEN $2 AND $3)""",
        event_id,
        first,
        last,
    )
    await tx.run("DELETE FROM seat WHERE event_id = $1 AND position BETWEEN $2 AND $3", event_id, first, last)


async def fill(tx: Tx, sale: EventSale, first: int, last: int, *, at_us: int) -> int:
    """Turns the staged seats at some positions into seats. Returns how many of them are taken."""
    there = sale.event_id, first, last
    await tx.run(FILL, *there, sale.orphan_rule)
    await tx.run(
        """INSERT INTO seat_block (event_id, seat_id, label, reason)
           SELECT event_id, seat_id, block_label, block_reason FROM staged_seat
           WHERE event_id = $1 AND position BETWEEN $2 AND $3 AND block_label IS NOT NULL""",
        *there,
    )
    taken = await tx.run(
        """INSERT INTO seat_event (event_id, seat_id, version, state, hold_id, at_us)
           SELECT event_id, seat_id, version, state, hold_id, CAST($4 AS BIGINT) FROM seat
           WHERE event_id = $1 AND position BETWEEN $2 AND $3 AND state || '' <> 'FREE'""",
        *there,
        at_us,
    )
    await tx.run("DELETE FROM staged_seat WHERE event_id = $1 AND position BETWEEN $2 AND $3", *there)
    return taken


async def recount(tx: Tx, event_id: str) -> None:
    """Counts the seats of an event anew. No seat changes meanwhile."""
    await tx.run("DELETE FROM seat_count WHERE event_id = $1", event_id)
    await tx.run(COUNT, event_id)


async def delete_staged(tx: Tx, event_id: str, limit: int) -> bool:
    """Deletes some of the staged seats of an event. False if there was none."""
    positions = await first_positions(tx, "staged_seat", event_id, limit)
    if positions is None:
        return False
    await tx.run("DELETE FROM staged_seat WHERE event_id = $1 AND position BETWEEN $2 AND $3", event_id, *positions)
    return True
