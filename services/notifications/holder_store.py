"""notifications' SQL about the holders of tickets: one row for the tickets of each order."""

import json
from collections.abc import Collection

from services.kit.db import Tx
from services.notifications.notices import Holding


async def add(tx: Tx, holding: Holding) -> None:
    """Notes that a person holds the tickets of an order. A repeat changes nothing."""
    await tx.run(
        """INSERT INTO ticket_holder (order_id, event_id, buyer_id, serials, paid, since_us)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (order_id) DO NOTHING""",
        holding.order_id,
        holding.event_id,
        holding.buyer_id,
        json.dumps(holding.serials),
        int(holding.paid),
        holding.since_us,
    )


async def take_away(tx: Tx, order_id: str, serials: Collection[int]) -> None:
    """Takes revoked tickets of an order from its holder. A repeat changes nothing."""
    rows = await tx.lock("SELECT serials FROM ticket_holder WHERE order_id = $1", order_id)
    left = [serial for row in rows for serial in json.loads(row[0]) if serial not in serials]
    await tx.run("UPDATE ticket_holder SET serials = $2 WHERE order_id = $1", order_id, json.dumps(left))


async def holders_after(tx: Tx, event_id: str, after_buyer_id: str, limit: int) -> list[tuple[str, int]]:
    """The next holders of an event's tickets, in the order of their ids, and since when each holds some."""
    wanted = """
        SELECT buyer_id, min(since_us) FROM ticket_holder
        WHERE event_id = $1 AND buyer_id > $2 AND serials <> '[]' GROUP BY buyer_id ORDER BY buyer_id LIMIT $3
    """
    return [(row[0], int(row[1])) for row in await tx.all(wanted, event_id, after_buyer_id, limit)]


async def holds_paid(tx: Tx, event_id: str, buyer_id: str) -> bool:
    """Whether any of a holder's tickets of an event are paid."""
    wanted = (
        "SELECT 1 FROM ticket_holder WHERE event_id = $1 AND buyer_id = $2 AND paid = 1 AND serials <> '[]' LIMIT 1"
    )
    return await tx.one(wanted, event_id, buyer_id) is not None


async def events_of(tx: Tx, buyer_id: str) -> list[str]:
    """The events of which a subject holds tickets, in the order of their ids."""
    wanted = "SELECT DISTINCT event_id FROM ticket_holder WHERE buyer_id = $1 ORDER BY event_id"
    return [row[0] for row in await tx.all(wanted, buyer_id)]


async def move_to_person(tx: Tx, guest_id: str, person_id: str) -> None:
    """Gives a guest session's tickets to a person. An announcement may have passed the person's id already: it starts
    again, so that it does not leave them out."""
    again = """
        UPDATE announcement SET after_buyer_id = ''
        WHERE done = 0 AND event_id IN (SELECT event_id FROM ticket_holder WHERE buyer_id = $1)
    """
    await tx.run(again, guest_id)
    await tx.run("UPDATE ticket_holder SET buyer_id = $2 WHERE buyer_id = $1", guest_id, person_id)
