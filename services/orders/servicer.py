"""orders' RPCs."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.refusal import Refusal
from eventhub.refusals import OrderNotFound, OrderState
from services.kit.db import Database, Tx
from services.kit.feeds import CaughtUp, feed, resumes, watch_topic
from services.kit.language import invalid, rules
from services.kit.rpc import Call, Caller, fitting, page_of
from services.kit.values import Clock
from services.kit.work import Runner
from services.orders import check, convert, numbers, purchases, store, transactions
from services.orders.placing import Placing
from services.orders.purchases import PAID, Purchase

# A buyer waits so long at the most; what is not settled by then is settled without them.
PATIENCE_S = 6.0
LATEST = (2**62, "")
CANCELLED = "ORDER_CANCELLED"


class Orders:
    """Serves OrdersService."""

    def __init__(self, database: Database, clock: Clock, placing: Placing, cashier: Runner) -> None:
        """placing: makes orders of holds. cashier: carries orders through their saga."""
        self.database = database
        self.clock = clock
        self._placing = placing
        self._cashier = cashier
        self._identity = CaughtUp(database)

    async def Checkout(self, request: pb.CheckoutRequest, call: Call) -> pb.CheckoutResponse:
        """Makes an order and pays it."""
        check.checkout(request)
        content_hash = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
        try:
            if await self.database.read(store.find, request.order_id) is None:
                await self._placing.place(request, call, content_hash)
        except Refusal:
            # A repeat may have made the order meanwhile, of the very hold or last coupon that was missed here.
            if await self.database.read(store.find, request.order_id) is None:
                raise
        subject_id = call.caller.subject_id
        order = await self.database.read(transactions.repeated, request.order_id, subject_id, content_hash)
        order = await self._settled(order)
        return pb.CheckoutResponse(order=convert.order_pb(order), next_action=convert.next_action_pb(order))

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
        if request.number:
            return await self._numbered(request, caller)
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

    async def _numbered(self, request: pb.ListOrdersRequest, caller: Caller) -> pb.ListOrdersResponse:
        """The order of a number."""
        order = await self.database.read(numbered, numbers.read(request.number), caller)
        if order is None or request.event_id not in ("", order.event_id):
            return pb.ListOrdersResponse()
        return pb.ListOrdersResponse(orders=[convert.order_pb(order)])

    async def WatchOrder(self, request: pb.WatchOrderRequest, call: Call) -> AsyncIterator[pb.WatchOrderResponse]:
        """An order now and after each change."""
        await self._identity.wait(call.caller)
        revision = request.start_revision
        seen = 0
        if resumes(revision, await self.database.read(feed.head)):
            seen = await self.database.read(store.version_at, request.order_id, revision.position)
        async for news in watch_topic(self.database, request.order_id, call):
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


async def visible(tx: Tx, order_id: str, caller: Caller) -> Purchase:
    """An order, for its buyer or a member of its event's organizer. Raises OrderNotFound."""
    order = await store.find(tx, order_id)
    if order is None or not await is_visible(tx, order, caller):
        raise OrderNotFound
    return order


async def is_visible(tx: Tx, order: Purchase, caller: Caller) -> bool:
    """Whether a caller may see an order: its buyer, or a member of its event's organizer."""
    if caller.is_member and order.organizer_id == caller.organizer_id:
        return True
    return order.buyer_id == caller.subject_id or await store.is_theirs(tx, order.order_id, caller.subject_id)


async def numbered(tx: Tx, number: str, caller: Caller) -> Purchase | None:
    """The order of a number, if the caller may see it."""
    order = await store.find_by_number(tx, number)
    return order if order is not None and await is_visible(tx, order, caller) else None


async def visible_now(tx: Tx, order_id: str, caller: Caller) -> tuple[Purchase, Revision, int]:
    """An order, when it was so, and which version of it the history tells by then. Raises OrderNotFound."""
    order, now = await visible(tx, order_id, caller), await feed.head(tx)
    return order, now, await store.version_at(tx, order_id, now.position)
