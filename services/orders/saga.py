"""The checkout saga: what to do next with an order, from what is known. Pure.

Forward: lock the hold, reserve the coupon, authorize the payment, sell the places, capture, paid. Money is captured
only once the places are sold, so nobody is charged for nothing. Giving up: close the payment, then give the hold back
to its buyer, who may pay it with another order, give the coupon back, failed. A payment that turns out captured while
it is being closed goes forward.

Every step can be done again: after a crash the saga starts over and each context answers what it has done already.
"""

from dataclasses import dataclass
from enum import Enum

from services.orders.purchases import BOX_OFFICE, CARD, Purchase

UNKNOWN, AUTHORIZED, CAPTURED, DECLINED, VOIDED = "UNKNOWN", "AUTHORIZED", "CAPTURED", "DECLINED", "VOIDED"
CLOSED = (DECLINED, VOIDED)
PAYMENT_DECLINED, PAYMENT_TIMED_OUT = "PAYMENT_DECLINED", "PAYMENT_TIMED_OUT"


class Step(Enum):
    """What can be done with an order."""

    LOCK = "lock the hold"
    RESERVE = "reserve the coupon"
    AUTHORIZE = "authorize the payment"
    CONFIRM = "sell the places"
    CAPTURE = "capture the payment"
    PAY = "note that it is paid"
    WAIT = "wait for the payment provider"
    GIVE_UP = "decide to give it up"
    VOID = "close the payment"
    UNLOCK = "give the hold back"
    RELEASE = "give the coupon back"
    FAIL = "note that it failed"
    DONE = "nothing"


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known to have been done since the saga was started, and what the payment's state was last. held_until_us:
    until when the hold is its owner's again, None if it is not. waiting: the provider has been asked and has not
    answered. refused: why a neighbour refused to go on."""

    locked: bool = False
    reserved: bool = False
    payment: str = ""
    sold: bool = False
    unlocked: bool = False
    held_until_us: int | None = None
    released: bool = False
    waiting: bool = False
    refused: str = ""


def next_step(order: Purchase, progress: Progress, *, now_us: int) -> Step:
    """What to do next."""
    if order.settled:
        return Step.DONE
    if order.giving_up:
        return next_back(order, progress)
    if progress.refused or progress.payment in CLOSED or out_of_time(order, progress, now_us):
        return Step.GIVE_UP
    return next_forward(order, progress)


def next_forward(order: Purchase, progress: Progress) -> Step:
    """The next step towards PAID."""
    if not progress.locked:
        return Step.LOCK
    if order.coupon_id and not progress.reserved:
        return Step.RESERVE
    if needs_payment(order) and progress.payment in ("", UNKNOWN):
        return Step.WAIT if progress.waiting else Step.AUTHORIZE
    if not progress.sold:
        return Step.CONFIRM
    if needs_payment(order) and progress.payment != CAPTURED:
        return Step.WAIT if progress.waiting else Step.CAPTURE
    return Step.PAY


def next_back(order: Purchase, progress: Progress) -> Step:
    """The next step towards FAILED; or forward, where the payment turns out to be captured: it is only ever captured
    after the places were sold."""
    if needs_payment(order) and progress.payment not in CLOSED:
        if progress.payment == CAPTURED:
            return Step.PAY
        return Step.WAIT if progress.waiting else Step.VOID
    if not progress.unlocked:
        return Step.UNLOCK
    if order.coupon_id and not progress.released:
        return Step.RELEASE
    return Step.FAIL


def needs_payment(order: Purchase) -> bool:
    """Whether payments has anything to do."""
    return order.total_minor > 0 and order.method in (CARD, BOX_OFFICE)


def out_of_time(order: Purchase, progress: Progress, now_us: int) -> bool:
    """Whether the provider has been silent for too long. Once the places are sold the payment is authorized, and its
    capture is waited for."""
    silent = progress.payment in ("", UNKNOWN) and not progress.sold
    return needs_payment(order) and silent and now_us >= order.pay_until_us


def reason_to_give_up(progress: Progress) -> str:
    """Why an order is given up."""
    if progress.refused:
        return progress.refused
    return PAYMENT_DECLINED if progress.payment in CLOSED else PAYMENT_TIMED_OUT


# Seconds until an order that waits is looked at again, by how often it was. Payments usually tells earlier.
WAITS_S = (5, 15, 45, 120, 300, 900)


# A checkout takes a tenth of this; in the meantime nobody else need do the same.
FIRST_LOOK_US = 1_000_000


def first_look_us(order: Purchase) -> int:
    """When to look at a new order that nobody has taken further: its checkout may have ended with a process."""
    return order.created_us + FIRST_LOOK_US


def look_again_us(order: Purchase, *, now_us: int) -> int:
    """When to look again at an order that waits: no later than when it is to be given up, if that is still ahead."""
    later_us = now_us + WAITS_S[min(order.tries, len(WAITS_S) - 1)] * 1_000_000
    return min(later_us, order.pay_until_us) if now_us < order.pay_until_us else later_us
