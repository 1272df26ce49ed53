"""ticketing's SQL about reprints."""

from dataclasses import dataclass

from services.kit.db import Tx
from services.ticketing.store import COLUMNS, ticket_in
from services.ticketing.tickets import Ticket

REPRINT = "reprint_id, order_id, organizer_id, member_id, tickets, at_us"

SortKey = tuple[int, str]
# Sorts before every reprint, as the newest first.
BEGINNING: SortKey = (2**62, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprint:
    """The record of a reprint. tickets: their number."""

    reprint_id: str
    order_id: str
    organizer_id: str
    member_id: str
    tickets: int
    at_us: int


async def lock_sold(tx: Tx, order_id: str, organizer_id: str) -> list[Ticket]:
    """The tickets of an order that was sold at an organizer's counter, locked until the transaction ends."""
    rows = await tx.lock(
        f"""SELECT {COLUMNS} FROM ticket WHERE order_id = $1 AND organizer_id = $2 AND sold_by <> ''
            ORDER BY ticket_id""",
        order_id,
        organizer_id,
    )
    return [ticket_in(row) for row in rows]


async def claim(tx: Tx, reprint: Reprint) -> bool:
    """Records a reprint. False if its id is in use."""
    claimed = await tx.one(
        f"""INSERT INTO reprint ({REPRINT}) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (reprint_id) DO NOTHING RETURNING 1""",
        reprint.reprint_id,
        reprint.order_id,
        reprint.organizer_id,
        reprint.member_id,
        reprint.tickets,
        reprint.at_us,
    )
    return claimed is not None


async def find(tx: Tx, reprint_id: str) -> Reprint | None:
    """A recorded reprint."""
    row = await tx.one(f"SELECT {REPRINT} FROM reprint WHERE reprint_id = $1", reprint_id)
    return Reprint(**dict(zip(REPRINT.split(", "), row, strict=True))) if row else None


async def count(tx: Tx, order_id: str, organizer_id: str) -> None:
    """Counts a reprint on the locked tickets of an order."""
    await tx.run(
        "UPDATE ticket SET reprints = reprints + 1 WHERE order_id = $1 AND organizer_id = $2", order_id, organizer_id
    )


async def page(tx: Tx, order_id: str, organizer_id: str, before: SortKey, limit: int) -> list[Reprint]:
    """The reprints of an order, newest first. before: the (at_us, reprint_id) of the last one of the page before."""
    rows = await tx.all(
        f"""SELECT {REPRINT} FROM reprint
            WHERE order_id = $1 AND organizer_id = $2 AND (at_us, reprint_id) < ($3, $4)
            ORDER BY at_us DESC, reprint_id DESC LIMIT $5""",
        order_id,
        organizer_id,
        *before,
        limit,
    )
    return [Reprint(**dict(zip(REPRINT.split(", "), row, strict=True))) for row in rows]
