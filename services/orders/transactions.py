"""orders' reads and writes: each loads, decides, saves and announces, or changes nothing."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from google.protobuf.message import Message

from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderReseated,
)
from eventhub.refusals import IdInUse, OrderNotFound
from services.kit.db import Tx
from services.kit.feeds import merges
from services.kit.rpc import Caller
from services.kit.values import to_timestamp
from services.orders import orders, saga, store
from services.orders.convert import order_pb
from services.orders.orders import MovedPlaces, Order, OrderState
from services.orders.refunds import rules

# How many numbers are drawn for one order. With a thousand million orders, one number in 27 is in use.
DRAWS_MAX = 20


async def place_order(tx: Tx, order: Order, *, draw: Callable[[], str], now_us: int) -> Order:
    """Makes an order; a repeat gets the order as it is now. draw: returns a random number, which may be in use. Raises
    IdInUse for other content or another buyer."""
    for _ in range(DRAWS_MAX):
        numbered = replace(order, number=draw())
        if await store.claim(tx, numbered, look_us=saga.first_look_us(order)):
            return await begin(tx, numbered, now_us=now_us)
        if await store.find(tx, order.order_id) is not None:
            break
    return await repeated(tx, order.order_id, order.session_id, order.content_hash)


async def begin(tx: Tx, order: Order, *, now_us: int) -> Order:
    """Writes the lines of a claimed order and announces it."""
    if not order.unnamed:
        person_id = await merges.person_behind(tx, order.buyer_id)
        if person_id != order.buyer_id:
            await store.give_to(tx, order.order_id, person_id)
            order = replace(order, buyer_id=person_id)
    await store.save_lines(tx, order)
    await announce(tx, OrderPlaced(order=order_pb(order)), order, now_us)
    return order


async def repeated(tx: Tx, order_id: str, session_id: str, content_hash: str) -> Order:
    """The order that a repeated checkout asks for. Raises IdInUse if its buyer or content is another."""
    known = await existing(tx, order_id)
    if session_id not in (known.session_id, known.buyer_id) or known.content_hash != content_hash:
        raise IdInUse
    return known


async def existing(tx: Tx, order_id: str) -> Order:
    """An order by its id. Raises OrderNotFound."""
    order = await store.find(tx, order_id)
    if order is None:
        raise OrderNotFound
    return order


async def visible(tx: Tx, order_id: str, caller: Caller) -> Order:
    """An order that the caller may see. Raises OrderNotFound."""
    order = await store.find(tx, order_id)
    if order is None or not await is_visible(tx, order, caller):
        raise OrderNotFound
    return order


async def is_visible(tx: Tx, order: Order, caller: Caller) -> bool:
    """Whether the caller is the order's buyer, or a member of the event's organizer."""
    if caller.is_member and order.organizer_id == caller.organizer_id:
        return True
    return order.buyer_id == caller.subject_id or await store.is_buyers(tx, order.order_id, caller.subject_id)


async def numbered(tx: Tx, number: str, caller: Caller) -> Order | None:
    """The order with a number, if the caller may see it."""
    order = await store.find_by_number(tx, number)
    return order if order is not None and await is_visible(tx, order, caller) else None


async def locked(tx: Tx, order_id: str) -> Order:
    """An order, its row locked. Raises OrderNotFound."""
    order = await store.lock(tx, order_id)
    if order is None:
        raise OrderNotFound
    return order


async def set_state(tx: Tx, order: Order, state: OrderState, fact: Callable[..., Message], *, now_us: int) -> Order:
    """Moves a locked order to a state and announces it; a terminal order stays as it is. fact: the fact's class."""
    moved = orders.with_state(order, state, now_us=now_us)
    if moved is None:
        return order
    await store.save_state(tx, moved)
    await announce(tx, fact(order=order_pb(moved)), moved, now_us)
    return moved


