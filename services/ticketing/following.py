"""What ticketing takes in from orders and identity, inside the transactions that move its cursors."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from services.kit.db import Tx
from services.kit.values import Clock
from services.ticketing import convert, transactions


class Following:
    """Takes in facts."""

    def __init__(self, clock: Clock) -> None:
        """clock: says when tickets are issued."""
        self.clock = clock

    async def take_paid(self, tx: Tx, message: OrderPaid, fact: Fact) -> None:
        """A paid order's tickets are due."""
        await transactions.issue(tx, convert.purchase(message.order), now_us=self.clock.now_us())

    async def take_merged(self, tx: Tx, message: GuestMerged, fact: Fact) -> None:
        """A guest session's tickets belong to a person."""
        await transactions.move_holder(tx, message.from_subject_id, message.into_subject_id)
