"""orders' writes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPaymentPending, OrderPlaced
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from eventhub.refusals import IdInUse, OrderNotFound
from services.kit.db import Tx
from services.kit.values import to_timestamp
from services.orders import purchases, saga, store
from services.orders.convert import order_pb
from services.orders.purchases import FAILED, PAID, PAYMENT_PENDING, Purchase

# How many numbers are drawn for an order; of a thousand million orders one number in 27 is taken.
DRAWS_MAX = 20


async def place_order(tx: Tx, order: Purchase, *, draw: Callable[[], str], now_us: int) -> Purchase:
    """Makes an order; a repeat answers it as it is. draw: draws a number, which another order may have. Raises IdInUse
    for other content or another buyer."""
    for _ in range(DRAWS_MAX):
        numbered = replace(order, number=draw())
        if await store.claim(tx, numbered, look_us=saga.first_look_us(order)):
            return await begin(tx, numbered, now_us=now_us)
        if await store.find(tx, order.order_id) is not None:
            break
    return await repeated(tx, order.order_id, order.session_id, order.content_hash)


async def begin(tx: Tx, order: Purchase, *, now_us: int) -> Purchase:
    """Writes down what a claimed order is for and tells of it."""
    if order.buyer_id != order.organizer_id:
        person = await store.person(tx, order.buyer_id)
        if person != order.buyer_id:
            await store.give_to(tx, order.order_id, person)
            order = replace(order, buyer_id=person)
    await store.save_lines(tx, order)
    await announce(tx, OrderPlaced(order=order_pb(order)), order, now_us)
    return order


async def repeated(tx: Tx, order_id: str, session_id: str, content_hash: str) -> Purchase:
    """The order that a repeat asks for. Raises IdInUse where it is another one."""
    known = await existing(tx, order_id)
    if session_id not in (known.session_id, known.buyer_id) or known.content_hash != content_hash:
        raise IdInUse
    return known


async def existing(tx: Tx, order_id: str) -> Purchase:
    """An order. Raises OrderNotFound."""
    order = await store.find(tx, order_id)
    if order is None:
        raise OrderNotFound
    return order


async def locked(tx: Tx, order_id: str) -> Purchase:
    """An order, locked. Raises OrderNotFound."""
    order = await store.lock(tx, order_id)
    if order is None:
        raise OrderNotFound
    return order


async def turn(tx: Tx, order: Purchase, state: str, fact: Callable[..., Message], *, now_us: int) -> Purchase:
    """Moves a locked order to a state and tells it, where that changes anything. fact: tells it of an order."""
    turned = purchases.turned(order, state, now_us=now_us)
    if turned is None:
        return order
    await store.save_turned(tx, turned)
    await announce(tx, fact(order=order_pb(turned)), turned, now_us)
    return turned


async def mark_pending(tx: Tx, order_id: str, *, now_us: int) -> Purchase:
    """Notes that an order waits for the provider, and when to look at it again."""
    order = await locked(tx, order_id)
    await store.look_again(tx, order_id, saga.look_again_us(order, now_us=now_us))
    return await turn(tx, order, PAYMENT_PENDING, OrderPaymentPending, now_us=now_us)


async def retry_later(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Notes when to look at an order again whose step could not be done now."""
    order = await existing(tx, order_id)
    await store.look_again(tx, order_id, saga.look_again_us(order, now_us=now_us))


async def mark_paid(tx: Tx, order_id: str, *, now_us: int) -> Purchase:
    """Notes that an order is paid; one that is given up only where a payment decides between the two, since without
    one somebody else may be freeing the places already."""
    order = await locked(tx, order_id)
    if order.giving_up and not saga.needs_payment(order):
        return order
    return await turn(tx, order, PAID, OrderPaid, now_us=now_us)


async def give_up(tx: Tx, order_id: str, reason: str) -> Purchase:
    """Decides that an order is given up; an earlier decision stays."""
    await store.decide_to_give_up(tx, order_id, reason)
    return await existing(tx, order_id)


async def mark_failed(tx: Tx, order_id: str, *, held_until_us: int | None = None, now_us: int) -> Purchase:
    """Notes that an order has been given up and everything is undone. held_until_us: until when its places are still
    held."""
    fact = partial(OrderFailed, held_until=to_timestamp(held_until_us))
    return await turn(tx, await locked(tx, order_id), FAILED, fact, now_us=now_us)


async def cancel(tx: Tx, order_id: str, subject_id: str, reason: str) -> Purchase:
    """Decides for its buyer, or the member who sells it, that an order is given up. Raises OrderNotFound."""
    order = await store.lock(tx, order_id)
    if order is None or (subject_id != order.sold_by and not await store.is_theirs(tx, order_id, subject_id)):
        raise OrderNotFound
    if not order.settled:
        await store.decide_to_give_up(tx, order_id, reason)
        await store.hurry(tx, order_id)
    return await existing(tx, order_id)


async def take_settled(tx: Tx, message: PaymentSettled, fact: Fact) -> None:
    """A payment's outcome became known: its order is looked at now, if it waits for that."""
    await store.hurry_waiting(tx, message.payment.order_id)


async def take_merged(tx: Tx, message: GuestMerged, fact: Fact) -> None:
    """A guest turned out to be a known person."""
    person = await store.person(tx, message.into_subject_id)
    if person != message.from_subject_id:
        await store.move_buyer(tx, message.from_subject_id, person)


async def announce(tx: Tx, fact: Message, order: Purchase, now_us: int) -> None:
    """Tells what became of an order."""
    await tx.announce(fact, aggregate_id=order.order_id, organizer_id=order.organizer_id, at_us=now_us)
