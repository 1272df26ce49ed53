"""ticketing's SQL: tickets, their holders, scans and each event's counts."""

from collections.abc import Sequence

from services.kit.db import Row, Tx
from services.ticketing.tickets import (
    Admissions,
    Order,
    OrderLine,
    ScanAttempt,
    ScanOutcome,
    ScanRequest,
    Ticket,
    TicketState,
    derive_id,
)

SortKey = tuple[int, int, str]
# Sorts before every ticket, as the newest first.
BEGINNING: SortKey = (2**62, 2**62, "")

COLUMNS = """
ticket_id, order_id, line_id, event_id, organizer_id, ticket_type_id, ticket_type_name, seat_id, seat_label, buyer_id,
CASE WHEN revoked_us IS NULL THEN state ELSE 'REVOKED' END, generation, serial, issued_us, used_us, used_at_gate,
reprints
"""
# A subject sees its own tickets. A session also sees those it bought for the person it was merged into since.
IS_THEIRS = """
    (buyer_id = $1 OR session_id = $1 AND buyer_id = (SELECT person_id FROM subject_person WHERE subject_id = $1))
"""


def ticket_in(row: Row) -> Ticket:
    """Reads a row of COLUMNS."""
    ticket_id, order_id, line_id, event_id, organizer_id, ticket_type_id, ticket_type_name, seat_id, *rest = row
    seat_label, buyer_id, state, generation, serial, issued_us, used_us, used_at_gate, reprints = rest
    return Ticket(
        ticket_id=ticket_id,
        order_id=order_id,
        line_id=line_id,
        event_id=event_id,
        organizer_id=organizer_id,
        ticket_type_id=ticket_type_id,
        ticket_type_name=ticket_type_name,
        seat_id=seat_id,
        seat_label=seat_label,
        buyer_id=buyer_id,
        state=TicketState(state),
        generation=generation,
        serial=serial,
        issued_us=issued_us,
        used_us=used_us,
        used_at_gate=used_at_gate,
        reprints=reprints,
    )


async def find_ticket(tx: Tx, ticket_id: str) -> Ticket | None:
    """Reads a ticket, without regard to its holder."""
    row = await tx.one(f"SELECT {COLUMNS} FROM ticket WHERE ticket_id = $1", ticket_id)
    return ticket_in(row) if row else None


async def find_ticket_of_holder(tx: Tx, ticket_id: str, buyer_id: str) -> Ticket | None:
    """Reads a ticket if this buyer or session sees it."""
    row = await tx.one(f"SELECT {COLUMNS} FROM ticket WHERE ticket_id = $2 AND {IS_THEIRS}", buyer_id, ticket_id)
    return ticket_in(row) if row else None


async def find_ticket_sold_by(tx: Tx, ticket_id: str, member_id: str, organizer_id: str) -> Ticket | None:
    """Reads a ticket if this member sold it at the organizer's counter."""
    wanted = f"SELECT {COLUMNS} FROM ticket WHERE ticket_id = $1 AND sold_by = $2 AND organizer_id = $3"
    row = await tx.one(wanted, ticket_id, member_id, organizer_id)
    return ticket_in(row) if row else None


async def find_ticket_of_organizer(tx: Tx, ticket_id: str, organizer_id: str) -> Ticket | None:
    """Reads a ticket if its event is this organizer's."""
    wanted = f"SELECT {COLUMNS} FROM ticket WHERE ticket_id = $1 AND organizer_id = $2"
    row = await tx.one(wanted, ticket_id, organizer_id)
    return ticket_in(row) if row else None


async def lock_ticket(tx: Tx, ticket_id: str) -> Ticket | None:
    """Reads a ticket and locks it until the transaction ends."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM ticket WHERE ticket_id = $1", ticket_id)
    return ticket_in(rows[0]) if rows else None


async def list_of_holder(
    tx: Tx, buyer_id: str, *, event_id: str, order_id: str, after: SortKey | None, size: int
) -> list[Ticket]:
    """A page of a holder's tickets, newest first. event_id, order_id: empty for all."""
    wanted = f"""
        SELECT {COLUMNS} FROM ticket
        WHERE {IS_THEIRS} AND ($2 = '' OR event_id = $2) AND ($3 = '' OR order_id = $3)
          AND (issued_us, serial, ticket_id) < ($4, $5, $6)
        ORDER BY issued_us DESC, serial DESC, ticket_id DESC LIMIT $7
    """
    rows = await tx.all(wanted, buyer_id, event_id, order_id, *(after or BEGINNING), size)
    return [ticket_in(row) for row in rows]


