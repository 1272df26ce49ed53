"""orders' RPCs."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import grpc

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.common.v1.options_pb2 import ROLE_MANAGER, ROLE_OWNER
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, Hold
from eventhub.inventory.v1.inventory_service_pb2 import DescribeHoldRequest
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.pricing.v1.pricing_pb2 import Quote
from eventhub.pricing.v1.pricing_service_pb2 import QuoteItem, QuoteOrderRequest
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from eventhub.refusal import Refusal
from eventhub.refusals import HoldInUse, OrderNotFound, OrderState
from services.kit import feed, rules
from services.kit.call import Call, Caller
from services.kit.caught_up import CaughtUp
from services.kit.clock import Clock
from services.kit.db import Database, Tx
from services.kit.pages import fitting, page_of
from services.kit.rules import invalid
from services.kit.runner import Runner
from services.kit.watch import beats, resumes
from services.orders import check, convert, purchases, store, transactions
from services.orders.purchases import PAID, Purchase

# A buyer waits so long at the most; what is not settled by then is settled without them.
PATIENCE_S = 6.0
LATEST = (2**62, "")
CANCELLED = "ORDER_CANCELLED"


class Orders:
    """Serves OrdersService."""

    def __init__(self, database: Database, clock: Clock, channel: grpc.aio.Channel, cashier: Runner) -> None:
        """channel: to the other contexts, as orders. cashier: carries orders through their saga."""
        self.database = database
        self.clock = clock
        self._inventory = InventoryMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._cashier = cashier
        self._identity = CaughtUp(database)

    async def Checkout(self, request: pb.CheckoutRequest, call: Call) -> pb.CheckoutResponse:
        """Makes an order and pays it."""
        check.checkout(request)
        content_hash = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
        try:
            if await self.database.read(store.find, request.order_id) is None:
                await self._place(request, call.caller, content_hash)
        except Refusal:
            # A repeat may have made the order meanwhile, of the very hold or last coupon that was missed here.
            if await self.database.read(store.find, request.order_id) is None:
                raise
        subject_id = call.caller.subject_id
        order = await self.database.read(transactions.repeated, request.order_id, subject_id, content_hash)
        order = await self._settled(order)
        return pb.CheckoutResponse(order=convert.order_pb(order), next_action=convert.next_action_pb(order))

    async def _place(self, request: pb.CheckoutRequest, caller: Caller, content_hash: str) -> None:
        describe = DescribeHoldRequest(hold_id=request.hold_id, owner_id=caller.subject_id)
        hold = (await self._inventory.DescribeHold(describe)).hold
        if hold.state != HOLD_STATE_HELD:
            raise HoldInUse
        quote = await self._quote(hold, caller.subject_id, request.coupon_code)
        order = purchase(request, caller, hold, quote, content_hash=content_hash, now_us=self.clock.now_us())
        await self.database.write(transactions.place_order, order, now_us=self.clock.now_us())

    async def _quote(self, hold: Hold, buyer_id: str, coupon_code: str) -> Quote:
        quantities: dict[str, int] = {}
        for place in hold.places:
            quantities[place.ticket_type_id] = quantities.get(place.ticket_type_id, 0) + 1
        items = [QuoteItem(ticket_type_id=kind, quantity=quantity) for kind, quantity in quantities.items()]
        request = QuoteOrderRequest(event_id=hold.event_id, buyer_id=buyer_id, items=items, coupon_code=coupon_code)
        return (await self._pricing.QuoteOrder(request)).quote

    async def _settled(self, order: Purchase) -> Purchase:
        """The order once it is settled or has to wait, at most PATIENCE_S from now."""
        if not order.settled:
            await asyncio.wait({self._cashier.start(order.order_id)}, timeout=PATIENCE_S)
            order = await self.database.read(transactions.existing, order.order_id)
        if order.state == purchases.PENDING:
            order = await self.database.write(transactions.mark_pending, order.order_id, now_us=self.clock.now_us())
        return order

    async def GetOrder(self, request: pb.GetOrderRequest, call: Call) -> pb.GetOrderResponse:
        """One order."""
        await self._identity.wait(call.caller)
        order = await self.database.read(visible, request.order_id, call.caller)
        return pb.GetOrderResponse(order=convert.order_pb(order))

    async def ListOrders(self, request: pb.ListOrdersRequest, call: Call) -> pb.ListOrdersResponse:
        """The caller's orders."""
        caller = call.caller
        await self._identity.wait(caller)
        page = page_of(request, request.page, caller=caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        if caller.is_member:
            if not request.event_id:
                raise invalid("event_id", "required", *rules.GIVEN)
            orders = await self.database.read(
                store.page_of_event, caller.organizer_id, request.event_id, before, page.size
            )
        else:
            orders = await self.database.read(
                store.page_of_buyer, caller.subject_id, request.event_id, before, page.size
            )
        shown = fitting([convert.order_pb(order) for order in orders])
        last = (orders[len(shown) - 1].created_us, orders[len(shown) - 1].order_id) if shown else ()
        return pb.ListOrdersResponse(
            orders=shown, next_page_token=page.token(orders, last, cut=len(shown) < len(orders))
        )

    async def WatchOrder(self, request: pb.WatchOrderRequest, call: Call) -> AsyncIterator[pb.WatchOrderResponse]:
        """An order now and after each change."""
        await self._identity.wait(call.caller)
        revision = request.start_revision
        seen = 0
        if resumes(revision, await self.database.read(feed.head)):
            seen = await self.database.read(store.version_at, request.order_id, revision.position)
        async for news in beats(self.database, request.order_id, call):
            order, revision, told = await self.database.read(visible_now, request.order_id, call.caller)
            if told < order.version:
                continue  # the revision does not say yet what the order shows; the next beat comes when it does
            if order.version > seen:
                seen = order.version
                yield pb.WatchOrderResponse(order=convert.order_pb(order), revision=revision)
            elif not news:
                yield pb.WatchOrderResponse(revision=revision)
            if order.settled:
                return

    async def CancelOrder(self, request: pb.CancelOrderRequest, call: Call) -> pb.CancelOrderResponse:
        """Gives up an order that waits for its payment."""
        await self._identity.wait(call.caller)
        order = await self.database.write(transactions.cancel, request.order_id, call.caller.subject_id, CANCELLED)
        if order.state == PAID:
            raise OrderState(state=order.state)
        if not order.settled:
            await asyncio.wait({self._cashier.start(order.order_id)}, timeout=PATIENCE_S)
        order = await self.database.read(visible, request.order_id, call.caller)
        return pb.CancelOrderResponse(order=convert.order_pb(order))


class Mesh:
    """Serves OrdersMesh."""

    def __init__(self, database: Database) -> None:
        """database: orders' own."""
        self.database = database

    async def FindBuyers(self, request: pb.FindBuyersRequest, call: Call) -> pb.FindBuyersResponse:
        """Who of some subjects has made an order."""
        return pb.FindBuyersResponse(subject_ids=await self.database.read(store.buyers, request.subject_ids))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        """Orders' facts."""
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


def agreed_total(request: pb.CheckoutRequest, caller: Caller, quote: Quote) -> int:
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
    request: pb.CheckoutRequest, caller: Caller, hold: Hold, quote: Quote, *, content_hash: str, now_us: int
) -> Purchase:
    """The order that a checkout makes of a hold and its price. Refuses as agreed_total."""
    method = convert.method(request)
    gift = method == purchases.COMPLIMENTARY
    total_minor = agreed_total(request, caller, quote)
    return Purchase(
        order_id=request.order_id,
        event_id=hold.event_id,
        organizer_id=quote.organizer_id,
        buyer_id=caller.subject_id,
        held_by=caller.subject_id,
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
        locale=request.locale or "pt-BR",
        version=1,
        tries=0,
        lines=purchases.lines_of(convert.places(hold), convert.prices(quote), gift=gift),
    )


async def visible(tx: Tx, order_id: str, caller: Caller) -> Purchase:
    """An order, for its buyer or a member of its event's organizer. Raises OrderNotFound."""
    order = await store.find(tx, order_id)
    if order is None:
        raise OrderNotFound
    theirs = order.organizer_id == caller.organizer_id if caller.is_member else False
    theirs = theirs or order.buyer_id == caller.subject_id
    if not theirs and not await store.is_theirs(tx, order_id, caller.subject_id):
        raise OrderNotFound
    return order


async def visible_now(tx: Tx, order_id: str, caller: Caller) -> tuple[Purchase, Revision, int]:
    """An order, when it was so, and which version of it the history tells by then. Raises OrderNotFound."""
    order, now = await visible(tx, order_id, caller), await feed.head(tx)
    return order, now, await store.version_at(tx, order_id, now.position)
