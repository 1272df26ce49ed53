"""Tickets: their ids, and the rules for letting their holders in. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub.refusals import IdInUse, LinkInvalid, TicketForged, TicketOtherEvent, TicketRevoked, TicketUsed
from services.kit.values import rfc3339

ONLINE_GATE = "online"

PREFIX = "tik_"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RAW_BYTES = 16
ID_DIGITS = 26


class TicketState(StrEnum):
    """The contract's states of a ticket; see eventhub.ticketing.v1.TicketState for their transitions."""

    VALID = "VALID"
    USED = "USED"
    REVOKED = "REVOKED"


class ScanOutcome(StrEnum):
    """The result of a scan that found its ticket."""

    ADMITTED = "ADMITTED"
    USED = "USED"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line of a paid order: one ticket to issue."""

    line_id: str
    ticket_type_id: str
    ticket_type_name: str
    seat_id: str
    seat_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A paid order.

    session_id: the session that bought it; it may have been merged into buyer_id since. sold_by: the member that sold
    it at the counter, otherwise empty.
    """

    order_id: str
    event_id: str
    organizer_id: str
    buyer_id: str
    session_id: str
    sold_by: str
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket. generation: counts its codes; earlier codes no longer admit. used_us: None until it is used. reprints:
    how often a clerk has printed it again."""

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
    state: TicketState
    generation: int
    serial: int
    issued_us: int
    used_us: int | None
    used_at_gate: str
    reprints: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """The part of a scan that a repeat must have in common with it. requested_gate: the gate that the request names."""

    scan_id: str
    subject_id: str
    event_id: str
    ticket_id: str
    requested_gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAttempt(ScanRequest):
    """A scan of a code. gate: the gate that the ticket will name; for a device, the device's own name."""

    organizer_id: str
    generation: int
    gate: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of a scan. admitted: this scan let the holder in; otherwise the ticket was used before."""

    ticket: Ticket
    admitted: bool


@dataclass(frozen=True, slots=True)
class Admissions:
    """The counts of an event's tickets. passes_used: how many passes of its series were used there, which are in
    neither of the other counts."""

    organizer_id: str
    issued: int
    used: int
    passes_used: int = 0


def derive_id(order_id: str, line_id: str) -> str:
    """The id of the ticket for an order's line, the same every time."""
    named = f"{len(order_id)}:{order_id}{line_id}".encode()
    return id_of(hashlib.sha256(b"eventhub ticket " + named).digest()[:RAW_BYTES])


def reseated(tickets: Sequence[Ticket], lines: Sequence[OrderLine]) -> list[tuple[Ticket, Ticket]]:
    """The tickets of an order whose seats are others by now, each before and after, in the order of the lines."""
    of_line = {ticket.line_id: ticket for ticket in tickets}
    pairs = [
        (ticket, replace(ticket, seat_id=line.seat_id, seat_label=line.seat_label))
        for line in lines
        if (ticket := of_line.get(line.line_id)) is not None
    ]
    return [(before, after) for before, after in pairs if before != after]


def id_of(raw: bytes) -> str:
    """Writes 16 bytes as a ticket's id."""
    number = int.from_bytes(raw, "big")
    digits = [ALPHABET[number >> 5 * place & 31] for place in reversed(range(ID_DIGITS))]
    return PREFIX + "".join(digits)


def raw_of(ticket_id: str) -> bytes:
    """Reads the 16 bytes of a ticket's id."""
    number = 0
    for digit in ticket_id.removeprefix(PREFIX):
        number = number << 5 | ALPHABET.index(digit)
    return number.to_bytes(RAW_BYTES, "big")


def require_used(ticket: Ticket | None, attempt: ScanAttempt) -> Ticket:
    """Explains a failed scan: returns the ticket if it was used before, and raises for any other reason.

    Raises TicketForged, TicketOtherEvent or TicketRevoked. A ticket of another organizer raises TicketOtherEvent:
    the caller learns nothing about it.
    """
    if ticket is None:
        raise TicketForged
    if (ticket.event_id, ticket.organizer_id) != (attempt.event_id, attempt.organizer_id):
        raise TicketOtherEvent
    if ticket.generation != attempt.generation or ticket.state is TicketState.REVOKED:
        raise TicketRevoked
    assert ticket.state is TicketState.USED, "a valid ticket of this event and generation lets its holder in"
    return ticket


def check_repeat(attempt: ScanAttempt, first: ScanRequest) -> None:
    """Checks that an attempt repeats the first scan with its id. Raises IdInUse if it differs or has another caller."""
    repeated = ScanRequest(
        scan_id=attempt.scan_id,
        subject_id=attempt.subject_id,
        event_id=attempt.event_id,
        ticket_id=attempt.ticket_id,
        requested_gate=attempt.requested_gate,
    )
    if repeated != first:
        raise IdInUse


def let_in(scan: Scan, time_zone: str = "") -> Ticket:
    """The ticket that has let its holder in. time_zone: the event's, empty if unknown. Raises TicketUsed if the ticket
    was used before."""
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
    if ticket.generation != generation or ticket.state is TicketState.REVOKED:
        raise TicketRevoked
    return ticket


def to_revoke(found: Sequence[Ticket], used: Mapping[str, tuple[int, str]], *, even_if_used: bool) -> list[Ticket]:
    """Those of some tickets that are not revoked yet. used: when and at which gate those have let their holders in that
    have, by ticket id. Raises TicketUsed."""
    valid = [ticket for ticket in found if ticket.state is not TicketState.REVOKED]
    for ticket in valid:
        if ticket.ticket_id in used and not even_if_used:
            used_us, gate = used[ticket.ticket_id]
            raise TicketUsed(used_at=rfc3339(used_us), gate=gate)
    return valid
