"""ticketing's writes about tickets that are revoked, because their order is given back or disputed."""

from collections.abc import Collection

from eventhub.refusals import Unavailable
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsRevoked
from services.kit.db import Tx
from services.ticketing import convert, revoke_store, store, tickets
from services.ticketing.tickets import Ticket


async def revoke_lines(tx: Tx, order_id: str, line_ids: Collection[str], *, even_if_used: bool, now_us: int) -> None:
    """Revokes the tickets of some lines of an order, all or none; a repeat changes nothing. Raises TicketUsed, and
    Unavailable if they are not issued yet."""
    found = [ticket for ticket in await locked_tickets(tx, order_id) if ticket.line_id in line_ids]
    if len(found) < len(line_ids):
        raise Unavailable
    used = await revoke_store.used(tx, [ticket.ticket_id for ticket in found])
    await revoke(tx, tickets.to_revoke(found, used, even_if_used=even_if_used), used, now_us=now_us)


async def revoke_order(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Revokes all tickets of an order, used or not."""
    found = await locked_tickets(tx, order_id)
    if found:
        used = await revoke_store.used(tx, [ticket.ticket_id for ticket in found])
        await revoke(tx, tickets.to_revoke(found, used, even_if_used=True), used, now_us=now_us)


async def locked_tickets(tx: Tx, order_id: str) -> list[Ticket]:
    """All tickets of an order, locked after the counts of their event, as every write locks them."""
    event_id = await revoke_store.event_of(tx, order_id)
    if not event_id:
        return []
    await store.lock_admissions(tx, event_id)
    return await revoke_store.lock_tickets(tx, order_id)


async def revoke(tx: Tx, valid: list[Ticket], used: Collection[str], *, now_us: int) -> None:
    """Revokes locked tickets of one order, and announces it. Those that have let their holders in stay counted."""
    if not valid:
        return
    revoked = [await revoke_store.revoke(tx, ticket, now_us=now_us) for ticket in valid]
    first = revoked[0]
    await revoke_store.count_revoked(tx, first.event_id, sum(ticket.ticket_id not in used for ticket in revoked))
    fact = TicketsRevoked(
        order_id=first.order_id, event_id=first.event_id, tickets=[convert.ticket_pb(ticket) for ticket in revoked]
    )
    await tx.announce(
        fact, aggregate_id=first.order_id, organizer_id=first.organizer_id, topic=first.event_id, at_us=now_us
    )
