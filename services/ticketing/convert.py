"""Converts ticketing's values to the contract's messages, and messages to values."""

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.orders.v1 import orders_pb2
from eventhub.ticketing.v1 import ticketing_pb2 as nouns
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.rpc import Caller
from services.kit.values import to_timestamp
from services.ticketing.codes import Code
from services.ticketing.reprint_store import Reprint
from services.ticketing.tickets import Admissions, Order, OrderLine, ScanAttempt, Ticket


def order(message: orders_pb2.Order) -> Order:
    """A paid order, as ticketing needs it."""
    lines = tuple(
        OrderLine(
            line_id=line.line_id,
            ticket_type_id=line.ticket_type_id,
            ticket_type_name=line.ticket_type_name,
            seat_id=line.seat_id,
            seat_label=line.seat_label,
        )
        for line in message.lines
    )
    return Order(
        order_id=message.order_id,
        event_id=message.event_id,
        organizer_id=message.organizer_id,
        buyer_id=message.buyer_id,
        session_id=message.session_id or message.buyer_id,
        sold_by=message.sold_by,
        lines=lines,
    )


def scan_attempt(request: pb.CheckInRequest, code: Code, caller: Caller) -> ScanAttempt:
    """A scan. A member names the gate; a device's gate is the device's own name."""
    return ScanAttempt(
        scan_id=request.scan_id,
        subject_id=caller.subject_id,
        organizer_id=caller.organizer_id,
        event_id=request.event_id,
        ticket_id=code.ticket_id,
        generation=code.generation,
        gate=request.gate if caller.is_member else caller.name,
        requested_gate=request.gate,
    )


def ticket_pb(ticket: Ticket, *, online: bool = False) -> nouns.Ticket:
    """A ticket. online: the event is held online; only catalog knows, so facts leave it out."""
    return nouns.Ticket(
        ticket_id=ticket.ticket_id,
        order_id=ticket.order_id,
        line_id=ticket.line_id,
        event_id=ticket.event_id,
        ticket_type_id=ticket.ticket_type_id,
        ticket_type_name=ticket.ticket_type_name,
        seat_id=ticket.seat_id,
        seat_label=ticket.seat_label,
        buyer_id=ticket.buyer_id,
        state=nouns.TicketState.Value(f"TICKET_STATE_{ticket.state}"),
        serial=ticket.serial,
        issued_at=to_timestamp(ticket.issued_us),
        used_at=to_timestamp(ticket.used_us),
        used_at_gate=ticket.used_at_gate,
        online=online,
        reprints=ticket.reprints,
    )


def reseated_pb(before: Ticket, after: Ticket) -> nouns.ReseatedTicket:
    """A ticket whose seat is another one."""
    return nouns.ReseatedTicket(ticket=ticket_pb(after), old_seat_label=before.seat_label)


def reprint_pb(reprint: Reprint) -> nouns.Reprint:
    """The record of a reprint."""
    return nouns.Reprint(
        reprint_id=reprint.reprint_id,
        order_id=reprint.order_id,
        member_id=reprint.member_id,
        printed_at=to_timestamp(reprint.at_us),
        tickets=reprint.tickets,
    )


def admissions_pb(
    counts: Admissions, revision: Revision, ticket: nouns.Ticket | None = None
) -> pb.WatchAdmissionsResponse:
    """An event's counts. ticket: the one whose use changed them, if there is one."""
    return pb.WatchAdmissionsResponse(
        issued=counts.issued, used=counts.used, passes_used=counts.passes_used, ticket=ticket, revision=revision
    )
