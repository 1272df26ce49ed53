"""ticketing's transactions about reprints."""

from dataclasses import replace

from eventhub.refusals import IdInUse, TicketNotFound
from services.kit.db import Tx
from services.kit.rpc import Caller
from services.ticketing import reprint_store
from services.ticketing.reprint_store import Reprint
from services.ticketing.tickets import Ticket, TicketState


async def reprint(tx: Tx, reprint_id: str, order_id: str, caller: Caller, *, now_us: int) -> list[Ticket]:
    """Counts and records a reprint of an order's tickets; a repeat counts nothing. Returns the tickets in the order of
    their numbers, without revoked ones. Raises TicketNotFound if none is left, or if the order was not sold at the
    counter of the caller's organizer, IdInUse."""
    sold = await reprint_store.lock_sold(tx, order_id, caller.organizer_id)
    valid = [ticket for ticket in sold if ticket.state is not TicketState.REVOKED]
    found = sorted(valid, key=lambda ticket: ticket.serial)
    if not found:
        raise TicketNotFound
    new = Reprint(
        reprint_id=reprint_id,
        order_id=order_id,
        organizer_id=caller.organizer_id,
        member_id=caller.subject_id,
        tickets=len(found),
        at_us=now_us,
    )
    if await reprint_store.claim(tx, new):
        await reprint_store.count(tx, order_id, caller.organizer_id)
        return [replace(ticket, reprints=ticket.reprints + 1) for ticket in found]
    known = await reprint_store.find(tx, reprint_id)
    if known is None or replace(known, at_us=now_us) != new:
        raise IdInUse
    return found
