"""Effects of other contexts' facts on orders."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.inventory.v1.inventory_events_pb2 import PlacesMoved
from eventhub.payments.v1.payments_events_pb2 import PaymentDisputed, PaymentSettled, RefundSettled
from services.kit.db import Tx
from services.kit.feeds import merges
from services.kit.values import from_timestamp
from services.orders import convert, store, transactions
from services.orders.refunds import store as refund_store
from services.orders.refunds import transactions as refund_transactions


async def take_settled(tx: Tx, message: PaymentSettled, fact: Fact) -> None:
    """The outcome of a payment is known: the saga of its order goes on now, if it waits for that."""
    await store.make_waiting_due(tx, message.payment.order_id)


async def take_refund_settled(tx: Tx, message: RefundSettled, fact: Fact) -> None:
    """The outcome of a refund's payment is known: its saga goes on now, if it waits for that."""
    await refund_store.make_due(tx, message.refund.refund_id)


async def take_disputed(tx: Tx, message: PaymentDisputed, fact: Fact) -> None:
    """The owner of the card disputes the payment of an order."""
    at_us = from_timestamp(message.payment.disputed_at)
    await refund_transactions.dispute(tx, message.payment.order_id, now_us=at_us)


async def take_moved(tx: Tx, message: PlacesMoved, fact: Fact) -> None:
    """A hold has other seats, and so have its orders."""
    moved, at_us = convert.moved_places(message), from_timestamp(fact.occurred_at)
    await transactions.reseat_of_hold(tx, message.hold_id, moved, now_us=at_us)


async def take_merged(tx: Tx, message: GuestMerged, fact: Fact) -> None:
    """A session was merged into a person: its orders move to the person."""
    person_id = await merges.record(tx, message.from_subject_id, message.into_subject_id)
    if person_id != message.from_subject_id:
        await store.move_to_person(tx, message.from_subject_id, person_id)
