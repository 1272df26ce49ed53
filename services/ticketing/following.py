"""Applies facts of orders and identity, each inside the transaction that moves the feed's cursor."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderDisputed, OrderPaid, OrderReseated
from services.kit.db import Tx
from services.kit.values import Clock
from services.ticketing import revoke_transactions, transactions


class Following:
    """Applies other contexts' facts to tickets."""

    def __init__(self, clock: Clock) -> None:
        """clock: gives tickets their time of issue."""
        self.clock = clock

    async def take_paid(self, tx: Tx, message: OrderPaid, fact: Fact) -> None:
        """Issues a paid order's tickets."""
        await transactions.issue(tx, message.order, now_us=self.clock.now_us())

    async def take_disputed(self, tx: Tx, message: OrderDisputed, fact: Fact) -> None:
        """Revokes the tickets of an order whose payment is disputed."""
        await revoke_transactions.revoke_order(tx, message.order.order_id, now_us=self.clock.now_us())

    async def take_reseated(self, tx: Tx, message: OrderReseated, fact: Fact) -> None:
        """Names the new seats on an order's tickets. An order that has none yet gets them with its new seats."""
        await transactions.reseat(tx, message.order, now_us=self.clock.now_us())

    async def take_merged(self, tx: Tx, message: GuestMerged, fact: Fact) -> None:
        """Moves a guest session's tickets to the person it was merged into."""
        await transactions.merge(tx, message.from_subject_id, message.into_subject_id)
