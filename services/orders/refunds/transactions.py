"""The reads and writes of refunds: each loads, decides, saves and announces, or changes nothing."""

from dataclasses import replace

from eventhub import refusals
from eventhub.orders.v1.orders_events_pb2 import OrderRefundChanged
from services.kit.db import Tx
from services.orders import convert, saga
from services.orders import store as order_store
from services.orders import transactions as order_transactions
from services.orders.orders import Order, OrderState
from services.orders.refunds import rules, store
from services.orders.refunds.convert import refund_pb
from services.orders.refunds.refund import Refund, RefundState


async def begin(tx: Tx, wanted: Refund, seen: Order, *, now_us: int) -> Order:
    """Writes a new refund; a repeat gets the order as it is now. seen: the order on which the refund was decided.
    Raises IdInUse, RefundUnderWay if another refund has begun since, or the order has changed otherwise."""
    order = await order_transactions.locked(tx, wanted.order_id)
    known = await store.find(tx, wanted.refund_id)
    if known is not None:
        check_repeat(known, wanted.order_id, wanted.content_hash)
        return order
    if order.version != seen.version:
        raise refusals.RefundUnderWay
    if not await store.claim(tx, wanted, look_us=now_us + saga.FIRST_LOOK_US):
        raise refusals.IdInUse  # by a refund of another order, at the same time
    return await save(tx, order, wanted, now_us=now_us)


def check_repeat(known: Refund, order_id: str, content_hash: str) -> None:
    """Raises IdInUse if a repeated call asks for another refund than the one with its id."""
    if (known.order_id, known.content_hash) != (order_id, content_hash):
        raise refusals.IdInUse


async def save(tx: Tx, order: Order, refund: Refund, *, now_us: int) -> Order:
    """Writes what a changed refund changes of its locked order, and announces both. The refund is written."""
    changed = rules.with_refunds(order, await store.of_order(tx, order.order_id))
    await order_store.save_refunds(tx, changed)
    fact = OrderRefundChanged(order=convert.order_pb(changed), refund=refund_pb(refund, order.currency))
    await order_transactions.announce(tx, fact, changed, now_us)
    return changed


async def end(tx: Tx, refund_id: str, state: RefundState, *, failure: str = "", now_us: int) -> Order:
    """Ends the saga of a refund; a repeat changes nothing. failure: why it has failed."""
    refund, order = await with_order(tx, refund_id)
    if refund.state != RefundState.PENDING:
        return order
    ended = replace(refund, state=state, failure=failure, ended_us=now_us)
    await store.save(tx, ended)
    return await save(tx, order, ended, now_us=now_us)


async def settle(tx: Tx, refund_id: str, organizer_id: str, note: str, *, now_us: int) -> Order:
    """Notes that the money of a refund was paid by hand; a repeat changes nothing. Raises RefundNotFound,
    RefundState."""
    refund, order = await with_order(tx, refund_id)
    check_owed(refund, organizer_id)
    if refund.state == RefundState.SETTLED:
        return order
    settled = replace(refund, state=RefundState.SETTLED, note=note, ended_us=now_us)
    await store.save(tx, settled)
    return await save(tx, order, settled, now_us=now_us)


def check_owed(refund: Refund, organizer_id: str) -> None:
    """Raises RefundNotFound for another organizer's refund, RefundState unless its money is or was owed."""
    if refund.organizer_id != organizer_id:
        raise refusals.RefundNotFound
    if refund.state not in (RefundState.OWED, RefundState.SETTLED):
        raise refusals.RefundState(state=refund.state)


async def existing(tx: Tx, refund_id: str) -> Refund:
    """A refund. Raises RefundNotFound."""
    refund = await store.find(tx, refund_id)
    if refund is None:
        raise refusals.RefundNotFound
    return refund


async def with_order(tx: Tx, refund_id: str) -> tuple[Refund, Order]:
    """A refund, and its order, which is locked. Raises RefundNotFound."""
    order = await order_transactions.locked(tx, (await existing(tx, refund_id)).order_id)
    return await existing(tx, refund_id), order


async def known(tx: Tx, refund_id: str) -> tuple[Refund, Order]:
    """A refund and its order, as they are now. Raises RefundNotFound."""
    refund = await existing(tx, refund_id)
    return refund, await order_transactions.existing(tx, refund.order_id)


async def retry_later(tx: Tx, refund_id: str, *, now_us: int) -> None:
    """Puts the saga of a refund off, because a neighbour or the provider could not take a step now."""
    refund = await existing(tx, refund_id)
    await store.put_off(tx, refund_id, saga.wait_us(refund.tries, now_us))


async def dispute(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Notes that the owner of the card has disputed the payment of an order. If the checkout is not over, the order
    stays as it is until it is paid. One that has failed has no tickets, and stays as it is."""
    order = await order_store.lock(tx, order_id)
    if order is None or order.disputed_us is not None or order.state == OrderState.FAILED:
        return
    disputed = replace(order, disputed_us=now_us)
    if order.awaits_provider:
        await order_store.save_refunds(tx, disputed)
        return
    await order_transactions.mark_disputed(tx, disputed, now_us=now_us)
