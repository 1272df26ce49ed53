"""The public RPCs of reviews."""

from eventhub.reviews.v1 import reviews_service_pb2 as pb
from eventhub.reviews.v1.reviews_pb2 import Review
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock
from services.reviews import transactions


class ReviewsService:
    """Serves the contract's ReviewsService."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    async def WriteReview(self, request: pb.WriteReviewRequest, call: Call) -> pb.WriteReviewResponse:
        review = Review(review_id=request.review_id, event_id=request.event_id, stars=request.stars)
        await self.database.write(transactions.write, review, call.caller.subject_id, now_us=self.clock.now_us())
        return pb.WriteReviewResponse(review=review)
