"""The checkout saga: which step an order needs next. Pure.

Forward: lock the hold, reserve the coupon, authorize the payment, sell the places, capture the payment, note PAID. The
money is captured only after the places are sold, so no buyer pays for nothing.

Back: close the payment, give the hold back to its buyer, give the coupon back, note FAILED. The buyer may pay for the
hold with another order; the hold of one sale at the counter is released. If a payment turns out to be captured while
the saga closes it, the order goes forward again.

If the event moves to another plan between the order and the lock, the order takes the seats that its hold has then.

Every step can be repeated. After a crash the saga starts over, and each context answers with the result of its first
try.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum

from services.kit.values import SECOND_US
from services.orders.orders import MovedPlaces, Order

PAYMENT_DECLINED, PAYMENT_TIMED_OUT = "PAYMENT_DECLINED", "PAYMENT_TIMED_OUT"
PAYMENT_STATE, TILL_NOT_OPEN = "PAYMENT_STATE", "TILL_NOT_OPEN"
# Seconds until a replica picks up a waiting order again, by how often it was put off. Usually payments tells earlier.
WAITS_S = (5, 15, 45, 120, 300, 900)
# Normal checkouts finish in 100 ms; until this time no other replica should pick the order up.
FIRST_LOOK_US = SECOND_US


class PaymentState(StrEnum):
    """The contract's PaymentState without its prefix."""

    UNKNOWN = "UNKNOWN"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    VOIDED = "VOIDED"


# No money can be taken in these states any more.
CLOSED = frozenset({PaymentState.DECLINED, PaymentState.VOIDED})


class Step(Enum):
    """The steps of the saga."""

    LOCK = "lock the hold"
    RESEAT = "take the seats that the hold has by now"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The steps done since the saga started, and the last known state of the payment. held_until_us: when the hold that
    is its buyer's again expires; None if it is not. moved: the places that the hold had when it was locked, if they had
    moved since the order was made. waiting: payments was asked, and the provider has not answered.
    refused: the reason with which a neighbour refused a step."""

    locked: bool = False
    moved: MovedPlaces | None = None
    reserved: bool = False
    payment: PaymentState | None = None
    sold: bool = False
    unlocked: bool = False
    held_until_us: int | None = None
    released: bool = False
    waiting: bool = False
    refused: str = ""


def next_step(order: Order, progress: Progress, *, now_us: int) -> Step:
    """The next step of an order."""
    if not order.awaits_provider:
        return Step.DONE
    if order.giving_up:
        return next_back(order, progress)
    if progress.refused or progress.payment in CLOSED or out_of_time(order, progress, now_us):
        return Step.GIVE_UP
    if progress.moved is not None and progress.moved.revision > order.places_revision:
        return Step.RESEAT
    return next_forward(order, progress)


def next_forward(order: Order, progress: Progress) -> Step:
    """The next step towards PAID."""
    if not progress.locked:
        return Step.LOCK
    if order.coupon_id and not progress.reserved:
        return Step.RESERVE
    if order.needs_payment and progress.payment in (None, PaymentState.UNKNOWN):
        return Step.WAIT if progress.waiting else Step.AUTHORIZE
    if not progress.sold:
        return Step.CONFIRM
    if order.needs_payment and progress.payment != PaymentState.CAPTURED:
        return Step.WAIT if progress.waiting else Step.CAPTURE
    return Step.PAY


def next_back(order: Order, progress: Progress) -> Step:
    """The next step towards FAILED, or PAY if the payment turns out to be captured: a payment is captured only after
    the places were sold."""
    if order.needs_payment and progress.payment not in CLOSED:
        if progress.payment == PaymentState.CAPTURED:
            return Step.PAY
        return Step.WAIT if progress.waiting else Step.VOID
    if not progress.unlocked:
        return Step.UNLOCK
    if order.coupon_id and not progress.released:
        return Step.RELEASE
    return Step.FAIL


def out_of_time(order: Order, progress: Progress, now_us: int) -> bool:
    """Whether the provider has been silent for too long. It has no limit after the places are sold: by then the payment
    is authorized, and only its capture is open."""
    silent = progress.payment in (None, PaymentState.UNKNOWN) and not progress.sold
    return order.needs_payment and silent and now_us >= order.pay_until_us


def reason_to_give_up(order: Order, progress: Progress) -> str:
    """The name of the ErrorReason for which an order is given up."""
    if order.till_id and (progress.payment in CLOSED or progress.refused == PAYMENT_STATE):
        return TILL_NOT_OPEN  # no one but the closing of the till closes a payment that orders has not given up
    if progress.refused:
        return progress.refused
    return PAYMENT_DECLINED if progress.payment in CLOSED else PAYMENT_TIMED_OUT


def first_look_us(order: Order) -> int:
    """When a replica picks up a new order that is still PENDING: the process of its checkout may have died."""
    return order.created_us + FIRST_LOOK_US


def wait_us(tries: int, now_us: int) -> int:
    """When work that was put off so often is tried again."""
    return now_us + WAITS_S[min(tries, len(WAITS_S) - 1)] * SECOND_US


def look_again_us(order: Order, *, now_us: int) -> int:
    """When a replica picks up a waiting order again: at the end of its time to pay at the latest, if that is ahead."""
    later_us = wait_us(order.tries, now_us)
    return min(later_us, order.pay_until_us) if now_us < order.pay_until_us else later_us
