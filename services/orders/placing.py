"""Making an order: read the hold and its price, store the customer at the counter, then write the order."""

from dataclasses import replace

from eventhub.common.v1.options_pb2 import ROLE_MANAGER, ROLE_OWNER
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, Hold
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.pricing.v1.pricing_pb2 import Quote
from eventhub.refusals import HoldInUse
from services.kit.db import Database
from services.kit.rpc import Call, Caller
from services.kit.values import Clock, Ids
from services.orders import convert, counter, numbers, orders, transactions
from services.orders.counter import OpenTill
from services.orders.neighbours import CheckoutQuestions
from services.orders.orders import COUNTER, PAY_WITHIN_US, Order, OrderState, PaymentMethod


class Placing:
    """Makes orders of holds."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, questions: CheckoutQuestions) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ask = questions

    async def place(self, request: CheckoutRequest, call: Call, content_hash: str) -> Order:
        """Makes the order of a checkout; a repeat gets the order as it is now. Raises the refusals that
        OrdersService.Checkout names."""
        hold = await self._ask.hold(request.hold_id, call.caller.subject_id)
        if hold.state != HOLD_STATE_HELD:
            raise HoldInUse
        return await self.order_of(request, hold, call, content_hash)

    async def order_of(
        self, request: CheckoutRequest, hold: Hold, call: Call, content_hash: str, till: OpenTill | None = None
    ) -> Order:
        """Makes the order of a hold, as place does. till: the clerk's, if the hold was taken for this order alone."""
        caller = call.caller
        quote = await self._ask.quote(request, hold, call, participant_id=participant_of(request, caller))
        order = new_order(request, caller, hold, quote, content_hash=content_hash, now_us=self._clock.now_us())
        if order.method == PaymentMethod.BOX_OFFICE:
            paid = convert.counter_payment(request.box_office)
            order = counter.paid_into(order, till or await self._ask.open_till(caller, hold.event_id), paid)
            order = replace(order, one_sale=till is not None)
        if request.HasField("customer"):
            order = replace(order, buyer_id=await self._ask.keep_customer(request))
            if order.coupon_id:
                await self._ask.quote(request, hold, call, participant_id=order.buyer_id)
        if hold.person_limit and not order.unnamed:
            await self._ask.check_person(hold, order)
        now_us = self._clock.now_us()
        return await self._database.write(transactions.place_order, order, draw=self._number, now_us=now_us)

    def _number(self) -> str:
        return numbers.drawn(self._ids.secret())


def participant_of(request: CheckoutRequest, caller: Caller) -> str:
    """The subject whose uses of a coupon are counted: the caller. At the counter it is the customer, whose subject is
    not known yet (empty), or without a customer the organizer, for whom pricing counts nothing."""
    if convert.method(request) not in COUNTER:
        return caller.subject_id
    return "" if request.HasField("customer") else caller.organizer_id


def agreed_total(request: CheckoutRequest, caller: Caller, quote: Quote) -> int:
    """The total of a checkout in minor units. Raises MethodNotAllowed, TotalChanged, CurrencyMismatch."""
    method = convert.method(request)
    total_minor = 0 if method == PaymentMethod.COMPLIMENTARY else quote.total.minor
    orders.check_method(
        method,
        total_minor=total_minor,
        is_member=caller.is_member,
        may_give=caller.role in (ROLE_OWNER, ROLE_MANAGER),
        own_event=caller.organizer_id == quote.organizer_id,
    )
    if request.HasField("expected_total"):
        expected = request.expected_total
        orders.check_total(
            total_minor, quote.total.currency, expected_minor=expected.minor, expected_currency=expected.currency
        )
    return total_minor


def new_order(
    request: CheckoutRequest, caller: Caller, hold: Hold, quote: Quote, *, content_hash: str, now_us: int
) -> Order:
    """The order that a checkout makes of a hold and its price. At the counter it belongs to the organizer until a
    customer is known. Raises as agreed_total."""
    method = convert.method(request)
    gift, by_member = method == PaymentMethod.COMPLIMENTARY, method in COUNTER
    total_minor = agreed_total(request, caller, quote)
    return Order(
        order_id=request.order_id,
        number="",
        event_id=hold.event_id,
        organizer_id=quote.organizer_id,
        buyer_id=quote.organizer_id if by_member else caller.subject_id,
        session_id=caller.subject_id,
        sold_by=caller.subject_id if by_member else "",
        hold_id=hold.hold_id,
        content_hash=content_hash,
        state=OrderState.PENDING,
        method=method,
        card_token=request.card.token,
        face_minor=quote.face.minor,
        discount_minor=quote.face.minor - total_minor,
        total_minor=total_minor,
        currency=quote.total.currency,
        coupon_id="" if gift else quote.coupon_id,
        coupon_code="" if gift else request.coupon_code.upper(),
        gift_reason=request.complimentary.reason,
        giving_up="",
        created_us=now_us,
        paid_us=None,
        pay_until_us=now_us + PAY_WITHIN_US,
        locale=request.locale or request.customer.locale or "pt-BR",
        version=1,
        tries=0,
        places_revision=hold.places_revision,
        lines=orders.lines_of(convert.places(hold), convert.prices(quote), gift=gift),
    )