async def mark_pending(tx: Tx, order_id: str, *, now_us: int) -> Order:
    """Marks an order as waiting for the provider, and puts its saga off."""
    order = await locked(tx, order_id)
    await store.put_off(tx, order_id, saga.look_again_us(order, now_us=now_us))
    return await set_state(tx, order, OrderState.PAYMENT_PENDING, OrderPaymentPending, now_us=now_us)


async def retry_later(tx: Tx, order_id: str, *, now_us: int) -> Order:
    """Puts the saga of an order off, because a neighbour could not take a step now."""
    order = await existing(tx, order_id)
    await store.put_off(tx, order_id, saga.look_again_us(order, now_us=now_us))
    return order


async def mark_paid(tx: Tx, order_id: str, *, now_us: int) -> Order:
    """Marks an order as paid. An order that is being given up becomes paid only if it needs a payment: then payments
    decides between the two. Without a payment another replica may be freeing its places already."""
    order = await locked(tx, order_id)
    if order.giving_up and not order.needs_payment:
        return order
    paid = await set_state(tx, order, OrderState.PAID, OrderPaid, now_us=now_us)
    if paid.disputed_us is not None and paid.state == OrderState.PAID:
        return await mark_disputed(tx, paid, now_us=now_us)
    return paid


async def mark_disputed(tx: Tx, order: Order, *, now_us: int) -> Order:
    """Marks a locked, paid order as disputed, and announces it."""
    disputed = rules.with_refunds(order, order.refunds)
    await store.save_refunds(tx, disputed)
    await announce(tx, OrderDisputed(order=order_pb(disputed)), disputed, now_us)
    return disputed


async def give_up(tx: Tx, order_id: str, reason: str) -> Order:
    """Decides that an order is given up; an earlier reason stays."""
    await store.decide_to_give_up(tx, order_id, reason)
    return await existing(tx, order_id)


async def mark_failed(tx: Tx, order_id: str, *, held_until_us: int | None = None, now_us: int) -> Order:
    """Marks an order as failed, after all its steps are undone. held_until_us: when its hold expires."""
    fact = partial(OrderFailed, held_until=to_timestamp(held_until_us))
    return await set_state(tx, await locked(tx, order_id), OrderState.FAILED, fact, now_us=now_us)


async def reseat(tx: Tx, order_id: str, moved: MovedPlaces, *, now_us: int) -> Order:
    """Gives an order the seats that its hold has by now, and announces it. Nothing changes if it has them already, or
    has failed."""
    return await take_seats(tx, await locked(tx, order_id), moved, now_us=now_us)


async def reseat_of_hold(tx: Tx, hold_id: str, moved: MovedPlaces, *, now_us: int) -> None:
    """Gives the orders of a hold the seats that it has by now. Of several orders the hold will have one, and the others
    fail. An order that is not written yet gets them from the hold when it locks it."""
    for order in await store.lock_of_hold(tx, hold_id):
        await take_seats(tx, order, moved, now_us=now_us)


async def take_seats(tx: Tx, order: Order, moved: MovedPlaces, *, now_us: int) -> Order:
    """Gives a locked order the seats that its hold has by now."""
    reseated = orders.reseated(order, moved)
    if reseated is None:
        return order
    await store.save_seats(tx, order, reseated)
    if reseated.version > order.version:
        await announce(tx, OrderReseated(order=order_pb(reseated)), reseated, now_us)
    return reseated


async def cancel(tx: Tx, order_id: str, subject_id: str, reason: str) -> Order:
    """Decides that an order is given up, for its buyer or the member who sells it. Raises OrderNotFound."""
    order = await store.lock(tx, order_id)
    if order is None or (subject_id != order.sold_by and not await store.is_buyers(tx, order_id, subject_id)):
        raise OrderNotFound
    if order.awaits_provider:
        await store.decide_to_give_up(tx, order_id, reason)
        await store.make_due(tx, order_id)
    return await existing(tx, order_id)


async def announce(tx: Tx, fact: Message, order: Order, now_us: int) -> None:
    """Announces a fact about an order."""
    await tx.announce(fact, aggregate_id=order.order_id, organizer_id=order.organizer_id, at_us=now_us)
