"""Redemptions: an order's use of a coupon. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from eventhub.refusals import IdInUse, OrderState


class RedemptionState(StrEnum):
    """States of a redemption: RESERVED while the order is being paid, then COMMITTED or RELEASED for ever."""

    RESERVED = "RESERVED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """An order's use of a coupon. tickets: number of discounted tickets. discount_minor: total of the discount."""

    order_id: str
    coupon_id: str
    buyer_id: str
    tickets: int
    discount_minor: int
    currency: str
    state: RedemptionState = RedemptionState.RESERVED

    @classmethod
    def tombstone(cls, order_id: str) -> Self:
        """Stands for a redemption that was given back before it was reserved."""
        return cls(
            order_id=order_id,
            coupon_id="",
            buyer_id="",
            tickets=0,
            discount_minor=0,
            currency="",
            state=RedemptionState.RELEASED,
        )


def check_repeat(known: Redemption, asked: Redemption) -> None:
    """Raises OrderState if the known redemption of the order was given back, even before it was reserved; IdInUse if
    the redemption asked for has another coupon or discount."""
    if known.state == RedemptionState.RELEASED:
        raise OrderState(state=known.state)
    if terms(known) != terms(asked):
        raise IdInUse


def terms(redemption: Redemption) -> tuple[str, int, int, str]:
    """The values that a repeat must have too. buyer_id is not among them: if a guest has signed in between two tries,
    the second try names the account."""
    return redemption.coupon_id, redemption.tickets, redemption.discount_minor, redemption.currency
