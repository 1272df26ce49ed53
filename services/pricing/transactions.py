"""pricing's transactions. Each claims an id, then saves all its changes or none: a redemption counts against all its
limits or against none."""

from eventhub.refusals import (
    ContactUnverified,
    CouponCodeInUse,
    CouponExhausted,
    CouponLimitReached,
    CouponUnknown,
    IdInUse,
)
from services.kit.db import Tx
from services.pricing import coupons, redemptions, store
from services.pricing.coupons import Coupon
from services.pricing.redemptions import Redemption, RedemptionState


async def create_coupon(tx: Tx, coupon: Coupon) -> Coupon:
    """Creates a coupon; a repeat returns its current state. Raises IdInUse and CouponCodeInUse."""
    if await store.claim_coupon(tx, coupon):
        return coupon
    known = await repeated_coupon(tx, coupon)
    if known is None:
        raise CouponCodeInUse
    return known


async def repeated_coupon(tx: Tx, asked: Coupon) -> Coupon | None:
    """The coupon that an earlier request with the same content created; None if the id is new. Raises IdInUse if the
    content or the organizer differs."""
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


async def is_reserved(tx: Tx, redemption: Redemption) -> bool:
    """True if this redemption is already counted. Raises OrderState if it was given back, IdInUse if the order has
    another redemption."""
    known = await store.find_redemption(tx, redemption.order_id)
    if known is not None:
        redemptions.check_repeat(known, redemption)
    return known is not None


async def reserve(tx: Tx, redemption: Redemption, coupon: Coupon, keys: tuple[str, ...], *, now_us: int) -> None:
    """Counts a redemption against the coupon's limit and against each of the participant's keys. coupon: may have been
    read before this transaction, as its terms never change. keys: sorted; empty if the coupon has no limit per
    participant. Raises CouponExpired, CouponExhausted, CouponLimitReached, ContactUnverified, OrderState, IdInUse."""
    if not await store.claim_redemption(
        tx, redemption, event_id=coupon.scope_id, organizer_id=coupon.organizer_id, at_us=now_us
    ):
        await is_reserved(tx, redemption)
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
        await store.save_key(tx, redemption, key, coupon.organizer_id)


async def release(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Gives an order's redemption back, once, unless the order is paid. If the order has none yet, saves a tombstone,
    so that a late ReserveRedemption is refused."""
    tombstone = Redemption.tombstone(order_id)
    if not await store.claim_redemption(tx, tombstone, event_id="", organizer_id="", at_us=now_us):
        await give_back(tx, order_id, now_us=now_us)


async def take_back(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Gives the redemption of a paid order back, once, although it is final: the order itself was given back."""
    await give_back(tx, order_id, old=RedemptionState.RESERVED, now_us=now_us)
    await give_back(tx, order_id, old=RedemptionState.COMMITTED, now_us=now_us)


async def give_back(tx: Tx, order_id: str, *, old: RedemptionState = RedemptionState.RESERVED, now_us: int) -> None:
    """Gives an order's redemption back if it is still reserved, or in another old state."""
    coupon_id = await store.set_redemption_state(tx, order_id, old=old, new=RedemptionState.RELEASED, at_us=now_us)
    if not coupon_id:
        return
    await store.give_use_back(tx, coupon_id)
    for key in await store.end_keys(tx, order_id):
        await store.give_participant_use_back(tx, coupon_id, key)
