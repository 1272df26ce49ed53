"""Effects of orders' facts on reviews."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from services.kit.db import Tx
from services.reviews import store


async def take_paid(tx: Tx, message: OrderPaid, fact: Fact) -> None:
    """An order is paid: its buyer may review the event."""
    await store.add_purchase(tx, message.order)
