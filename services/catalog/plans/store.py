"""catalog's SQL for seating plans and their imports."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog.plans.categories import Category
from services.catalog.plans.plan import Seat
from services.kit.db import Tx, batches

SEAT = "seat_id, zone, row_name, number, category, row_index, seat_index, distance, label, accessible, companion_of"
SEAT_COLUMNS = 13
SEATS_PER_STATEMENT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """An imported plan. import_id: the key of the rows of its file, seats and layout. layout_hash: empty if it was
    imported before plans had layouts."""

    plan_id: str
    organizer_id: str
    venue_id: str
    import_id: str
    name: str
    seat_count: int
    categories: tuple[Category, ...]
    layout_hash: str


async def find_plan(tx: Tx, plan_id: str) -> StoredPlan | None:
    """A plan with its categories."""
    row = await tx.one(
        """SELECT plan_id, organizer_id, venue_id, import_id, name, seat_count, layout_hash FROM plan
           WHERE plan_id = $1""",
        plan_id,
    )
    if row is None:
        return None
    rows = await tx.all("SELECT name, color, seat_count FROM plan_category WHERE import_id = $1 ORDER BY n", row[3])
    return StoredPlan(
        plan_id=row[0],
        organizer_id=row[1],
        venue_id=row[2],
        import_id=row[3],
        name=row[4],
        seat_count=row[5],
        categories=tuple(Category(*category) for category in rows),
        layout_hash=row[6],
    )


async def claim_plan(tx: Tx, plan: StoredPlan) -> bool:
    """Saves a plan whose file and seats are written. False if the id is taken."""
    claimed = await tx.one(
        """INSERT INTO plan (plan_id, organizer_id, venue_id, import_id, name, seat_count, layout_hash)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (plan_id) DO NOTHING RETURNING 1""",
        plan.plan_id,
        plan.organizer_id,
        plan.venue_id,
        plan.import_id,
        plan.name,
        plan.seat_count,
        plan.layout_hash,
    )
    for n, category in enumerate(plan.categories if claimed else ()):
        await tx.run(
            "INSERT INTO plan_category (import_id, n, name, color, seat_count) VALUES ($1, $2, $3, $4, $5)",
            plan.import_id,
            n,
            category.name,
            category.color,
            category.seat_count,
        )
    return claimed is not None


async def claim_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> tuple[str, str]:
    """Lets an import write to a plan, if no other import does. Returns the ids of the import that may write and of the
    replaced import whose rows are to be deleted (empty if none)."""
    await tx.one(
        """INSERT INTO plan_import (plan_id, organizer_id, import_id) VALUES ($1, $2, $3)
           ON CONFLICT (plan_id) DO NOTHING RETURNING 1""",
        plan_id,
        organizer_id,
        import_id,
    )
    return await writing_import(tx, plan_id)


async def writing_import(tx: Tx, plan_id: str) -> tuple[str, str]:
    """The ids of the import that may write to a plan and of the replaced import whose rows are to be deleted (empty if
    none). Locks them until the end of the transaction."""
    rows = await tx.lock("SELECT import_id, leftover_id FROM plan_import WHERE plan_id = $1 ORDER BY plan_id", plan_id)
    return (rows[0][0], rows[0][1]) if rows else ("", "")


async def replace_import(tx: Tx, plan_id: str, organizer_id: str, import_id: str) -> None:
    """Lets another import write to a plan. The rows of the replaced one are to be deleted."""
    await tx.run(
        "UPDATE plan_import SET organizer_id = $1, import_id = $2, leftover_id = import_id WHERE plan_id = $3",
        organizer_id,
        import_id,
        plan_id,
    )


async def forget_leftover(tx: Tx, plan_id: str) -> None:
    """Records that the replaced import has no rows left."""
    await tx.run("UPDATE plan_import SET leftover_id = '' WHERE plan_id = $1", plan_id)


async def delete_some(tx: Tx, import_id: str, limit: int) -> int:
    """Deletes at most limit seats, and some parts, of an import. Returns the number of deleted rows."""
    deleted = 0
    for table, most in (("plan_seat", limit), ("plan_part", 10), ("plan_layout", 10)):
        deleted += await tx.run(
            f"""DELETE FROM {table} WHERE import_id = $1 AND n IN
                (SELECT n FROM {table} WHERE import_id = $1 ORDER BY n LIMIT $2)""",
            import_id,
            most,
        )
    return deleted


def placeholders(count: int) -> str:
    """The placeholders of that many seats in an INSERT: "($1, $2, ...), ($14, ...)"."""
    return ", ".join(
        f"({', '.join(f'${n}' for n in range(start, start + SEAT_COLUMNS))})"
        for start in range(1, count * SEAT_COLUMNS, SEAT_COLUMNS)
    )


async def add_seats(tx: Tx, import_id: str, first: int, seats: Sequence[Seat]) -> None:
    """Writes seats of an import, numbered from first; skips the numbers already written."""
    for some in batches(list(enumerate(seats, start=first)), SEATS_PER_STATEMENT):
        values = [value for n, seat in some for value in (import_id, n, *seat.columns())]
        await tx.run(
            f"""INSERT INTO plan_seat (import_id, n, {SEAT}) VALUES {placeholders(len(some))}
                ON CONFLICT (import_id, n) DO NOTHING""",
            *values,
        )


async def seats_from(tx: Tx, import_id: str, first: int, limit: int) -> list[Seat]:
    """Up to limit seats of a plan, starting with number first."""
    rows = await tx.all(
        f"SELECT {SEAT} FROM plan_seat WHERE import_id = $1 AND n >= $2 ORDER BY n LIMIT $3", import_id, first, limit
    )
    return [Seat(*row) for row in rows]


async def known_seats(tx: Tx, import_id: str, seat_ids: Sequence[str]) -> set[str]:
    """Those of some ids, at least one, that are seats of a plan. It reads all seats of the plan."""
    marks = ", ".join(f"${n}" for n in range(2, len(seat_ids) + 2))
    rows = await tx.all(
        f"SELECT seat_id FROM plan_seat WHERE import_id = $1 AND seat_id IN ({marks})", import_id, *seat_ids
    )
    return {row[0] for row in rows}


async def add_part(tx: Tx, import_id: str, n: int, part: str) -> None:
    """Writes the n-th part of an import's file, unless it is already written."""
    await tx.run(
        "INSERT INTO plan_part (import_id, n, part) VALUES ($1, $2, $3) ON CONFLICT (import_id, n) DO NOTHING",
        import_id,
        n,
        part,
    )


async def find_part(tx: Tx, import_id: str, n: int) -> str | None:
    """The n-th part of a plan's file; None after the last."""
    row = await tx.one("SELECT part FROM plan_part WHERE import_id = $1 AND n = $2", import_id, n)
    return row[0] if row else None


async def add_layout_part(tx: Tx, import_id: str, n: int, part: str) -> None:
    """Writes the n-th part of an import's layout, unless it is already written."""
    await tx.run(
        "INSERT INTO plan_layout (import_id, n, part) VALUES ($1, $2, $3) ON CONFLICT (import_id, n) DO NOTHING",
        import_id,
        n,
        part,
    )


async def find_layout_part(tx: Tx, import_id: str, n: int) -> str | None:
    """The n-th part of a plan's layout; None after the last."""
    row = await tx.one("SELECT part FROM plan_layout WHERE import_id = $1 AND n = $2", import_id, n)
    return row[0] if row else None


async def layout_parts(tx: Tx, import_id: str) -> list[str]:
    """All parts of a plan's layout."""
    rows = await tx.all("SELECT part FROM plan_layout WHERE import_id = $1 ORDER BY n", import_id)
    return [row[0] for row in rows]
