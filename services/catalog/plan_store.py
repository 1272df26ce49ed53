"""catalog's SQL about seating plans."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.plans import Category, Plan, Seat
from services.kit.db import Tx, batches

SEAT = "seat_id, zone, row_name, number, category, row_index, seat_index, distance, label"
SEAT_COLUMNS = 11
SEATS_A_STATEMENT = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that was imported. import_id: under which its bytes and seats lie."""

    plan_id: str
    organizer_id: str
    venue_id: str
    import_id: str
    name: str
    seat_count: int
    categories: tuple[Category, ...]


async def find_plan(tx: Tx, plan_id: str) -> Kept | None:
    """A plan."""
    row = await tx.one(
        "SELECT plan_id, organizer_id, venue_id, import_id, name, seat_count FROM plan WHERE plan_id = $1", plan_id
    )
    if row is None:
        return None
    rows = await tx.all("SELECT name, color, seat_count FROM plan_category WHERE import_id = $1 ORDER BY n", row[3])
    values = (*row, tuple(Category(*category) for category in rows))
    return Kept(*values)


async def claim_plan(tx: Tx, kept: Kept) -> bool:
    """Makes an import the plan of its id. False if the id names a plan already."""
    claimed = await tx.one(
        """INSERT INTO plan (plan_id, organizer_id, venue_id, import_id, name, seat_count)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (plan_id) DO NOTHING RETURNING 1""",
        kept.plan_id,
        kept.organizer_id,
        kept.venue_id,
        kept.import_id,
        kept.name,
        kept.seat_count,
    )
    for n, category in enumerate(kept.categories if claimed else ()):
        await tx.run(
            "INSERT INTO plan_category (import_id, n, name, color, seat_count) VALUES ($1, $2, $3, $4, $5)",
            kept.import_id,
            n,
            category.name,
            category.color,
            category.seat_count,
        )
    return claimed is not None


async def claim_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> tuple[str, str]:
    """Notes which import of a plan may write, if none does yet. The one that may, and the one to be deleted."""
    await tx.one(
        """INSERT INTO plan_import (plan_id, organizer_id, import_id) VALUES ($1, $2, $3)
           ON CONFLICT (plan_id) DO NOTHING RETURNING 1""",
        plan_id,
        organizer_id,
        import_id,
    )
    return await writing_import(tx, plan_id)


async def writing_import(tx: Tx, plan_id: str) -> tuple[str, str]:
    """The import of a plan that may write, which stays so until the transaction ends, and the one to be deleted."""
    rows = await tx.lock("SELECT import_id, leftover_id FROM plan_import WHERE plan_id = $1 ORDER BY plan_id", plan_id)
    return (rows[0][0], rows[0][1]) if rows else ("", "")


async def turn_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> None:
    """Lets another import of a plan write; the one that did is to be deleted."""
    await tx.run(
        "UPDATE plan_import SET organizer_id = $1, import_id = $2, leftover_id = import_id WHERE plan_id = $3",
        organizer_id,
        import_id,
        plan_id,
    )


async def end_leftover(tx: Tx, plan_id: str) -> None:
    """Notes that nothing is left of the import before."""
    await tx.run("UPDATE plan_import SET leftover_id = '' WHERE plan_id = $1", plan_id)


async def forget(tx: Tx, import_id: str, limit: int) -> int:
    """Deletes some of what an import has written. How many rows."""
    gone = 0
    for table, most in (("plan_seat", limit), ("plan_part", 10)):
        gone += await tx.run(
            f"""DELETE FROM {table} WHERE import_id = $1 AND n IN
                (SELECT n FROM {table} WHERE import_id = $1 ORDER BY n LIMIT $2)""",
            import_id,
            most,
        )
    return gone


def rows_of(count: int) -> str:
    """The places of so many seats in a statement."""
    return ", ".join(
        f"({', '.join(f'${n}' for n in range(start, start + SEAT_COLUMNS))})"
        for start in range(1, count * SEAT_COLUMNS, SEAT_COLUMNS)
    )


async def add_seats(tx: Tx, import_id: str, first: int, seats: Sequence[Seat]) -> None:
    """Writes seats of an import, numbered from first; those that are there stay."""
    for some in batches(list(enumerate(seats, start=first)), SEATS_A_STATEMENT):
        values = [value for n, seat in some for value in (import_id, n, *seat.columns())]
        await tx.run(
            f"""INSERT INTO plan_seat (import_id, n, {SEAT}) VALUES {rows_of(len(some))}
                ON CONFLICT (import_id, n) DO NOTHING""",
            *values,
        )


async def seats_from(tx: Tx, import_id: str, first: int, limit: int) -> list[Seat]:
    """Some seats of a plan, from a number on."""
    rows = await tx.all(
        f"SELECT {SEAT} FROM plan_seat WHERE import_id = $1 AND n >= $2 ORDER BY n LIMIT $3", import_id, first, limit
    )
    return [Seat(*row) for row in rows]


async def add_part(tx: Tx, import_id: str, n: int, part: str) -> None:
    """Writes the n-th part of an import's bytes, if it is not there."""
    await tx.run(
        "INSERT INTO plan_part (import_id, n, part) VALUES ($1, $2, $3) ON CONFLICT (import_id, n) DO NOTHING",
        import_id,
        n,
        part,
    )


async def find_part(tx: Tx, import_id: str, n: int) -> str | None:
    """The n-th part of a plan's bytes; None after the last."""
    row = await tx.one("SELECT part FROM plan_part WHERE import_id = $1 AND n = $2", import_id, n)
    return row[0] if row else None


def kept_of(plan: Plan, *, plan_id: str, organizer_id: str, venue_id: str, import_id: str) -> Kept:
    """A plan as it is kept."""
    return Kept(plan_id, organizer_id, venue_id, import_id, plan.name, len(plan.seats), plan.categories)