async def list_of_event(
    tx: Tx, organizer_id: str, *, event_id: str, order_id: str, after: SortKey | None, size: int
) -> list[Ticket]:
    """A page of the tickets of an organizer's event, newest first. order_id: empty for all."""
    wanted = f"""
        SELECT {COLUMNS} FROM ticket
        WHERE organizer_id = $1 AND event_id = $2 AND ($3 = '' OR order_id = $3)
          AND (issued_us, serial, ticket_id) < ($4, $5, $6)
        ORDER BY issued_us DESC, serial DESC, ticket_id DESC LIMIT $7
    """
    rows = await tx.all(wanted, organizer_id, event_id, order_id, *(after or BEGINNING), size)
    return [ticket_in(row) for row in rows]


async def list_of_order(
    tx: Tx, member_id: str, organizer_id: str, *, order_id: str, after: SortKey | None, size: int
) -> list[Ticket]:
    """A page of an order's tickets, newest first: those of the organizer's events and those the member holds."""
    wanted = f"""
        SELECT {COLUMNS} FROM ticket
        WHERE order_id = $1 AND (buyer_id = $2 OR organizer_id = $3) AND (issued_us, serial, ticket_id) < ($4, $5, $6)
        ORDER BY issued_us DESC, serial DESC, ticket_id DESC LIMIT $7
    """
    rows = await tx.all(wanted, order_id, member_id, organizer_id, *(after or BEGINNING), size)
    return [ticket_in(row) for row in rows]


async def issued_lines(tx: Tx, order_id: str) -> frozenset[str]:
    """The ids of an order's lines that have a ticket."""
    rows = await tx.all("SELECT line_id FROM ticket WHERE order_id = $1 ORDER BY line_id", order_id)
    return frozenset(line_id for (line_id,) in rows)


async def number_tickets(tx: Tx, event_id: str, organizer_id: str, count: int) -> int:
    """Counts new tickets of an event and reserves their serial numbers. Returns the first; the others follow it."""
    counted = """
        INSERT INTO event_admission (event_id, organizer_id, last_serial, issued) VALUES ($1, $2, $3, $3)
        ON CONFLICT (event_id) DO UPDATE
        SET last_serial = event_admission.last_serial + $3, issued = event_admission.issued + $3
        RETURNING last_serial
    """
    row = await tx.one(counted, event_id, organizer_id, count)
    assert row is not None, "the row was inserted or updated"
    last: int = row[0]
    return last - count + 1


async def save_ticket(
    tx: Tx, order: Order, line: OrderLine, *, buyer_id: str, serial: int, issued_us: int
) -> Ticket | None:
    """Inserts a ticket. None if the line has one already."""
    saved = f"""
        INSERT INTO ticket (ticket_id, order_id, line_id, event_id, organizer_id, ticket_type_id, ticket_type_name,
            seat_id, seat_label, buyer_id, serial, issued_us, session_id, sold_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT DO NOTHING RETURNING {COLUMNS}
    """
    row = await tx.one(
        saved,
        derive_id(order.order_id, line.line_id),
        order.order_id,
        line.line_id,
        order.event_id,
        order.organizer_id,
        line.ticket_type_id,
        line.ticket_type_name,
        line.seat_id,
        line.seat_label,
        buyer_id,
        serial,
        issued_us,
        order.session_id,
        order.sold_by,
    )
    return ticket_in(row) if row else None


async def lock_of_order(tx: Tx, order_id: str) -> list[Ticket]:
    """An order's tickets, locked until the transaction ends, in the order of their ids."""
    rows = await tx.lock(f"SELECT {COLUMNS} FROM ticket WHERE order_id = $1 ORDER BY ticket_id", order_id)
    return [ticket_in(row) for row in rows]


async def save_seat(tx: Tx, ticket: Ticket) -> None:
    """Writes the seat of a locked ticket."""
    await tx.defer(
        "UPDATE ticket SET seat_id = $1, seat_label = $2 WHERE ticket_id = $3",
        ticket.seat_id,
        ticket.seat_label,
        ticket.ticket_id,
    )


