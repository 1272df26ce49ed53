"""Calls to the other contexts: the terms of a refund, and the steps of its saga."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import grpc

from eventhub.catalog.v1.catalog_service_pb2 import BatchGetEventsRequest
from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshStub
from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1.inventory_service_pb2 import ReturnPlacesRequest
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.payments.v1 import payments_pb2
from eventhub.payments.v1.payments_service_pb2 import RefundRequest, SettleRefundRequest
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from eventhub.pricing.v1.pricing_service_pb2 import ReturnRedemptionRequest
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from eventhub.refusals import EventNotFound, PaymentState, RefundTooLarge, TicketUsed
from eventhub.ticketing.v1.ticketing_service_pb2 import RevokeTicketsRequest
from eventhub.ticketing.v1.ticketing_service_pb2_grpc import TicketingMeshStub
from services.orders.orders import Order
from services.orders.refunds import convert
from services.orders.refunds.refund import Refund, RefundGround
from services.orders.refunds.refund_saga import Progress, Step
from services.orders.refunds.rules import Terms


class RefundSteps:
    """Takes the steps of refunds at the other contexts."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts, as orders."""
        self._catalog = CatalogMeshStub(channel)
        self._inventory = InventoryMeshStub(channel)
        self._payments = PaymentsMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._ticketing = TicketingMeshStub(channel)
        self._steps: dict[Step, Callable[[Refund, Order, Progress], Awaitable[Progress]]] = {
            Step.REVOKE: self._revoke,
            Step.PAY_BACK: self._pay_back,
            Step.RETURN: self._return,
            Step.RETURN_COUPON: self._return_coupon,
        }

    def __contains__(self, step: Step) -> bool:
        return step in self._steps

    async def terms(self, event_id: str) -> Terms:
        """The terms of an event. Raises EventNotFound."""
        events = (await self._catalog.BatchGetEvents(BatchGetEventsRequest(event_ids=[event_id]))).events
        if not events:
            raise EventNotFound
        return convert.terms(events[0])

    async def settle(self, refund_id: str) -> None:
        """Books that the money of a refund was paid by hand. Raises RefundNotFound, RefundState."""
        await self._payments.SettleRefund(SettleRefundRequest(refund_id=refund_id))

    async def take(self, step: Step, refund: Refund, order: Order, progress: Progress) -> Progress:
        """Takes a step and returns the progress after it. Raises TransientRefusal."""
        return await self._steps[step](refund, order, progress)

    async def _revoke(self, refund: Refund, order: Order, progress: Progress) -> Progress:
        request = RevokeTicketsRequest(
            order_id=order.order_id, line_ids=refund.line_ids, even_if_used=refund.even_if_used
        )
        try:
            await self._ticketing.RevokeTickets(request)
        except TicketUsed as refused:
            return replace(progress, refused=refused.reason)
        return replace(progress, revoked=True)

    async def _pay_back(self, refund: Refund, order: Order, progress: Progress) -> Progress:
        request = RefundRequest(
            refund_id=refund.refund_id,
            order_id=order.order_id,
            amount=Money(minor=refund.amount_minor, currency=order.currency),
            return_fee=refund.ground == RefundGround.WITHDRAWAL,
            clerk_id=refund.clerk_id,
        )
        try:
            state = (await self._payments.Refund(request)).refund.state
        except (PaymentState, RefundTooLarge) as refused:
            return replace(progress, refused=refused.reason)
        if state == payments_pb2.REFUND_STATE_UNKNOWN:
            return replace(progress, waiting=True)
        return replace(progress, paid_back=True, owed=state == payments_pb2.REFUND_STATE_MANUAL)

    async def _return(self, refund: Refund, order: Order, progress: Progress) -> Progress:
        request = ReturnPlacesRequest(
            hold_id=order.hold_id,
            order_id=order.order_id,
            places=[int(line_id) - 1 for line_id in refund.line_ids],
            block_label=refund.block_label,
        )
        await self._inventory.ReturnPlaces(request)
        return replace(progress, returned=True)

    async def _return_coupon(self, refund: Refund, order: Order, progress: Progress) -> Progress:
        await self._pricing.ReturnRedemption(ReturnRedemptionRequest(order_id=order.order_id))
        return replace(progress, coupon_returned=True)
