"""Tickets: what they are called, when they let somebody in."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eventhub.refusals import IdInUse, LinkInvalid, TicketForged, TicketOtherEvent, TicketRevoked, TicketUsed
from services.kit.values import Money

VALID, USED = "VALID", "USED"
ONLINE_GATE = "online"

PREFIX = "tik_"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RAW_BYTES = 16
ID_DIGITS = 26
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket of a paid order, still to be issued."""

    line_id: str
    ticket_type_id: str
    ticket_type_name: str
    seat_id: str
    seat_label: str


@dataclass(frozen=True, slots=True)
class Purchase:
    """A paid order. session_id: the session that made it, which may have turned out to be the buyer since. sold_by: the
    member who sold it at the counter, empty elsewhere. paid: whether a payment provider took money for it. total:
    what was to be paid. locale: of messages about it. number: short, for people."""

    order_id: str
    event_id: str
    organizer_id: str
    buyer_id: str
    session_id: str
    sold_by: str
    lines: tuple[Line, ...]
    paid: bool
    total: Money
    locale: str
    number: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket. generation: counts its codes; a code of an earlier one lets nobody in. used_us: None until used."""

    ticket_id: str
    order_id: str
    line_id: str
    event_id: str
    organizer_id: str
    ticket_type_id: str
    ticket_type_name: str
    seat_id: str
    seat_label: str
    buyer_id: str
    state: str
    generation: int
    serial: int
    issued_us: int
    used_us: int | None
    used_at_gate: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody scans a code. gate: where, as the ticket will say; said_gate: what the request said of it."""

    scan_id: str
    subject_id: str
    organizer_id: str
    event_id: str
    ticket_id: str
    generation: int
    gate: str
    said_gate: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan was told. admitted: the ticket let its holder in by this scan; otherwise it had been used before."""

    ticket: Ticket
    admitted: bool


@dataclass(frozen=True, slots=True)
class Admissions:
    """How many tickets an event has, and how many have let somebody in."""

    organizer_id: str
    issued: int
    used: int


def derive_id(order_id: str, line_id: str) -> str:
    """The ticket's id of an order's line, the same every time."""
    named = f"{len(order_id)}:{order_id}{line_id}".encode()
    return id_of(hashlib.sha256(b"eventhub ticket " + named).digest()[:RAW_BYTES])


def id_of(raw: bytes) -> str:
    """The ticket's id with these 16 bytes."""
    number = int.from_bytes(raw, "big")
    digits = [ALPHABET[number >> 5 * place & 31] for place in reversed(range(ID_DIGITS))]
    return PREFIX + "".join(digits)


def raw_of(ticket_id: str) -> bytes:
    """The 16 bytes in a ticket's id."""
    number = 0
    for digit in ticket_id.removeprefix(PREFIX):
        number = number << 5 | ALPHABET.index(digit)
    return number.to_bytes(RAW_BYTES, "big")


def turn_away(ticket: Ticket | None, attempt: Attempt) -> Ticket:
    """Why a ticket did not let its holder in: answers the ticket where it was used before. Raises TicketForged,
    TicketOtherEvent (another organizer's is not told apart from another event's) or TicketRevoked."""
    if ticket is None:
        raise TicketForged
    if (ticket.event_id, ticket.organizer_id) != (attempt.event_id, attempt.organizer_id):
        raise TicketOtherEvent
    if ticket.generation != attempt.generation:
        raise TicketRevoked
    assert ticket.state == USED, "a valid ticket of this event and generation lets its holder in"
    return ticket


def same_scan(attempt: Attempt, first: Attempt) -> None:
    """A scan's id names one scan. Raises IdInUse where it is used for another one, or by somebody else."""
    if (attempt.subject_id, attempt.ticket_id, attempt.event_id, attempt.said_gate) != (
        first.subject_id,
        first.ticket_id,
        first.event_id,
        first.said_gate,
    ):
        raise IdInUse


def let_in(scan: Scan, time_zone: str = "") -> Ticket:
    """The ticket that has let its holder in. time_zone: the event's; empty: not known. Raises TicketUsed if it had been
    used before."""
    if not scan.admitted:
        used = TicketUsed(used_at=rfc3339(scan.ticket.used_us or 0), gate=scan.ticket.used_at_gate)
        if time_zone:
            used.facts["time_zone"] = time_zone
        raise used
    return scan.ticket


def open_online(ticket: Ticket | None, generation: int) -> Ticket:
    """The ticket whose link opens an online event, used or not. Raises LinkInvalid or TicketRevoked."""
    if ticket is None:
        raise LinkInvalid
    if ticket.generation != generation:
        raise TicketRevoked
    return ticket


def rfc3339(us: int) -> str:
    """Microseconds since 1970 as text, "2026-11-24T12:00:00Z"."""
    return (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
