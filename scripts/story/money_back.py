"""Chapter 9: money back. A fan gives one of three tickets back, a refund is owed and paid by hand, a card is disputed,
and the books agree with the provider's."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as catalog
from eventhub.client import EventHub, new_id
from eventhub.common.v1.money_pb2 import Money
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_ORDER_REFUNDED
from eventhub.notifications.v1.notifications_service_pb2 import ListNotificationsRequest
from eventhub.orders.v1 import orders_pb2 as order_nouns
from eventhub.orders.v1 import orders_service_pb2 as orders
from eventhub.payments.v1 import payments_pb2 as payment_nouns
from eventhub.payments.v1 import payments_service_pb2 as payments
from eventhub.pricing.v1.pricing_service_pb2 import CreateCouponRequest
from eventhub.ticketing.v1.ticketing_pb2 import TICKET_STATE_REVOKED, TICKET_STATE_VALID
from scripts.story import buyers, organizer, outage
from scripts.story.stage import Stage, hold_true, say, soon

PLACES, MINOR = 20, 6_000
COUPON = "VOLTA"


async def give(stage: Stage, bia: EventHub, ana: EventHub, leo: EventHub) -> None:
    """Plays the chapter: a samba night, from its terms to its payout."""
    event_id, type_id = await announce(bia)
    async with stage.client() as operator:
        await operator.sign_in_operator(stage.operator_key.read_text().strip())
        orders_of = [
            await give_one_back(operator, ana, event_id, type_id),
            await give_all_back(bia, leo, event_id, type_id),
            await owe(operator, bia, leo, event_id, type_id),
            await dispute(operator, leo, event_id, type_id),
        ]
        await open_the_books(operator, bia, event_id, orders_of)


async def announce(bia: EventHub) -> tuple[str, str]:
    """Publishes the night with its terms. Returns its id, and its ticket type."""
    event_id, venue_id = new_id("evt"), new_id("ven")
    venue = catalog.CreateVenueRequest(venue_id=venue_id, name="Quintal", city="Salvador", time_zone="America/Bahia")
    await bia.catalog.CreateVenue(venue)
    terms = nouns.RefundTerms(shares=[nouns.RefundShare(hours_before=7 * 24, percent=80)])
    night = catalog.CreateEventRequest(
        event_id=event_id,
        title="Noite de samba",
        kind=nouns.EVENT_KIND_SHOW,
        admission=nouns.ADMISSION_GENERAL,
        venue_id=venue_id,
        starts_local=organizer.in_days(30, 20),
        duration=Duration(seconds=4 * 3600),
        currency="BRL",
        capacity=PLACES,
        details=nouns.EventDetails(refund_terms=terms),
    )
    await bia.catalog.CreateEvent(night)
    type_id = await organizer.add_type(bia, event_id, "Inteira", nouns.TICKET_KIND_GENERAL, MINOR)
    await bia.catalog.PublishEvent(catalog.PublishEventRequest(event_id=event_id))
    say("“Noite de samba” is published: after the seven days of the law, buyers get 80 % back until a week before")
    return event_id, type_id


async def buy(hub: EventHub, event_id: str, type_id: str, quantity: int, coupon: str = "") -> order_nouns.Order:
    """Buys tickets by card."""
    paid = await buyers.pay(hub, await buyers.hold(hub, event_id, type_id, quantity=quantity), coupon=coupon)
    return paid.order


async def give_one_back(operator: EventHub, ana: EventHub, event_id: str, type_id: str) -> str:
    """One of three tickets goes back. Returns the order's id."""
    order = await buy(ana, event_id, type_id, 3)
    await buyers.tickets(ana, order.order_id)
    preview = await ana.refunds.PreviewRefund(orders.PreviewRefundRequest(order_id=order.order_id, line_ids=["2"]))
    given = await refund(ana, order.order_id, "2", amount=preview.amount)
    hold_true(
        given.state == order_nouns.ORDER_STATE_PART_REFUNDED and given.refunded.minor == MINOR,
        "Ana gives one of three tickets back, and gets R$ 60.00 with one call",
    )
    states = {ticket.line_id: ticket.state for ticket in await buyers.tickets(ana, order.order_id)}
    valid = TICKET_STATE_VALID
    hold_true(
        states == {"1": valid, "2": TICKET_STATE_REVOKED, "3": valid},
        "Its ticket lets nobody in any more, the others do",
    )
    charge = await charge_of(operator, order.order_id)
    hold_true(charge.refunded.minor == MINOR, "The provider's own book says the same")

    async def told() -> bool:
        notices = (await ana.notifications.ListNotifications(ListNotificationsRequest())).notifications
        return any(notice.kind == NOTIFICATION_KIND_ORDER_REFUNDED for notice in notices)

    await soon(told, "a message tells her of the money")
    say("A message tells her how much comes back, and when")
    return order.order_id


