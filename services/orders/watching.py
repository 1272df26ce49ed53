"""The read of a watch of an order."""

from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Revision
from services.kit.db import Tx
from services.kit.feeds import feed
from services.kit.rpc import Caller
from services.orders import store, transactions
from services.orders.orders import Order


@dataclass(frozen=True, slots=True)
class WatchUpdate:
    """A snapshot of an order. told: the version that the feed has told by the revision; it may be behind the order."""

    order: Order
    revision: Revision
    told: int


async def order_now(tx: Tx, order_id: str, caller: Caller) -> WatchUpdate:
    """An order as it is now. Raises OrderNotFound if the caller may not see it."""
    order, now = await transactions.visible(tx, order_id, caller), await feed.head(tx)
    return WatchUpdate(order, now, await store.version_at(tx, order_id, now.position))
