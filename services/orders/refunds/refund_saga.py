"""The refund saga: which step a refund needs next. Pure.

Revoke the tickets, give the money back, take the places back, give the coupon back, note the end. The tickets are
revoked first, so nobody comes in with a ticket whose money is on its way; a used one stops the refund before anything
else has happened. After that the saga only goes forward. Every step can be repeated. After a crash the saga starts
over, and each context answers with the result of its first try.
"""

from dataclasses import dataclass
from enum import Enum

from services.orders.orders import Order
from services.orders.refunds.refund import Refund, RefundState


class Step(Enum):
    """The steps of the saga."""

    REVOKE = "revoke the tickets"
    PAY_BACK = "give the money back"
    RETURN = "take the places back"
    RETURN_COUPON = "give the coupon back"
    FAIL = "note that it failed"
    WAIT = "wait for the payment provider"
    END = "note that it is done, or that the money is owed"
    DONE = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The steps done since the saga started. owed: the provider refuses to give the money back. waiting: the provider
    has not answered. refused: the reason with which ticketing or payments refused a step."""

    revoked: bool = False
    paid_back: bool = False
    owed: bool = False
    waiting: bool = False
    returned: bool = False
    coupon_returned: bool = False
    refused: str = ""


def next_step(refund: Refund, order: Order, progress: Progress) -> Step:
    """The next step of a refund of an order."""
    if refund.state != RefundState.PENDING:
        return Step.DONE
    if progress.refused:
        return Step.FAIL
    if progress.waiting:
        return Step.WAIT
    steps = {
        Step.REVOKE: bool(refund.line_ids) and not progress.revoked,
        Step.PAY_BACK: bool(refund.amount_minor) and not progress.paid_back,
        Step.RETURN: bool(refund.line_ids) and not progress.returned,
        Step.RETURN_COUPON: returns_coupon(refund, order) and not progress.coupon_returned,
    }
    return next((step for step, wanted in steps.items() if wanted), Step.END)


def returns_coupon(refund: Refund, order: Order) -> bool:
    """Whether a refund gives the use of the order's coupon back."""
    return bool(order.coupon_id) and refund.whole and not refund.keep_coupon
