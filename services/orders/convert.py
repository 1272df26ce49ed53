"""orders' values as the contract's messages, and back."""

from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_UNSPECIFIED, ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1.inventory_pb2 import Hold
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.payments.v1 import payments_pb2
from eventhub.pricing.v1.pricing_pb2 import Quote
from services.kit.values import to_timestamp
from services.orders.orders import HeldPlace, Order, OrderLine, OrderState, PaymentMethod, TypePrice
from services.orders.saga import PaymentState


def method(request: CheckoutRequest) -> PaymentMethod:
    """The payment method of a checkout."""
    named = request.WhichOneof("method")
    assert named is not None, "the contract requires one"
    return PaymentMethod(named.upper())


def payment_state(payment: payments_pb2.Payment) -> PaymentState:
    """The state of a payment."""
    return PaymentState(payments_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_"))


def places(hold: Hold) -> list[HeldPlace]:
    """The places of a hold."""
    return [HeldPlace(place.ticket_type_id, place.seat_id, place.seat_label, place.lot_id) for place in hold.places]


def prices(quote: Quote) -> dict[tuple[str, str], TypePrice]:
    """The prices of a quote, by ticket type id and lot id."""
    return {
        (line.ticket_type_id, line.lot_id): TypePrice(
            ", ".join(filter(None, (line.ticket_type_name, line.lot_name))),
            line.unit_face.minor,
            tuple(price.minor for price in line.unit_prices),
        )
        for line in quote.lines
    }


def line_pb(n: int, line: OrderLine, currency: str) -> nouns.OrderLine:
    """The n-th line of an order, from 1."""
    return nouns.OrderLine(
        line_id=str(n),
        ticket_type_id=line.ticket_type_id,
        ticket_type_name=line.ticket_type_name,
        seat_id=line.seat_id,
        seat_label=line.seat_label,
        face=Money(minor=line.face_minor, currency=currency),
        price=Money(minor=line.price_minor, currency=currency),
    )


def order_pb(order: Order) -> nouns.Order:
    """An order with its lines."""

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=order.currency)

    lines = [line_pb(n, line, order.currency) for n, line in enumerate(order.lines, start=1)]
    return nouns.Order(
        order_id=order.order_id,
        event_id=order.event_id,
        organizer_id=order.organizer_id,
        buyer_id=order.buyer_id,
        hold_id=order.hold_id,
        state=nouns.OrderState.Value(f"ORDER_STATE_{order.state}"),
        method=nouns.PaymentMethod.Value(f"PAYMENT_METHOD_{order.method}"),
        lines=lines,
        face=money(order.face_minor),
        discount=money(order.discount_minor),
        total=money(order.total_minor),
        coupon_id=order.coupon_id,
        coupon_code=order.coupon_code,
        failure=ErrorReason.Value(f"ERROR_REASON_{order.giving_up}")
        if order.state == OrderState.FAILED
        else ERROR_REASON_UNSPECIFIED,
        created_at=to_timestamp(order.created_us),
        paid_at=to_timestamp(order.paid_us),
        pay_until=to_timestamp(order.pay_until_us) if order.state == OrderState.PAYMENT_PENDING else None,
        version=order.version,
        locale=order.locale,
        number=order.number,
        sold_by=order.sold_by,
        session_id="" if order.sold_by else order.session_id,
    )


def next_action_pb(order: Order) -> nouns.NextAction | None:
    """The next action of the buyer; None if the buyer has nothing to do."""
    if order.state != OrderState.PAYMENT_PENDING:
        return None
    return nouns.NextAction(wait=nouns.WaitForPayment(until=to_timestamp(order.pay_until_us)))
