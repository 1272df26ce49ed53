"""Transactions that write reviews."""

from eventhub.refusals import EventNotFound
from eventhub.reviews.v1.reviews_events_pb2 import ReviewWritten
from eventhub.reviews.v1.reviews_pb2 import Review
from services.kit.db import Tx
from services.reviews import store


async def write(tx: Tx, review: Review, buyer_id: str, *, now_us: int) -> None:
    """Saves and announces a review, once. Raises EventNotFound if the buyer has not paid for the event."""
    organizer_id = await store.organizer_paid_by(tx, buyer_id, review.event_id)
    if organizer_id is None:
        raise EventNotFound
    if await store.claim(tx, review, organizer_id):
        fact = ReviewWritten(review=review)
        await tx.announce(fact, aggregate_id=review.review_id, organizer_id=organizer_id, at_us=now_us)
