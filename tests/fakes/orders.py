"""The orders that other contexts see: the subjects that have bought, and a feed."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from services.kit.rpc.call import Call
from tests.fakes.feed import FakeFeed

ABOUT_ORDERS = (
    OrderPlaced,
    OrderPaymentPending,
    OrderPaid,
    OrderFailed,
    OrderRefundChanged,
    OrderDisputed,
    OrderReseated,
)


@dataclass(slots=True, kw_only=True)
class FakeOrders(FakeFeed):
    """buyers: the subjects that have an order; None for all. asked: the number of subjects in each question."""

    response = pb.FeedResponse
    buyers: set[str] | None = None
    asked: list[int] = field(default_factory=list)

    def about(self, fact: Message) -> tuple[str, str]:
        assert isinstance(fact, ABOUT_ORDERS)
        return fact.order.order_id, fact.order.organizer_id

    async def FindBuyers(self, request: pb.FindBuyersRequest, call: Call) -> pb.FindBuyersResponse:
        self.asked.append(len(request.subject_ids))
        await self.called("FindBuyers")
        found = [subject for subject in request.subject_ids if self.buyers is None or subject in self.buyers]
        return pb.FindBuyersResponse(subject_ids=sorted(found))
