"""ticketing's transactions: load, decide, save, announce."""

from eventhub.orders.v1 import orders_pb2
from eventhub.refusals import TicketNotFound, TicketRevoked
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated, TicketUsed
from services.kit.db import Tx
from services.kit.feeds import merges
from services.kit.rpc import Caller
from services.ticketing import convert, store, tickets
from services.ticketing.store import SortKey
from services.ticketing.tickets import Scan, ScanAttempt, Ticket, TicketState


async def issue(tx: Tx, paid: orders_pb2.Order, *, now_us: int) -> None:
    """Issues a ticket for each line of a paid order. A repeat changes nothing. The fact passes the whole order on."""
    order = convert.order(paid)
    buyer_id = await merges.person_behind(tx, order.buyer_id)
    done = await store.issued_lines(tx, order.order_id)
    lines = [line for line in order.lines if line.line_id not in done]
    if not lines:
        return
    first = await store.number_tickets(tx, order.event_id, order.organizer_id, len(lines))
    issued = []
    for serial, line in enumerate(lines, first):
        ticket = await store.save_ticket(tx, order, line, buyer_id=buyer_id, serial=serial, issued_us=now_us)
        assert ticket is not None, "the cursor of the feed lets one reader issue at a time"
        issued.append(convert.ticket_pb(ticket))
    fact = TicketsIssued(buyer_id=buyer_id, tickets=issued, order=paid)
    await tx.announce(
        fact, aggregate_id=order.order_id, organizer_id=order.organizer_id, topic=order.event_id, at_us=now_us
    )


async def reseat(tx: Tx, moved: orders_pb2.Order, *, now_us: int) -> None:
    """Names the seats that an order has by now on its tickets. Their codes stay the same, since no code names a seat. A
    repeat changes nothing."""
    order = convert.order(moved)
    await store.lock_admissions(tx, order.event_id)
    reseated = tickets.reseated(await store.lock_of_order(tx, order.order_id), order.lines)
    if not reseated:
        return
    for _, ticket in reseated:
        await store.save_seat(tx, ticket)
    fact = TicketsReseated(
        buyer_id=reseated[0][1].buyer_id,
        tickets=[convert.reseated_pb(before, after) for before, after in reseated],
        order=moved,
    )
    await tx.announce(fact, aggregate_id=order.order_id, organizer_id=order.organizer_id, at_us=now_us)


async def merge(tx: Tx, from_subject_id: str, into_subject_id: str) -> None:
    """Moves the tickets of a guest's session to the person it was merged into, and those still to be issued to it."""
    person_id = await merges.record(tx, from_subject_id, into_subject_id)
    if person_id != from_subject_id:
        await store.move_to_person(tx, from_subject_id, person_id)


async def check_in(tx: Tx, attempt: ScanAttempt, *, now_us: int) -> Scan:
    """Uses a ticket, once. A repeat of the scan gets the first result.

    Raises TicketForged, TicketOtherEvent, TicketRevoked or IdInUse. A ticket that was used before is a result, not a
    refusal, because the scan is stored for repeats and a refusal would roll it back.
    """
    if not await store.claim_scan(tx, attempt, now_us=now_us):
        first, admitted = await store.find_scan(tx, attempt.scan_id)
        tickets.check_repeat(attempt, first)
        ticket = await store.find_ticket(tx, attempt.ticket_id)
        assert ticket is not None, "tickets are never removed"
        return Scan(ticket, admitted)
    await store.lock_admissions(tx, attempt.event_id)
    ticket = await store.use_ticket(tx, attempt, now_us=now_us)
    if ticket is None:
        used = tickets.require_used(await store.lock_ticket(tx, attempt.ticket_id), attempt)
        await store.mark_scan_used(tx, attempt.scan_id)
        return Scan(used, admitted=False)
    await announce_used(tx, ticket, now_us=now_us)
    return Scan(ticket, admitted=True)


async def join_online(tx: Tx, ticket: Ticket, generation: int, *, now_us: int) -> Ticket:
    """Uses the ticket of an online link. A used ticket stays as it is. Raises LinkInvalid or TicketRevoked."""
    await store.lock_admissions(tx, ticket.event_id)
    used = await store.use_ticket_online(tx, ticket.ticket_id, generation, gate=tickets.ONLINE_GATE, now_us=now_us)
    if used is None:
        return tickets.open_online(await store.lock_ticket(tx, ticket.ticket_id), generation)
    await announce_used(tx, used, now_us=now_us)
    return used


async def announce_used(tx: Tx, ticket: Ticket, *, now_us: int) -> None:
    """Counts a ticket that has just been used, and announces it."""
    await store.count_used(tx, ticket.event_id)
    await tx.announce(
        TicketUsed(ticket=convert.ticket_pb(ticket)),
        aggregate_id=ticket.ticket_id,
        organizer_id=ticket.organizer_id,
        topic=ticket.event_id,
        at_us=now_us,
    )


async def list_tickets(
    tx: Tx, caller: Caller, *, event_id: str, order_id: str, after: SortKey | None, size: int
) -> list[Ticket]:
    """A page of the tickets that the caller may list: a holder's own, or a member's by event or by order."""
    if not caller.is_member:
        return await store.list_of_holder(
            tx, caller.subject_id, event_id=event_id, order_id=order_id, after=after, size=size
        )
    if event_id:
        return await store.list_of_event(
            tx, caller.organizer_id, event_id=event_id, order_id=order_id, after=after, size=size
        )
    return await store.list_of_order(
        tx, caller.subject_id, caller.organizer_id, order_id=order_id, after=after, size=size
    )


async def visible_ticket(tx: Tx, ticket_id: str, caller: Caller) -> Ticket:
    """A ticket that the caller holds, or one of the caller's organizer. Raises TicketNotFound."""
    ticket = None
    if caller.is_member:
        ticket = await store.find_ticket_of_organizer(tx, ticket_id, caller.organizer_id)
    if ticket is None:
        ticket = await store.find_ticket_of_holder(tx, ticket_id, caller.subject_id)
    if ticket is None:
        raise TicketNotFound
    return ticket


async def printable_ticket(tx: Tx, ticket_id: str, caller: Caller) -> Ticket:
    """A ticket whose code the caller may have: the holder, or the member that sold it. Raises TicketNotFound,
    TicketRevoked."""
    ticket = await store.find_ticket_of_holder(tx, ticket_id, caller.subject_id)
    if ticket is None and caller.is_member:
        ticket = await store.find_ticket_sold_by(tx, ticket_id, caller.subject_id, caller.organizer_id)
    if ticket is None:
        raise TicketNotFound
    if ticket.state is TicketState.REVOKED:
        raise TicketRevoked
    return ticket
