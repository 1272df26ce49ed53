"""reviews' RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.reviews.v1 import reviews_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.reviews import store


class ReviewsMesh:
    """Serves the contract's ReviewsMesh."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def GetRating(self, request: pb.GetRatingRequest, call: Call) -> pb.GetRatingResponse:
        reviews, stars = await self.database.read(store.rating, request.event_id)
        return pb.GetRatingResponse(reviews=reviews, stars=stars)

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
