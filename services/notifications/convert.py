"""Makes the contract's messages of notifications' values, and payloads of other contexts' facts."""

import json
from collections.abc import Collection, Iterable

from eventhub.catalog.v1.catalog_events_pb2 import EventChanged
from eventhub.catalog.v1.catalog_pb2 import Event, TicketKind
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.inventory.v1.inventory_events_pb2 import WaitingOffered, WaitingOfferLapsed
from eventhub.notifications.v1 import notifications_pb2 as nouns
from eventhub.orders.v1.orders_events_pb2 import OrderRefundChanged
from eventhub.orders.v1.orders_pb2 import Order, OrderLine, PaymentMethod
from eventhub.payments.v1.payments_pb2 import CounterMethod
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketsIssued, TicketsReseated
from services.kit.values import from_timestamp, to_timestamp
from services.notifications import unproven
from services.notifications.changes import TOLD, Change
from services.notifications.notices import Notice
from services.notifications.texts import Event as EventValues


def notification_pb(notice: Notice) -> nouns.Notification:
    """A written notice as its reader receives it."""
    return nouns.Notification(
        notification_id=notice.notification_id,
        kind=nouns.NotificationKind.Value(f"NOTIFICATION_KIND_{notice.kind}"),
        subject=notice.subject,
        text=notice.text,
        event_id=notice.event_id,
        order_id=notice.order_id,
        created_at=to_timestamp(notice.written_us),
    )


def order_payload(order: Order, *, held_until_us: int | None = None) -> str:
    """The JSON that texts about an order are made from. held_until_us: until when the places of a failed order stay
    held for the buyer; None if they do not."""
    return json.dumps({**order_values(order), "held_until_us": held_until_us})


def order_values(order: Order) -> dict[str, object]:
    """The values of an order that texts are made from."""
    return {
        "locale": order.locale,
        "order_number": order.number,
        "method": method(order),
        "counter_method": counter_method(order),
        "currency": order.total.currency or order.face.currency,
        "lines": line_values(order.lines),
        "face_minor": order.face.minor,
        "discount_minor": order.discount.minor,
        "total_minor": order.total.minor,
        "coupon_code": order.coupon_code,
        "failure": ErrorReason.Name(order.failure).removeprefix("ERROR_REASON_") if order.failure else "",
        "pay_until_us": from_timestamp(order.pay_until) if order.HasField("pay_until") else None,
    }


def line_values(lines: Iterable[OrderLine]) -> list[dict[str, object]]:
    """The values of lines of an order that texts are made from."""
    return [{"name": line.ticket_type_name, "seat": line.seat_label, "face_minor": line.face.minor} for line in lines]


def method(order: Order) -> str:
    """How an order is paid, as the rules for unproven addresses name it, such as "CARD"."""
    return PaymentMethod.Name(order.method).removeprefix("PAYMENT_METHOD_")


def counter_method(order: Order) -> str:
    """How an order was paid at the counter, such as "CASH"; empty for other orders."""
    used = order.counter_payment.method
    return CounterMethod.Name(used).removeprefix("COUNTER_METHOD_") if used else ""


def tickets_payload(issued: TicketsIssued) -> str:
    """The JSON that texts about tickets are made from: those of their order, and the tickets."""
    tickets = [
        {
            "ticket_id": ticket.ticket_id,
            "type_id": ticket.ticket_type_id,
            "name": ticket.ticket_type_name,
            "seat": ticket.seat_label,
            "serial": ticket.serial,
        }
        for ticket in issued.tickets
    ]
    return json.dumps({**order_values(issued.order), "tickets": tickets})


def moves_payload(reseated: TicketsReseated) -> str | None:
    """The JSON that texts about other seats are made from; None if no seat has another name, so that the reader need
    not be told."""
    moves = [
        {
            "name": one.ticket.ticket_type_name,
            "serial": one.ticket.serial,
            "old": one.old_seat_label,
            "new": one.ticket.seat_label,
        }
        for one in reseated.tickets
        if one.old_seat_label != one.ticket.seat_label
    ]
    return json.dumps({**order_values(reseated.order), "moves": moves}) if moves else None


def refund_payload(message: OrderRefundChanged) -> str:
    """The JSON that texts about a refund are made from: the lines that were given back, in the place of all lines. The
    organizer's reason is left out, because it is in an organizer's own words and may name people."""
    refund = message.refund
    given = [line for line in message.order.lines if line.line_id in refund.line_ids]
    values = {**order_values(message.order), "lines": line_values(given)}
    return json.dumps({**values, "amount_minor": refund.amount.minor, "kept_minor": refund.kept.minor})


def with_seats(payload: str, reseated: TicketsReseated) -> str:
    """The payload of an earlier notice of an order, with the seats that the order has by now."""
    values = json.loads(payload)
    seats = {one.ticket.ticket_id: one.ticket.seat_label for one in reseated.tickets}
    for ticket in values.get("tickets", ()):
        ticket["seat"] = seats.get(ticket["ticket_id"], ticket["seat"])
    return json.dumps({**values, "lines": order_values(reseated.order)["lines"]})


def without_tickets(payload: str, serials: Collection[int]) -> str:
    """The payload of an earlier notice of an order's tickets, without some of them. serials: of these."""
    values = json.loads(payload)
    left = [ticket for ticket in values["tickets"] if ticket["serial"] not in serials]
    return json.dumps({**values, "tickets": left})


def counts_as_paid(order: Order) -> bool:
    """Whether an order counts as paid for mail to unproven addresses."""
    return unproven.counts_as_paid(method(order), order.total.minor, order.total.currency)


def event_values(event: Event) -> EventValues:
    """An event as texts use it, and its organizer. types: the names of its ticket types by their ids. half_price: the
    ids of ticket types that ask for a document."""
    place = ", ".join(filter(None, (event.venue.name, event.venue.address, event.venue.city)))
    return {
        "title": event.title,
        "place": place,
        "starts_local": event.starts_local,
        "time_zone": event.time_zone,
        "organizer_id": event.organizer_id,
        "organizer": event.organizer.name,
        "types": {kind.ticket_type_id: kind.name for kind in event.ticket_types},
        "half_price": [
            kind.ticket_type_id for kind in event.ticket_types if kind.kind == TicketKind.TICKET_KIND_HALF_PRICE
        ],
    }


def offer_payload(message: WaitingOffered | WaitingOfferLapsed) -> str:
    """The JSON that texts about an offer to a person on a waiting list are made from."""
    until_us = from_timestamp(message.expires_at) if isinstance(message, WaitingOffered) else None
    return json.dumps({"type_id": message.ticket_type_id, "quantity": message.quantity, "until_us": until_us})


def change(told: EventChanged, *, at_us: int) -> Change:
    """A change of an event, without the fields that ticket holders are not told of."""
    event = told.event
    changes = {one.field: (one.old_value, one.new_value) for one in told.changes if one.field in TOLD}
    return Change(
        change_id=f"{event.event_id}@{event.version}",
        event_id=event.event_id,
        version=event.version,
        payload=json.dumps({"event": event_values(event), "changes": changes}),
        at_us=at_us,
    )
