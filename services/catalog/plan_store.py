"""catalog's SQL about seating plans."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from services.catalog.plans import Plan, Seat
from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that was imported. import_id: under which its bytes and seats lie."""

    plan_id: str
    organizer_id: str
    venue_id: str
    content_hash: str
    import_id: str
    name: str
    seat_count: int


COLUMNS = "plan_id, organizer_id, venue_id, content_hash, import_id, name, seat_count"
SEAT = "seat_id, zone, row_name, number, category, row_index, seat_index, distance"


async def find(tx: Tx, plan_id: str) -> Kept | None:
    """A plan."""
    row = await tx.one(f"SELECT {COLUMNS} FROM plan WHERE plan_id = $1", plan_id)
    return Kept(*row) if row else None


async def categories(tx: Tx, import_id: str) -> list[tuple[str, str, int]]:
    """A plan's categories in the file's order: name, colour, seats."""
    rows = await tx.all("SELECT name, color, seat_count FROM plan_category WHERE import_id = $1 ORDER BY n", import_id)
    return [(name, color, count) for name, color, count in rows]


async def add_seats(tx: Tx, import_id: str, first: int, seats: Sequence[Seat]) -> None:
    """Writes some seats of an import, numbered from first."""
    for n, seat in enumerate(seats, start=first):
        await tx.run(
            f"INSERT INTO plan_seat (import_id, n, {SEAT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            import_id,
            n,
            *astuple(seat),
        )


async def seats(tx: Tx, import_id: str, first: int, limit: int) -> list[Seat]:
    """Some seats of a plan, from the first on."""
    rows = await tx.all(
        f"SELECT {SEAT} FROM plan_seat WHERE import_id = $1 AND n >= $2 ORDER BY n LIMIT $3", import_id, first, limit
    )
    return [Seat(*row) for row in rows]


async def add_part(tx: Tx, import_id: str, n: int, part: str) -> None:
    """Writes the n-th part of an import's bytes."""
    await tx.run("INSERT INTO plan_part (import_id, n, part) VALUES ($1, $2, $3)", import_id, n, part)


async def part(tx: Tx, import_id: str, n: int) -> str | None:
    """The n-th part of a plan's bytes; None after the last."""
    row = await tx.one("SELECT part FROM plan_part WHERE import_id = $1 AND n = $2", import_id, n)
    return row[0] if row else None


async def claim(tx: Tx, kept: Kept, plan: Plan) -> bool:
    """Makes an import the plan of its id. False if the id names one already."""
    row = await tx.one(
        f"""INSERT INTO plan ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (plan_id) DO NOTHING RETURNING 1""",
        *astuple(kept),
    )
    for n, (name, color, count) in enumerate(plan.categories if row else ()):
        await tx.run(
            "INSERT INTO plan_category (import_id, n, name, color, seat_count) VALUES ($1, $2, $3, $4, $5)",
            kept.import_id,
            n,
            name,
            color,
            count,
        )
    return row is not None


async def sweep(tx: Tx, limit: int) -> int:
    """Deletes some of what interrupted imports have left: parts and seats that belong to no plan. How many rows."""
    gone = 0
    for table in ("plan_seat", "plan_part"):
        gone += await tx.run(
            f"""DELETE FROM {table} WHERE (import_id, n) IN (
                    SELECT import_id, n FROM {table}
                    WHERE import_id NOT IN (SELECT import_id FROM plan) ORDER BY import_id, n LIMIT $1)""",
            limit,
        )
    return gone
