"""pricing's writes: each claims its id, decides, saves, or changes nothing. A use is counted and given back whole."""

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid
from eventhub.refusals import (
    ContactUnverified,
    CouponCodeInUse,
    CouponExhausted,
    CouponLimitReached,
    CouponUnknown,
    IdInUse,
)
from services.kit.db import Tx
from services.kit.values import from_timestamp
from services.pricing import coupons, redemptions, store
from services.pricing.coupons import Coupon
from services.pricing.redemptions import COMMITTED, RELEASED, RESERVED, Redemption


async def create_coupon(tx: Tx, coupon: Coupon) -> Coupon:
    """Saves a coupon; a repeat finds it as it is now. Raises IdInUse and CouponCodeInUse."""
    if await store.claim_coupon(tx, coupon):
        return coupon
    known = await repeated_coupon(tx, coupon)
    if known is None:
        raise CouponCodeInUse
    return known


async def repeated_coupon(tx: Tx, asked: Coupon) -> Coupon | None:
    """The coupon that a repeat asks for, None if it is new. Raises IdInUse where it is another, or somebody else's."""
    known = await store.find_coupon(tx, asked.coupon_id)
    if known and (known.organizer_id, known.content_hash) != (asked.organizer_id, asked.content_hash):
        raise IdInUse
    return known


async def existing_coupon(tx: Tx, coupon_id: str) -> Coupon:
    """A coupon by its id. Raises CouponUnknown."""
    coupon = await store.find_coupon(tx, coupon_id)
    if coupon is None:
        raise CouponUnknown
    return coupon


async def is_reserved(tx: Tx, use: Redemption) -> bool:
    """Whether an order's use is counted already. Raises OrderState once it was given back, IdInUse for another use."""
    known = await store.find_redemption(tx, use.order_id)
    if known is not None:
        redemptions.check_repeat(known, use)
    return known is not None


async def reserve(tx: Tx, use: Redemption, coupon: Coupon, keys: tuple[str, ...], *, now_us: int) -> None:
    """Counts a use against the coupon's limit and against each of the participant's keys, all or none. keys: in order;
    needed only where the coupon is limited per participant. A coupon's terms never change, so that it may have been
    read before. Raises CouponExpired, CouponExhausted, CouponLimitReached and ContactUnverified, and as is_reserved."""
    if not await store.claim_redemption(
        tx, use, event_id=coupon.event_id, organizer_id=coupon.organizer_id, at_us=now_us
    ):
        await is_reserved(tx, use)
        return
    coupons.check_time(coupon, now_us=now_us)
    if not await store.add_use(tx, coupon.coupon_id):
        raise CouponExhausted
    if not coupon.uses_per_participant_max:
        return
    if not keys:
        raise ContactUnverified
    for key in keys:
        if not await store.add_participant_use(tx, coupon, key):
            raise CouponLimitReached(limit=coupon.uses_per_participant_max)
        await store.save_key(tx, use, key, coupon.organizer_id)


async def release(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Gives a use back, once, unless its order was paid. Where none was taken it leaves a mark, so that a late
    ReserveRedemption takes none either."""
    mark = Redemption(order_id, "", "", 0, 0, "", RELEASED)
    if not await store.claim_redemption(tx, mark, event_id="", organizer_id="", at_us=now_us):
        await give_back(tx, order_id, now_us=now_us)


async def give_back(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Gives a use back if it is still reserved."""
    coupon_id = await store.turn_redemption(tx, order_id, old=RESERVED, new=RELEASED, at_us=now_us)
    if not coupon_id:
        return
    await store.give_use_back(tx, coupon_id)
    for key in await store.end_keys(tx, order_id):
        await store.give_participant_use_back(tx, coupon_id, key)


async def take_paid(tx: Tx, message: OrderPaid, fact: Fact) -> None:
    """An order is paid: its use is spent for good."""
    at_us = from_timestamp(fact.occurred_at)
    await store.turn_redemption(tx, message.order.order_id, old=RESERVED, new=COMMITTED, at_us=at_us)


async def take_failed(tx: Tx, message: OrderFailed, fact: Fact) -> None:
    """An order was given up: its use is free again."""
    await give_back(tx, message.order.order_id, now_us=from_timestamp(fact.occurred_at))
