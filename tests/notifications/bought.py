"""What was bought, as the facts of others say it."""

from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.orders.v1.orders_pb2 import PAYMENT_METHOD_CARD, Order, OrderLine, PaymentMethod
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued
from eventhub.ticketing.v1.ticketing_pb2 import Ticket

SHOW, TALK = "evt_show", "evt_talk"
ANA, RUI = "gst_ana", "gst_rui"

NUMBER = "K7Q4-93MD"


def order(
    order_id: str = "ord_1",
    *,
    buyer: str = ANA,
    locale: str = "",
    discount: int = 0,
    failure: ErrorReason.ValueType = ErrorReason.ERROR_REASON_UNSPECIFIED,
    method: PaymentMethod.ValueType = PAYMENT_METHOD_CARD,
    face: int = 10_000,
) -> Order:
    """Two seats of the show."""
    lines = [
        OrderLine(
            line_id=str(n),
            ticket_type_name="Inteira <VIP>",
            seat_label=f"A-{n}",
            face=Money(minor=face // 2, currency="BRL"),
            price=Money(minor=(face - discount) // 2, currency="BRL"),
        )
        for n in (1, 2)
    ]
    return Order(
        order_id=order_id,
        number=NUMBER,
        event_id=SHOW,
        buyer_id=buyer,
        lines=lines,
        face=Money(minor=face, currency="BRL"),
        discount=Money(minor=discount, currency="BRL"),
        total=Money(minor=face - discount, currency="BRL"),
        coupon_code="AMIGOS" if discount else "",
        method=method,
        failure=failure,
        locale=locale,
    )


def issued(
    order_id: str = "ord_1",
    *,
    holder: str = ANA,
    event_id: str = SHOW,
    count: int = 1,
    paid: bool = True,
    total: int = 10_000,
) -> TicketsIssued:
    """An order's tickets. total: what was to be paid for it."""
    tickets = [
        Ticket(ticket_id=f"tik_{event_id}_{order_id}_{n}", ticket_type_name="Inteira", seat_label=f"A-{n}", serial=n)
        for n in range(1, count + 1)
    ]
    return TicketsIssued(
        order_id=order_id,
        event_id=event_id,
        buyer_id=holder,
        tickets=tickets,
        paid=paid,
        total=Money(minor=total, currency="BRL"),
        order_number=NUMBER,
    )
