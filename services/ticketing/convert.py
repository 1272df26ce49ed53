"""ticketing's values as the contract's messages, and back."""

from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_CARD, Order
from eventhub.ticketing.v1 import ticketing_pb2 as nouns
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.rpc import Caller
from services.kit.values import Money, to_timestamp
from services.ticketing.codes import Code
from services.ticketing.tickets import Attempt, Line, Purchase, Ticket


def purchase(order: Order) -> Purchase:
    """A paid order."""
    lines = tuple(
        Line(line.line_id, line.ticket_type_id, line.ticket_type_name, line.seat_id, line.seat_label)
        for line in order.lines
    )
    return Purchase(
        order.order_id,
        order.event_id,
        order.organizer_id,
        order.buyer_id,
        order.session_id or order.buyer_id,
        order.sold_by,
        lines,
        paid=order.method == PAYMENT_METHOD_CARD and order.total.minor > 0,
        total=Money.from_pb(order.total),
        locale=order.locale,
        number=order.number,
    )


def attempt(request: pb.CheckInRequest, code: Code, caller: Caller) -> Attempt:
    """A scan. A device's gate is the device's own name."""
    return Attempt(
        request.scan_id,
        caller.subject_id,
        caller.organizer_id,
        request.event_id,
        code.ticket_id,
        code.generation,
        gate=request.gate if caller.is_member else caller.name,
        said_gate=request.gate,
    )


def ticket_pb(ticket: Ticket, *, online: bool = False) -> nouns.Ticket:
    """A ticket. online: whether its event is, which only catalog knows; facts leave it out."""
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
    )
