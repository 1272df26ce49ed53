"""ticketing's SQL for the uses of passes."""

from services.kit.db import Tx


async def use(tx: Tx, ticket_id: str, event_id: str, *, gate: str, now_us: int) -> bool:
    """Uses a pass in a night. False if it was used there before."""
    used = await tx.one(
        """INSERT INTO pass_use (ticket_id, event_id, used_us, used_at_gate) VALUES ($1, $2, $3, $4)
           ON CONFLICT (ticket_id, event_id) DO NOTHING RETURNING 1""",
        ticket_id,
        event_id,
        now_us,
        gate,
    )
    return used is not None


async def find_use(tx: Tx, ticket_id: str, event_id: str) -> tuple[int, str] | None:
    """When and at which gate a pass was used in a night."""
    row = await tx.one(
        "SELECT used_us, used_at_gate FROM pass_use WHERE ticket_id = $1 AND event_id = $2", ticket_id, event_id
    )
    return (row[0], row[1]) if row else None


async def lock_admissions(tx: Tx, event_id: str, organizer_id: str) -> None:
    """Locks the counts of a night, which may have no tickets of its own."""
    await tx.run(
        "INSERT INTO event_admission (event_id, organizer_id) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING",
        event_id,
        organizer_id,
    )
    await tx.lock("SELECT 1 FROM event_admission WHERE event_id = $1", event_id)


async def count_used(tx: Tx, event_id: str) -> None:
    """Adds one to the passes that were used in a night."""
    await tx.defer("UPDATE event_admission SET passes_used = passes_used + 1 WHERE event_id = $1", event_id)