async def move_to_person(tx: Tx, subject_id: str, person_id: str) -> None:
    """Gives a person the tickets of a subject."""
    await tx.run("UPDATE ticket SET buyer_id = $2 WHERE buyer_id = $1", subject_id, person_id)


async def use_ticket(tx: Tx, attempt: ScanAttempt, *, now_us: int) -> Ticket | None:
    """Uses the ticket of a scan. None if it cannot be used, for any reason."""
    used = f"""
        UPDATE ticket SET state = 'USED', used_us = $1, used_at_gate = $2
        WHERE ticket_id = $3 AND state = 'VALID' AND revoked_us IS NULL
          AND generation = $4 AND event_id = $5 AND organizer_id = $6
        RETURNING {COLUMNS}
    """
    row = await tx.one(
        used,
        now_us,
        attempt.gate,
        attempt.ticket_id,
        attempt.generation,
        attempt.event_id,
        attempt.organizer_id,
    )
    return ticket_in(row) if row else None


async def use_ticket_online(tx: Tx, ticket_id: str, generation: int, *, gate: str, now_us: int) -> Ticket | None:
    """Uses the ticket of a link. None if it cannot be used or was used before."""
    used = f"""
        UPDATE ticket SET state = 'USED', used_us = $1, used_at_gate = $2
        WHERE ticket_id = $3 AND state = 'VALID' AND revoked_us IS NULL AND generation = $4 RETURNING {COLUMNS}
    """
    row = await tx.one(used, now_us, gate, ticket_id, generation)
    return ticket_in(row) if row else None


async def lock_admissions(tx: Tx, event_id: str) -> None:
    """Locks an event's counts. Call it before locking tickets: issuing locks in this order, too, so none deadlocks."""
    await tx.lock("SELECT 1 FROM event_admission WHERE event_id = $1", event_id)


async def count_used(tx: Tx, event_id: str) -> None:
    """Adds one to an event's used tickets."""
    await tx.defer("UPDATE event_admission SET used = used + 1 WHERE event_id = $1", event_id)


async def find_admissions(tx: Tx, event_id: str) -> Admissions | None:
    """Reads an event's counts. None before its first ticket."""
    row = await tx.one(
        "SELECT organizer_id, issued, used, passes_used FROM event_admission WHERE event_id = $1", event_id
    )
    return Admissions(*row) if row else None


async def claim_scan(tx: Tx, attempt: ScanAttempt, *, now_us: int) -> bool:
    """Inserts a scan as ADMITTED; mark_scan_used() corrects it. False if its id is taken."""
    claimed = """
        INSERT INTO scan (scan_id, subject_id, organizer_id, event_id, ticket_id, requested_gate, outcome, at_us)
        VALUES ($1, $2, $3, $4, $5, $6, 'ADMITTED', $7) ON CONFLICT DO NOTHING RETURNING 1
    """
    values: Sequence[object] = (
        attempt.scan_id,
        attempt.subject_id,
        attempt.organizer_id,
        attempt.event_id,
        attempt.ticket_id,
        attempt.requested_gate,
    )
    return await tx.one(claimed, *values, now_us) is not None


async def has_scan(tx: Tx, scan_id: str) -> bool:
    """True if a scan with this id was made."""
    return await tx.one("SELECT 1 FROM scan WHERE scan_id = $1", scan_id) is not None


async def mark_scan_used(tx: Tx, scan_id: str) -> None:
    """Records that a scan found its ticket used before."""
    await tx.run("UPDATE scan SET outcome = 'USED' WHERE scan_id = $1", scan_id)


async def find_scan(tx: Tx, scan_id: str) -> tuple[ScanRequest, bool]:
    """Reads the request of an earlier scan and locks it. True if that scan let the holder in."""
    wanted = "SELECT subject_id, event_id, ticket_id, requested_gate, outcome FROM scan WHERE scan_id = $1"
    ((subject_id, event_id, ticket_id, requested_gate, outcome),) = await tx.lock(wanted, scan_id)
    first = ScanRequest(
        scan_id=scan_id,
        subject_id=subject_id,
        event_id=event_id,
        ticket_id=ticket_id,
        requested_gate=requested_gate,
    )
    return first, outcome == ScanOutcome.ADMITTED
