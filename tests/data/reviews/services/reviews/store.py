"""SQL of reviews and of the buyers that may write them."""

from eventhub.orders.v1.orders_pb2 import Order
from eventhub.reviews.v1.reviews_pb2 import Review
from services.kit.db import Tx


async def add_purchase(tx: Tx, order: Order) -> None:
    """Saves that a buyer has paid for an event."""
    await tx.run(
        "INSERT INTO purchase (event_id, buyer_id, organizer_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        order.event_id,
        order.buyer_id,
        order.organizer_id,
    )


async def organizer_paid_by(tx: Tx, buyer_id: str, event_id: str) -> str | None:
    """The organizer of an event that a buyer has paid for; None if the buyer has not."""
    row = await tx.one("SELECT organizer_id FROM purchase WHERE event_id = $1 AND buyer_id = $2", event_id, buyer_id)
    return str(row[0]) if row else None


async def claim(tx: Tx, review: Review, organizer_id: str) -> bool:
    """Saves a review. False if it is saved already."""
    claimed = await tx.one(
        """
        INSERT INTO review (review_id, event_id, organizer_id, stars) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING 1
        """,
        review.review_id,
        review.event_id,
        organizer_id,
        review.stars,
    )
    return claimed is not None


async def rating(tx: Tx, event_id: str) -> tuple[int, int]:
    """The number of an event's reviews and the sum of their stars."""
    row = await tx.one("SELECT count(*), coalesce(sum(stars), 0) FROM review WHERE event_id = $1", event_id)
    assert row is not None, "a sum has one row"
    return int(row[0]), int(row[1])
