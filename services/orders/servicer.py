"""orders' RPCs for buyers, clerks and organizers."""

import asyncio
from collections.abc import AsyncIterator

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, ROLE_MANAGER, ROLE_OWNER
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.refusal import Refusal
from services.kit.db import Database
from services.kit.feeds import CaughtUp, feed, resumes, watch_topic
from services.kit.language import invalid, rules
from services.kit.rpc import Call, Caller, Page, fitting, page_of
from services.kit.values import Clock, fingerprint
from services.kit.work import Runner
from services.orders import check, convert, numbers, store, transactions, watching
from services.orders.customers import CustomerSearch, Wanted
from services.orders.orders import Order, OrderState
from services.orders.placing import Placing
from services.orders.selling import Selling
from services.orders.store import SortKey

# How long a call waits for the saga, in seconds. After that the order goes on without the caller.
PATIENCE_S = 6.0
# Before the first order of a list: later than all orders.
LATEST = (2**62, "")
# The roles that sell at the counter.
SELLERS = frozenset({ROLE_OWNER, ROLE_MANAGER, ROLE_BOX_OFFICE})
CANCELLED = "ORDER_CANCELLED"


class OrdersService:
    """Serves the contract's OrdersService."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        placing: Placing,
        selling: Selling,
        customers: CustomerSearch,
        saga: Runner[Order],
    ) -> None:
        """database: orders' own.
        placing: makes orders of holds.
        selling: makes those of sales at the counter.
        customers: finds orders by their customer.
        saga: takes orders through their saga.
        """
        self.database = database
        self.clock = clock
        self._placing = placing
        self._selling = selling
        self._customers = customers
        self._saga = saga
        self._identity = CaughtUp(database)

    async def Checkout(self, request: pb.CheckoutRequest, call: Call) -> pb.CheckoutResponse:
        check.checkout(request)
        order = await self._advanced(await self._placed(request, call))
        return pb.CheckoutResponse(order=convert.order_pb(order), next_action=convert.next_action_pb(order))

    async def _placed(self, request: pb.CheckoutRequest, call: Call) -> Order:
        """The order of a checkout: a new one, or the one that an earlier try of the call has made."""
        content_hash = fingerprint(request)
        try:
            return await self._placing.place(request, call, content_hash)
        except Refusal:
            # An earlier try may have made the order, and may be the reason why its hold is in use.
            if await self.database.read(store.find, request.order_id) is None:
                raise
        return await self.database.read(transactions.repeated, request.order_id, call.caller.subject_id, content_hash)

    async def SellAtBoxOffice(self, request: pb.SellAtBoxOfficeRequest, call: Call) -> pb.SellAtBoxOfficeResponse:
        order = await self._advanced(await self._sold(request, call))
        return pb.SellAtBoxOfficeResponse(order=convert.order_pb(order))

    async def _sold(self, request: pb.SellAtBoxOfficeRequest, call: Call) -> Order:
        """The order of a sale: a new one, or the one that an earlier try of the call has made."""
        content_hash = fingerprint(request)
        if await self.database.read(store.find, request.order_id) is None:
            try:
                return await self._selling.sell(request, call, content_hash)
            except Refusal:
                if await self.database.read(store.find, request.order_id) is None:
                    raise
        return await self.database.read(transactions.repeated, request.order_id, call.caller.subject_id, content_hash)

    async def _advanced(self, order: Order) -> Order:
        """The order after its saga has ended or has to wait, or after PATIENCE_S; no longer PENDING."""
        if order.awaits_provider:
            order = await self._after_saga(order)
        if order.state == OrderState.PENDING:
            order = await self.database.write(transactions.mark_pending, order.order_id, now_us=self.clock.now_us())
        return order

    async def _after_saga(self, order: Order) -> Order:
        """The order after its saga has ended or has to wait, or after PATIENCE_S. order: as it has just been read."""
        task = self._saga.start(order.order_id, order)
        await asyncio.wait({task}, timeout=PATIENCE_S)
        if task.done() and not task.cancelled() and (ended := task.result()) is not None:
            return ended
        return await self.database.read(transactions.existing, order.order_id)

    async def GetOrder(self, request: pb.GetOrderRequest, call: Call) -> pb.GetOrderResponse:
        await self._identity.wait(call.caller)
        order = await self.database.read(transactions.visible, request.order_id, call.caller)
        return pb.GetOrderResponse(order=convert.order_pb(order))

    async def ListOrders(self, request: pb.ListOrdersRequest, call: Call) -> pb.ListOrdersResponse:
        caller = call.caller
        await self._identity.wait(caller)
        if request.number:
            return await self._numbered(request, caller)
        page = page_of(request, request.page, caller=caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        if request.customer:
            return await self._of_customer(request, caller, page, before)
        if caller.is_member:
            if not request.event_id:
                raise invalid("event_id", "required", *rules.GIVEN)
            found = await self.database.read(
                store.page_of_event, caller.organizer_id, request.event_id, before, page.size
            )
        else:
            found = await self.database.read(
                store.page_of_buyer, caller.subject_id, request.event_id, before, page.size
            )
        shown = fitting([convert.order_pb(order) for order in found])
        last = (found[len(shown) - 1].created_us, found[len(shown) - 1].order_id) if shown else ()
        return pb.ListOrdersResponse(orders=shown, next_page_token=page.token(found, last, cut=len(shown) < len(found)))

    async def _numbered(self, request: pb.ListOrdersRequest, caller: Caller) -> pb.ListOrdersResponse:
        """The order with a number, as a list."""
        order = await self.database.read(transactions.numbered, numbers.read(request.number), caller)
        if order is None or request.event_id not in ("", order.event_id):
            return pb.ListOrdersResponse()
        return pb.ListOrdersResponse(orders=[convert.order_pb(order)])

    async def _of_customer(
        self, request: pb.ListOrdersRequest, caller: Caller, page: Page, before: SortKey
    ) -> pb.ListOrdersResponse:
        """The orders of a customer of an event, for those who sell it."""
        check.find_customer(request, may_sell=caller.is_member and caller.role in SELLERS)
        wanted = Wanted(organizer_id=caller.organizer_id, event_id=request.event_id, text=request.customer)
        found = await self._customers.page(wanted, before, page.size)
        shown = fitting([convert.order_pb(order) for order in found.orders])
        last = found.last
        if len(shown) < len(found.orders):
            cut = found.orders[len(shown) - 1]
            last = (cut.created_us, cut.order_id)
        return pb.ListOrdersResponse(orders=shown, next_page_token=page.token(shown, last, cut=True) if last else "")

    async def WatchOrder(self, request: pb.WatchOrderRequest, call: Call) -> AsyncIterator[pb.WatchOrderResponse]:
        await self._identity.wait(call.caller)
        revision = request.start_revision
        seen = 0
        if resumes(revision, await self.database.read(feed.head)):
            seen = await self.database.read(store.version_at, request.order_id, revision.position)
        async for news in watch_topic(self.database, request.order_id, call):
            now = await self.database.read(watching.order_now, request.order_id, call.caller)
            if now.told < now.order.version:
                continue  # the revision does not cover the order's last change; the topic wakes again when it does
            revision = now.revision
            if now.order.version > seen:
                seen = now.order.version
                yield pb.WatchOrderResponse(order=convert.order_pb(now.order), revision=revision)
            elif not news:
                yield pb.WatchOrderResponse(revision=revision)
            if now.order.is_settled:
                return

    async def CancelOrder(self, request: pb.CancelOrderRequest, call: Call) -> pb.CancelOrderResponse:
        await self._identity.wait(call.caller)
        order = await self.database.write(transactions.cancel, request.order_id, call.caller.subject_id, CANCELLED)
        if not order.awaits_provider and order.state != OrderState.FAILED:
            raise refusals.OrderState(state=order.state)
        if order.awaits_provider:
            await self._after_saga(order)
        order = await self.database.read(transactions.visible, request.order_id, call.caller)
        return pb.CancelOrderResponse(order=convert.order_pb(order))
