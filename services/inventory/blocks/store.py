"""inventory's SQL about seats that the organizer keeps back."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.inventory.proposal_store import SEAT, seat
from services.inventory.stock import Seat
from services.kit.db import Tx


@dataclass(frozen=True, slots=True)
class BlockedSeat:
    """A blocked seat, the name of its contingent and the reason."""

    seat: Seat
    label: str
    reason: str


async def save_block(tx: Tx, event_id: str, seat_id: str, label: str, reason: str) -> None:
    """Writes that a seat is kept back, or its new label and reason."""
    await tx.run(
        """INSERT INTO seat_block (event_id, seat_id, label, reason) VALUES ($1, $2, $3, $4)
           ON CONFLICT (event_id, seat_id) DO UPDATE SET label = excluded.label, reason = excluded.reason""",
        event_id,
        seat_id,
        label,
        reason,
    )


async def delete_block(tx: Tx, event_id: str, seat_id: str) -> None:
    """Writes that a seat is no longer kept back."""
    await tx.run("DELETE FROM seat_block WHERE event_id = $1 AND seat_id = $2", event_id, seat_id)


async def lock_blocks(tx: Tx, event_id: str, seat_ids: Sequence[str]) -> set[str]:
    """Those of some seats that are kept back when no hold has them, locked in the order of their ids."""
    marks = ", ".join(f"${n}" for n in range(2, 2 + len(seat_ids)))
    rows = await tx.lock(
        f"SELECT seat_id FROM seat_block WHERE event_id = $1 AND seat_id IN ({marks}) ORDER BY seat_id",
        event_id,
        *seat_ids,
    )
    return {row[0] for row in rows}


async def blocked_after(tx: Tx, event_id: str, after: tuple[str, str], size: int) -> list[BlockedSeat]:
    """The seats that are blocked now, by label and then by id. after: label and id of the last one of the page
    before."""
    columns = ", ".join(f"s.{name}" for name in SEAT.split(", "))
    rows = await tx.all(
        f"""SELECT b.label, b.reason, {columns} FROM seat_block b
            JOIN seat s ON s.event_id = b.event_id AND s.seat_id = b.seat_id AND s.state || '' = 'BLOCKED'
            WHERE b.event_id = $1 AND (b.label, b.seat_id) > ($2, $3) ORDER BY b.label, b.seat_id LIMIT $4""",
        event_id,
        *after,
        size,
    )
    return [BlockedSeat(seat(row[2:]), row[0], row[1]) for row in rows]
