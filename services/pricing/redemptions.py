"""One order's use of a coupon: RESERVED while the order is being paid, then COMMITTED or RELEASED for good."""

from dataclasses import dataclass

from eventhub.refusals import IdInUse, OrderState

RESERVED, COMMITTED, RELEASED = "RESERVED", "COMMITTED", "RELEASED"


@dataclass(frozen=True, slots=True)
class Redemption:
    """A use, counted once an order. tickets: how many it discounts; discount_minor: what it takes off, in all."""

    order_id: str
    coupon_id: str
    buyer_id: str
    tickets: int
    discount_minor: int
    currency: str
    state: str = RESERVED


def check_repeat(known: Redemption, asked: Redemption) -> None:
    """Whether a use that is asked for is the one known already. Raises OrderState once the use was given back, even if
    it had never been taken; IdInUse where the order uses another coupon, or the same otherwise."""
    if known.state == RELEASED:
        raise OrderState(state=RELEASED)
    if terms(known) != terms(asked):
        raise IdInUse


def terms(use: Redemption) -> tuple[str, int, int, str]:
    """What a use is about. Not whose it is: the buyer may have turned out to be a person known before."""
    return use.coupon_id, use.tickets, use.discount_minor, use.currency
