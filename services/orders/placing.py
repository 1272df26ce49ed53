"""How an order comes about: the hold, its price, the customer at the counter, then the order is written down."""

from dataclasses import replace

import grpc

from eventhub.common.v1.options_pb2 import ROLE_MANAGER, ROLE_OWNER
from eventhub.identity.v1.identity_service_pb2 import KeepCustomerRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, Hold
from eventhub.inventory.v1.inventory_service_pb2 import DescribeHoldRequest
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest
from eventhub.pricing.v1.pricing_pb2 import Quote
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteOrderRequest
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from eventhub.refusals import HoldInUse
from services.kit.db import Database
from services.kit.rpc import Call, Caller
from services.kit.values import Clock, Ids
from services.orders import convert, numbers, purchases, transactions
from services.orders.purchases import Purchase


class Placing:
    """Makes orders of holds."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, channel: grpc.aio.Channel) -> None:
        """database: orders' own. channel: to the other contexts, as orders."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._inventory = InventoryMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._identity = IdentityMeshStub(channel)

    async def place(self, request: CheckoutRequest, call: Call, content_hash: str) -> None:
        """Makes the order that a checkout asks for. Raises what OrdersService.Checkout names."""
        caller = call.caller
        describe = DescribeHoldRequest(hold_id=request.hold_id, buyer_id=caller.subject_id)
        hold = (await self._inventory.DescribeHold(describe)).hold
        if hold.state != HOLD_STATE_HELD:
            raise HoldInUse
        quote = await self._quote(request, hold, call, participant_id=participant_of(request, caller))
        order = purchase(request, caller, hold, quote, content_hash=content_hash, now_us=self._clock.now_us())
        if request.HasField("customer"):
            order = replace(order, buyer_id=await self._keep_customer(request))
            if order.coupon_id:
                await self._quote(request, hold, call, participant_id=order.buyer_id)
        await self._database.write(transactions.place_order, order, draw=self._number, now_us=self._clock.now_us())

    async def _quote(self, request: CheckoutRequest, hold: Hold, call: Call, *, participant_id: str) -> Quote:
        quantities: dict[str, int] = {}
        for place in hold.places:
            quantities[place.ticket_type_id] = quantities.get(place.ticket_type_id, 0) + 1
        asked = QuoteOrderRequest(
            event_id=hold.event_id,
            buyer_id=call.caller.subject_id,
            items=[QuoteItem(ticket_type_id=kind, quantity=quantity) for kind, quantity in quantities.items()],
            coupon_code=request.coupon_code,
            participant_id=participant_id,
            counted_by=call.counted_by,
        )
        return (await self._pricing.QuoteOrder(asked)).quote

    async def _keep_customer(self, request: CheckoutRequest) -> str:
        """The subject of the customer at the counter."""
        named = request.customer
        kept = KeepCustomerRequest(
            order_id=request.order_id, name=named.name, email=named.email, phone=named.phone, locale=named.locale
        )
        return (await self._identity.KeepCustomer(kept)).subject_id

    def _number(self) -> str:
        return numbers.drawn(self._ids.secret())


def participant_of(request: CheckoutRequest, caller: Caller) -> str:
    """Whose uses of a coupon are counted: the caller's; at the counter the customer's, not known yet, and without a
    customer the organizer's, for whom there is nothing to count by."""
    if convert.method(request) not in purchases.COUNTER:
        return caller.subject_id
    return "" if request.HasField("customer") else caller.organizer_id


def agreed_total(request: CheckoutRequest, caller: Caller, quote: Quote) -> int:
    """What a checkout costs, in minor units, if its method and expectation fit. Raises MethodNotAllowed, TotalChanged,
    CurrencyMismatch."""
    method = convert.method(request)
    total_minor = 0 if method == purchases.COMPLIMENTARY else quote.total.minor
    purchases.check_method(
        method,
        total_minor=total_minor,
        is_member=caller.is_member,
        may_give=caller.role in (ROLE_OWNER, ROLE_MANAGER),
        own_event=caller.organizer_id == quote.organizer_id,
    )
    if request.HasField("expected_total"):
        expected = request.expected_total
        purchases.check_total(
            total_minor, quote.total.currency, expected_minor=expected.minor, expected_currency=expected.currency
        )
    return total_minor


def purchase(
    request: CheckoutRequest, caller: Caller, hold: Hold, quote: Quote, *, content_hash: str, now_us: int
) -> Purchase:
    """The order that a checkout makes of a hold and its price; at the counter it is the organizer's until a customer is
    known. Refuses as agreed_total."""
    method = convert.method(request)
    gift, counter = method == purchases.COMPLIMENTARY, method in purchases.COUNTER
    total_minor = agreed_total(request, caller, quote)
    return Purchase(
        order_id=request.order_id,
        number="",
        event_id=hold.event_id,
        organizer_id=quote.organizer_id,
        buyer_id=quote.organizer_id if counter else caller.subject_id,
        session_id=caller.subject_id,
        sold_by=caller.subject_id if counter else "",
        hold_id=hold.hold_id,
        content_hash=content_hash,
        state=purchases.PENDING,
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
        pay_until_us=now_us + purchases.PAY_WITHIN_US,
        locale=request.locale or request.customer.locale or "pt-BR",
        version=1,
        tries=0,
        lines=purchases.lines_of(convert.places(hold), convert.prices(quote), gift=gift),
    )
