"""Refunds of payments, and what of a payment can be given back. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub import refusals
from services.payments import payments
from services.payments.payments import BOX_OFFICE, Payment, PaymentState


class RefundState(StrEnum):
    """The contract's states of a refund; see eventhub.payments.v1.RefundState for their transitions."""

    UNKNOWN = "UNKNOWN"
    DONE = "DONE"
    MANUAL = "MANUAL"
    SETTLED = "SETTLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request to give money of an order's payment back. return_fee: the platform gives its fee for it back, too.
    clerk_id: the member who pays out money that was taken at the counter; empty if it is paid by hand."""

    refund_id: str
    order_id: str
    amount_minor: int
    currency: str
    return_fee: bool
    clerk_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A refund. provider, till_id, counter_method: as in Attempt; till_id is that of the clerk who has paid it out.
    tries: the number of requests in a row without an answer. next_try_us: None unless the provider's answer is
    awaited. ended_us: when it was DONE or SETTLED."""

    wanted: Wanted
    organizer_id: str
    event_id: str
    provider: str
    till_id: str = ""
    counter_method: str
    state: RefundState
    tries: int = 0
    next_try_us: int | None
    created_us: int
    ended_us: int | None = None

    @property
    def refund_id(self) -> str:
        """Its id, which is also its key at the provider."""
        return self.wanted.refund_id


def begin(payment: Payment, wanted: Wanted, *, now_us: int) -> Refund:
    """A new refund of a payment. Raises as check."""
    check(payment, wanted)
    return Refund(
        wanted=wanted,
        organizer_id=payment.attempt.organizer_id,
        event_id=payment.attempt.event_id,
        provider=payment.attempt.provider,
        counter_method=payment.attempt.counter_method,
        state=RefundState.UNKNOWN,
        next_try_us=payments.first_try_us(now_us),
        created_us=now_us,
    )


def check(payment: Payment, wanted: Wanted) -> None:
    """Raises PaymentState unless the money of a payment is there, CurrencyMismatch, and RefundTooLarge if less is
    left."""
    if payment.state is not PaymentState.CAPTURED or payment.disputed_us is not None:
        raise refusals.PaymentState(state=payment.state)
    if wanted.currency != payment.attempt.currency:
        raise refusals.CurrencyMismatch(expected=payment.attempt.currency)
    left_minor = payment.attempt.amount_minor - payment.refunded_minor
    if wanted.amount_minor > left_minor:
        raise refusals.RefundTooLarge(left_minor=left_minor, currency=payment.attempt.currency)


def check_repeat(known: Refund, wanted: Wanted) -> None:
    """Raises IdInUse if a repeated request asks for another refund than the one with its id."""
    if known.wanted != wanted:
        raise refusals.IdInUse


def at_counter(refund: Refund) -> bool:
    """Whether the money was taken at the counter, so that no provider can give it back."""
    return refund.provider == BOX_OFFICE


def ended(refund: Refund, state: RefundState, *, now_us: int, till_id: str = "") -> Refund:
    """A refund whose outcome is known. till_id: the till that has paid it out."""
    over = state in (RefundState.DONE, RefundState.SETTLED)
    return replace(refund, state=state, till_id=till_id, next_try_us=None, ended_us=now_us if over else None)


def unanswered(refund: Refund, *, now_us: int) -> Refund:
    """A refund after a request without an answer."""
    tries = refund.tries + 1
    return replace(refund, tries=tries, next_try_us=payments.next_try_us(tries, now_us))


def is_taken(payment: Payment, refund: Refund) -> bool:
    """Whether the provider has refused a refund, and a dispute has given the money to the owner of the card."""
    return refund.state is RefundState.MANUAL and payment.disputed_us is not None


def check_still_owed(payment: Payment, refund: Refund) -> None:
    """Raises PaymentState for a refused refund whose money a dispute has taken."""
    if is_taken(payment, refund):
        raise refusals.PaymentState(state=payment.state)


def check_settles(payment: Payment, refund: Refund) -> None:
    """Raises RefundState unless the money of a refund is or was owed."""
    if refund.state not in (RefundState.MANUAL, RefundState.SETTLED) or is_taken(payment, refund):
        raise refusals.RefundState(state=refund.state)


def fee_part(payment: Payment, amount_minor: int) -> int:
    """The platform's fee for a part of a payment, halves down."""
    return payment.fee_minor * amount_minor // payment.attempt.amount_minor
