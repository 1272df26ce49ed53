"""A refund, and the state that its refunds give an order. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class RefundState(StrEnum):
    """The contract's OrderRefundState, as the database spells it."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"
    OWED = "OWED"
    SETTLED = "SETTLED"


# In these states the money and the lines are given back, or owed.
GIVEN = frozenset({RefundState.DONE, RefundState.OWED, RefundState.SETTLED})


class RefundGround(StrEnum):
    """The contract's RefundGround, as the database spells it."""

    WITHDRAWAL = "WITHDRAWAL"
    TERMS = "TERMS"
    ORGANIZER = "ORGANIZER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund as it is stored.

    line_ids: the lines that are given back; empty if only money is.
    amount_minor: the money that the buyer gets. kept_minor: what the organizer keeps of the price of the lines.
    reason: the organizer's, in its own words.
    requested_by: the buyer or the member.
    clerk_id: the member who pays out money that was taken at the counter; empty for other money.
    whole: whether no line of the order is left after it.
    failure: the name of the ErrorReason for which it has failed.
    note: how the money was paid by hand.
    tries: how often its saga has been put off.
    """

    refund_id: str
    order_id: str
    organizer_id: str
    event_id: str
    content_hash: str
    state: RefundState
    ground: RefundGround
    line_ids: tuple[str, ...]
    amount_minor: int
    kept_minor: int
    reason: str
    requested_by: str
    clerk_id: str
    even_if_used: bool
    block_label: str
    keep_coupon: bool
    whole: bool
    created_us: int
    ended_us: int | None
    failure: str
    note: str
    tries: int


def amount_given(refunds: Sequence[Refund]) -> int:
    """The money that refunds have given back, or owe."""
    return sum(refund.amount_minor for refund in refunds if refund.state in GIVEN)


def lines_given(refunds: Sequence[Refund]) -> dict[str, str]:
    """The refund of each line that is given back, or is being given back, by line id."""
    return {
        line_id: refund.refund_id
        for refund in refunds
        if refund.state != RefundState.FAILED
        for line_id in refund.line_ids
    }


def pending(refunds: Sequence[Refund]) -> Refund | None:
    """The refund that is under way; None if none is."""
    return next((refund for refund in refunds if refund.state == RefundState.PENDING), None)
