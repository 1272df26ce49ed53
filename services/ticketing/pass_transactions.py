"""ticketing's writes about the uses of passes."""

from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed
from services.kit.db import Tx
from services.ticketing import convert, pass_store, passes, store, tickets
from services.ticketing.hours import Event
from services.ticketing.tickets import Scan, ScanAttempt, Ticket


async def check_in(tx: Tx, attempt: ScanAttempt, series_id: str, series: Event, *, now_us: int) -> Scan:
    """Uses a pass at one of its nights, once a night. A repeat of the scan gets the first result.

    Raises as passes.admissible, and IdInUse. A pass that was used there before is a result, as in
    transactions.check_in.
    """
    if not await store.claim_scan(tx, attempt, now_us=now_us):
        first, admitted = await store.find_scan(tx, attempt.scan_id)
        tickets.check_repeat(attempt, first)
        known = await store.find_ticket(tx, attempt.ticket_id)
        assert known is not None, "tickets are never removed"
        return Scan(await as_used(tx, known, attempt.event_id), admitted)
    await pass_store.lock_admissions(tx, attempt.event_id, attempt.organizer_id)
    found = await store.lock_ticket(tx, attempt.ticket_id)
    ticket = passes.admissible(found, attempt, series_id, series)
    if await use(tx, ticket, attempt.event_id, gate=attempt.gate, now_us=now_us):
        return Scan(passes.used_at(ticket, now_us, attempt.gate), admitted=True)
    await store.mark_scan_used(tx, attempt.scan_id)
    return Scan(await as_used(tx, ticket, attempt.event_id), admitted=False)


async def join_online(tx: Tx, ticket: Ticket, generation: int, event_id: str, *, now_us: int) -> None:
    """Uses the pass of an online link for a night. One that was used stays as it is. Raises TicketRevoked."""
    await pass_store.lock_admissions(tx, event_id, ticket.organizer_id)
    tickets.open_online(await store.lock_ticket(tx, ticket.ticket_id), generation)
    await use(tx, ticket, event_id, gate=tickets.ONLINE_GATE, now_us=now_us)


async def use(tx: Tx, ticket: Ticket, event_id: str, *, gate: str, now_us: int) -> bool:
    """Uses a pass at a night whose counts are locked, and announces it. False if it was used there before."""
    if not await pass_store.use(tx, ticket.ticket_id, event_id, gate=gate, now_us=now_us):
        return False
    await pass_store.count_used(tx, event_id)
    used = convert.ticket_pb(passes.used_at(ticket, now_us, gate))
    await tx.announce(
        TicketUsed(ticket=used, night_id=event_id),
        aggregate_id=ticket.ticket_id,
        organizer_id=ticket.organizer_id,
        topic=event_id,
        at_us=now_us,
    )
    return True


async def as_used(tx: Tx, ticket: Ticket, event_id: str) -> Ticket:
    """A pass as it was used at a night."""
    known = await pass_store.find_use(tx, ticket.ticket_id, event_id)
    assert known is not None, "a scan of the pass has used it there"
    return passes.used_at(ticket, *known)