async def give_all_back(bia: EventHub, leo: EventHub, event_id: str, type_id: str) -> str:
    """A whole order goes back, and with it the use of a coupon. Returns the order's id."""
    now = datetime.now(UTC)
    ends = Timestamp()
    ends.FromDatetime(now + timedelta(days=5))
    coupon = CreateCouponRequest(
        coupon_id=new_id("cpn"), event_id=event_id, code=COUPON, basis_points=5_000, expires_at=ends, uses_max=1
    )
    await bia.pricing.CreateCoupon(coupon)
    first = await buy(leo, event_id, type_id, 1, COUPON)
    await buyers.tickets(leo, first.order_id)
    given = await refund(leo, first.order_id, amount=first.total)
    again = await buy(leo, event_id, type_id, 1, COUPON)
    hold_true(
        (given.state, again.total.minor) == (order_nouns.ORDER_STATE_REFUNDED, MINOR // 2),
        "Leo gives a whole order back: the only use of its coupon is free again, and he uses it once more",
    )
    return again.order_id


async def owe(operator: EventHub, bia: EventHub, leo: EventHub, event_id: str, type_id: str) -> str:
    """The provider refuses a refund; the organizer pays it by hand. Returns the order's id."""
    order = await buy(leo, event_id, type_id, 1)
    await buyers.tickets(leo, order.order_id)
    await outage.set_fault(operator, payment_nouns.SANDBOX_FAULT_REFUSE_REFUNDS)
    owed = await refund(leo, order.order_id, amount=order.total)
    await outage.set_fault(operator, payment_nouns.SANDBOX_FAULT_NONE)
    hold_true(owed.state == order_nouns.ORDER_STATE_REFUND_MANUAL, "The provider refuses a refund: the money is owed")
    listed = (await bia.refunds.ListRefunds(orders.ListRefundsRequest(owed_only=True))).refunds
    settle = orders.SettleRefundRequest(refund_id=listed[0].refund.refund_id, note="Pix em mãos")
    settled = (await bia.refunds.SettleRefund(settle)).order
    hold_true(settled.state == order_nouns.ORDER_STATE_REFUNDED, "Bia finds it in her list, and pays it by hand")
    return order.order_id


async def dispute(operator: EventHub, leo: EventHub, event_id: str, type_id: str) -> str:
    """The owner of a card disputes a payment. Returns the order's id."""
    order = await buy(leo, event_id, type_id, 1)
    await buyers.tickets(leo, order.order_id)
    await operator.sandbox.DisputeSandboxCharge(payments.DisputeSandboxChargeRequest(order_id=order.order_id))

    async def revoked() -> bool:
        now = (await leo.orders.GetOrder(orders.GetOrderRequest(order_id=order.order_id))).order
        tickets = await buyers.tickets(leo, order.order_id)
        disputed = now.state == order_nouns.ORDER_STATE_DISPUTED
        return disputed and all(ticket.state == TICKET_STATE_REVOKED for ticket in tickets)

    await soon(revoked, "the disputed order is marked, and its ticket is revoked")
    say("A card's owner disputes a payment: the order says so, and its ticket lets nobody in")
    return order.order_id


async def open_the_books(operator: EventHub, bia: EventHub, event_id: str, order_ids: list[str]) -> None:
    """The statement agrees with the provider's book, and a payout pays what is owed."""
    now = datetime.now(UTC)
    request = payments.GetStatementRequest(event_id=event_id)
    getattr(request, "from").FromDatetime(now - timedelta(days=1))
    request.to.FromDatetime(now + timedelta(days=1))
    lines = {line.method: line for line in (await bia.books.GetStatement(request)).lines}
    card = lines["sandbox"]
    charges = [await charge_of(operator, order_id) for order_id in order_ids]
    book = sum(charge.amount.minor - charge.refunded.minor for charge in charges if charge.state == "captured")
    hold_true(
        card.captured.minor - card.refunded.minor - card.disputed.minor == book,
        "The statement of the night agrees with the provider's book to the centavo",
    )
    batch = payments.CreatePayoutsRequest(batch_id=new_id("pay"))
    made = await operator.books.CreatePayouts(batch)
    again = await operator.books.CreatePayouts(payments.CreatePayoutsRequest(batch_id=new_id("pay")))
    hold_true(made.payouts and not again.payouts, "The operator pays out what is owed, once")


async def refund(hub: EventHub, order_id: str, *line_ids: str, amount: Money) -> order_nouns.Order:
    """Gives lines of an order back, or all that are left."""
    request = orders.RefundOrderRequest(refund_id=new_id("rfd"), order_id=order_id, line_ids=line_ids, amount=amount)
    return (await hub.refunds.RefundOrder(request)).order


async def charge_of(operator: EventHub, order_id: str) -> payment_nouns.SandboxCharge:
    """The charge of an order in the sandbox provider's own book."""
    request = payments.GetSandboxChargesRequest(order_id=order_id)
    (charge,) = (await operator.sandbox.GetSandboxCharges(request)).charges
    return charge
