"""inventory's SQL about the tickets that each person has of events that limit them."""

from collections.abc import Sequence

from services.inventory.holds import Hold
from services.kit.db import Tx


async def tickets_of(tx: Tx, hold: Hold, keys: Sequence[str]) -> int:
    """How many tickets of a hold's event a person has without the hold: the most that any of the keys has."""
    most = 0
    for key in keys:
        row = await tx.one(
            """SELECT coalesce(sum(tickets), 0) FROM person_ticket
               WHERE person_key = $1 AND event_id = $2 AND hold_id <> $3""",
            key,
            hold.event_id,
            hold.hold_id,
        )
        most = max(most, int(row[0]) if row else 0)
    return most


async def count(tx: Tx, hold: Hold, keys: Sequence[str]) -> None:
    """Counts the tickets of a locked hold for a person."""
    for key in keys:
        await tx.run(
            "INSERT INTO person_ticket (hold_id, person_key, event_id, tickets) VALUES ($1, $2, $3, $4)",
            hold.hold_id,
            key,
            hold.event_id,
            len(hold.places),
        )
    await tx.run("UPDATE hold SET counted = 1 WHERE hold_id = $1", hold.hold_id)


async def count_returned(tx: Tx, hold: Hold, tickets: int) -> None:
    """Counts fewer tickets of a locked hold for its person, since some were given back."""
    if len(hold.returned) == len(hold.places):
        await forget(tx, hold.hold_id)
        return
    await tx.run("UPDATE person_ticket SET tickets = tickets - $2 WHERE hold_id = $1", hold.hold_id, tickets)


async def forget(tx: Tx, hold_id: str) -> None:
    """Counts the tickets of a locked hold for no person any more."""
    await tx.run("DELETE FROM person_ticket WHERE hold_id = $1", hold_id)
    await tx.run("UPDATE hold SET counted = 0 WHERE hold_id = $1", hold_id)
