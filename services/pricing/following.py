"""Effects of orders' facts on redemptions."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid
from services.kit.db import Tx
from services.kit.values import from_timestamp
from services.pricing import store, transactions
from services.pricing.redemptions import RedemptionState


async def take_paid(tx: Tx, message: OrderPaid, fact: Fact) -> None:
    """An order is paid: its redemption becomes final."""
    await store.set_redemption_state(
        tx,
        message.order.order_id,
        old=RedemptionState.RESERVED,
        new=RedemptionState.COMMITTED,
        at_us=from_timestamp(fact.occurred_at),
    )


async def take_failed(tx: Tx, message: OrderFailed, fact: Fact) -> None:
    """An order has failed: its redemption is given back."""
    await transactions.give_back(tx, message.order.order_id, now_us=from_timestamp(fact.occurred_at))
