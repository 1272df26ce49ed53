"""ticketing's SQL about tickets that are revoked."""

from collections.abc import Sequence

from services.kit.db import Tx
from services.ticketing.store import COLUMNS, ticket_in
from services.ticketing.tickets import Ticket


async def event_of(tx: Tx, order_id: str) -> str:
    """The event of an order's tickets; empty if it has none."""
    row = await tx.one("SELECT event_id FROM ticket WHERE order_id = $1 LIMIT 1", order_id)
    return str(row[0]) if row else ""


async def lock_tickets(tx: Tx, order_id: str) -> list[Ticket]:
    """All tickets of an order, locked until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM ticket WHERE order_id = $1 ORDER BY ticket_id", order_id)
    return [ticket_in(row) for row in rows]


async def used(tx: Tx, ticket_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """When and at which gate those of some tickets that were used have let their holders in; passes, in one of their
    nights."""
    marks = ", ".join(f"${n}" for n in range(1, len(ticket_ids) + 1))
    rows = await tx.all(
        f"""SELECT ticket_id, used_us, used_at_gate FROM ticket WHERE ticket_id IN ({marks}) AND state = 'USED'
            UNION SELECT ticket_id, used_us, used_at_gate FROM pass_use WHERE ticket_id IN ({marks})""",
        *ticket_ids,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def revoke(tx: Tx, ticket: Ticket, *, now_us: int) -> Ticket:
    """Revokes a locked ticket. Returns it as it is then."""
    row = await tx.one(
        f"UPDATE ticket SET revoked_us = $2 WHERE ticket_id = $1 RETURNING {COLUMNS}", ticket.ticket_id, now_us
    )
    assert row is not None, "the ticket is locked"
    return ticket_in(row)


async def count_revoked(tx: Tx, event_id: str, many: int) -> None:
    """Takes revoked tickets, which have let nobody in, from the counts of an event."""
    await tx.run("UPDATE event_admission SET issued = issued - $2 WHERE event_id = $1", event_id, many)
