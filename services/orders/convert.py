"""orders' values as the contract's messages, and back."""

from eventhub.common.v1.error_reason_pb2 import ERROR_REASON_UNSPECIFIED, ErrorReason
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.inventory.v1.inventory_pb2 import Hold
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, SellAtBoxOfficeRequest
from eventhub.payments.v1 import payments_pb2
from eventhub.pricing.v1.pricing_pb2 import Quote
from services.kit.values import to_timestamp
from services.orders.counter import CounterPayment
from services.orders.orders import HeldPlace, MovedPlaces, Order, OrderLine, OrderState, PaymentMethod, TypePrice
from services.orders.refunds.convert import refund_pb
from services.orders.refunds.refund import lines_given
from services.orders.saga import PaymentState


def method(request: CheckoutRequest) -> PaymentMethod:
    """The payment method of a checkout."""
    named = request.WhichOneof("method")
    assert named is not None, "the contract requires one"
    return PaymentMethod(named.upper())


def checkout_of(request: SellAtBoxOfficeRequest, hold_id: str) -> CheckoutRequest:
    """The checkout of a sale at the counter, with the hold that was taken for it."""
    return CheckoutRequest(
        order_id=request.order_id,
        hold_id=hold_id,
        coupon_code=request.coupon_code,
        expected_total=request.expected_total if request.HasField("expected_total") else None,
        box_office=request.payment,
        customer=request.customer if request.HasField("customer") else None,
        locale=request.locale,
    )


def counter_payment(paid: CheckoutRequest.BoxOffice) -> CounterPayment:
    """How the customer pays at the counter."""
    named = paid.WhichOneof("payment")
    assert named is not None, "the contract requires one"
    received = paid.cash.received if paid.cash.HasField("received") else None
    return CounterPayment(
        method=named.upper(),
        reference=paid.card_terminal.reference or paid.voucher.reference,
        received_minor=received.minor if received else None,
        currency=received.currency if received else "",
    )


def counter_method(order: Order) -> payments_pb2.CounterMethod.ValueType:
    """How the customer of an order pays at the counter."""
    return payments_pb2.CounterMethod.Value(f"COUNTER_METHOD_{order.counter_method}")


def counter_payment_pb(order: Order) -> nouns.CounterPayment | None:
    """The payment of an order at the counter; None for other orders."""
    if not order.till_id:
        return None
    paid = nouns.CounterPayment(method=counter_method(order), till_id=order.till_id, reference=order.counter_reference)
    if order.received_minor is not None:
        paid.received.minor, paid.received.currency = order.received_minor, order.currency
        paid.change.minor, paid.change.currency = order.received_minor - order.total_minor, order.currency
    return paid


def payment_state(payment: payments_pb2.Payment) -> PaymentState:
    """The state of a payment."""
    return PaymentState(payments_pb2.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_"))


def places(hold: Hold | PlacesMoved) -> list[HeldPlace]:
    """The places of a hold."""
    return [
        HeldPlace(place.ticket_type_id, place.seat_id, place.seat_label or place.area_name, place.lot_id)
        for place in hold.places
    ]


def moved_places(hold: Hold | PlacesMoved) -> MovedPlaces:
    """The places of a hold, with the number of their moves."""
    return MovedPlaces(hold.places_revision, tuple(places(hold)))


def prices(quote: Quote) -> dict[tuple[str, str], TypePrice]:
    """The prices of a quote, by ticket type id and lot id."""
    return {
        (line.ticket_type_id, line.lot_id): TypePrice(
            ", ".join(filter(None, (line.ticket_type_name, line.lot_name))),
            tuple(face.minor for face in line.unit_faces) or (line.unit_face.minor,) * line.quantity,
            tuple(price.minor for price in line.unit_prices),
        )
        for line in quote.lines
    }


def line_pb(n: int, line: OrderLine, currency: str, refund_id: str) -> nouns.OrderLine:
    """The n-th line of an order, from 1. refund_id: the refund that gives it back; empty if none does."""
    return nouns.OrderLine(
        line_id=str(n),
        ticket_type_id=line.ticket_type_id,
        ticket_type_name=line.ticket_type_name,
        seat_id=line.seat_id,
        seat_label=line.seat_label,
        face=Money(minor=line.face_minor, currency=currency),
        price=Money(minor=line.price_minor, currency=currency),
        refund_id=refund_id,
    )


def order_pb(order: Order) -> nouns.Order:
    """An order with its lines."""

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=order.currency)

    given = lines_given(order.refunds) if order.refunds else {}
    lines = [line_pb(n, line, order.currency, given.get(str(n), "")) for n, line in enumerate(order.lines, start=1)]
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
        counter_payment=counter_payment_pb(order),
        refunded=money(order.refunded_minor) if order.refunded_minor else None,
        refunds=[refund_pb(refund, order.currency) for refund in order.refunds],
        disputed_at=to_timestamp(order.disputed_us) if order.state == OrderState.DISPUTED else None,
    )


def next_action_pb(order: Order) -> nouns.NextAction | None:
    """The next action of the buyer; None if the buyer has nothing to do."""
    if order.state != OrderState.PAYMENT_PENDING:
        return None
    return nouns.NextAction(wait=nouns.WaitForPayment(until=to_timestamp(order.pay_until_us)))
