"""ticketing's writes, and what its streams read: each is one transaction."""

from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import Ticket as TicketMessage
from services.kit.db import Tx
from services.kit.feeds import feed
from services.ticketing import store, tickets
from services.ticketing.convert import ticket_pb
from services.ticketing.tickets import Admissions, Attempt, Purchase, Scan, Ticket

NOBODY = Admissions("", 0, 0)


async def issue(tx: Tx, purchase: Purchase, *, now_us: int) -> None:
    """Makes a ticket for each line of a paid order. A repeat changes nothing."""
    buyer_id = await store.person_behind(tx, purchase.buyer_id)
    done = await store.issued_lines(tx, purchase.order_id)
    lines = [line for line in purchase.lines if line.line_id not in done]
    if not lines:
        return
    first = await store.number_tickets(tx, purchase.event_id, purchase.organizer_id, len(lines))
    fresh = []
    for serial, line in enumerate(lines, first):
        ticket = await store.save_ticket(tx, purchase, line, buyer_id=buyer_id, serial=serial, issued_us=now_us)
        assert ticket is not None, "the cursor of the feed lets one reader issue at a time"
        fresh.append(ticket_pb(ticket))
    fact = TicketsIssued(
        order_id=purchase.order_id,
        event_id=purchase.event_id,
        buyer_id=buyer_id,
        session_id=purchase.session_id,
        tickets=fresh,
        paid=purchase.paid,
        total=purchase.total.to_pb(),
        locale=purchase.locale,
        order_number=purchase.number,
    )
    await tx.announce(
        fact, aggregate_id=purchase.order_id, organizer_id=purchase.organizer_id, topic=purchase.event_id, at_us=now_us
    )


async def move_holder(tx: Tx, from_subject_id: str, into_subject_id: str) -> None:
    """A guest session turned out to be a person: its tickets are that person's, also those still to be issued."""
    person_id = await store.person_behind(tx, into_subject_id)
    if person_id != from_subject_id:
        await store.merge_holder(tx, from_subject_id, person_id)


async def check_in(tx: Tx, attempt: Attempt, *, now_us: int) -> Scan:
    """Uses a ticket, once; a repeat of the scan is told the same. Raises TicketForged, TicketOtherEvent, TicketRevoked
    or IdInUse; that the ticket was used before is an answer, because it is kept for repeats."""
    if not await store.claim_scan(tx, attempt, now_us=now_us):
        first, admitted = await store.find_scan(tx, attempt)
        tickets.same_scan(attempt, first)
        ticket = await store.find_ticket(tx, attempt.ticket_id)
        assert ticket is not None, "tickets are never removed"
        return Scan(ticket, admitted)
    await store.lock_admissions(tx, attempt.event_id)
    ticket = await store.use_ticket(tx, attempt, now_us=now_us)
    if ticket is None:
        used = tickets.turn_away(await store.lock_ticket(tx, attempt.ticket_id), attempt)
        await store.settle_scan(tx, attempt.scan_id)
        return Scan(used, admitted=False)
    await announce_used(tx, ticket, now_us=now_us)
    return Scan(ticket, admitted=True)


async def join_online(tx: Tx, ticket: Ticket, generation: int, *, now_us: int) -> Ticket:
    """Uses the ticket of an online link; used before, nothing changes. Raises LinkInvalid or TicketRevoked."""
    await store.lock_admissions(tx, ticket.event_id)
    used = await store.use_ticket_online(tx, ticket.ticket_id, generation, gate=tickets.ONLINE_GATE, now_us=now_us)
    if used is None:
        return tickets.open_online(await store.lock_ticket(tx, ticket.ticket_id), generation)
    await announce_used(tx, used, now_us=now_us)
    return used


async def announce_used(tx: Tx, ticket: Ticket, *, now_us: int) -> None:
    """Counts a ticket that has just been used and tells of it."""
    await store.count_used(tx, ticket.event_id)
    await tx.announce(
        TicketUsed(ticket=ticket_pb(ticket)),
        aggregate_id=ticket.ticket_id,
        organizer_id=ticket.organizer_id,
        topic=ticket.event_id,
        at_us=now_us,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """An event's admissions at one moment. used: tickets used since the last look, each with its revision. revision:
    where to go on. changed: whether anything happened since; then there may be more behind it. ahead: whether counts
    show more than the revision says; what is ahead would be told again."""

    counts: Admissions
    used: tuple[tuple[TicketMessage, Revision], ...]
    revision: Revision
    changed: bool
    ahead: bool = False


async def look(tx: Tx, event_id: str, after: int | None) -> Look:
    """What happened at an event after a position; None: only the counts as they are."""
    counts = await store.find_admissions(tx, event_id) or NOBODY
    now = await feed.head(tx)
    if after is None:
        return Look(counts, (), now, changed=True, ahead=bool(await feed.without_position(tx, event_id)))
    batch = await feed.facts_after(tx, after, event_id)
    if not batch.facts:
        return Look(counts, (), now, changed=False)
    used = tuple(
        (TicketUsed.FromString(fact.payload).ticket, Revision(epoch=batch.epoch, position=fact.position))
        for fact in batch.facts
        if fact.type == TicketUsed.DESCRIPTOR.full_name
    )
    return Look(counts, used, Revision(epoch=batch.epoch, position=batch.facts[-1].position), changed=True)
