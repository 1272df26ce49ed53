"""orders' RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.orders import store


class OrdersMesh:
    """Serves the contract's OrdersMesh."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def FindBuyers(self, request: pb.FindBuyersRequest, call: Call) -> pb.FindBuyersResponse:
        return pb.FindBuyersResponse(subject_ids=await self.database.read(store.buyers, request.subject_ids))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
