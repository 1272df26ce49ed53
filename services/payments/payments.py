"""Payments: the state of an order's payment and the next step to settle it. Pure."""

import hashlib
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from eventhub import refusals

BOX_OFFICE = "box_office"

FINGERPRINT = "sha256:"
SECOND_US = 1_000_000
# How long a caller waits for the provider's answer.
INTERACTIVE_S = 4.0
# Seconds until the provider is asked again, by the number of tries without an answer.
WAITS_S = (1, 5, 15, 45, 120, 300, 900, 3600)


class PaymentState(StrEnum):
    """The contract's states of a payment; see eventhub.payments.v1.PaymentState for their transitions."""

    UNKNOWN = "UNKNOWN"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    VOIDED = "VOIDED"


# The provider may still be asked about these.
UNFINISHED = frozenset({PaymentState.UNKNOWN, PaymentState.AUTHORIZED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A request to pay an order.

    amount_minor: 0 for a tombstone. provider: a payment provider's name, BOX_OFFICE, or empty for a tombstone.
    card_token: the provider's token for the card, later its fingerprint; empty without a card. till_id,
    counter_method: the till that takes the money at the counter, and how the customer pays; empty away from there.
    """

    order_id: str
    organizer_id: str = ""
    event_id: str = ""
    amount_minor: int = 0
    currency: str = ""
    provider: str = ""
    card_token: str = ""
    till_id: str = ""
    counter_method: str = ""

    @classmethod
    def tombstone(cls, order_id: str) -> "Attempt":
        """Marks an order whose payment was voided before it began, so that no later attempt charges it."""
        return cls(order_id=order_id)

    @property
    def is_tombstone(self) -> bool:
        """True if the attempt asks for no money."""
        return not self.amount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An order's payment.

    sent: a byte may have reached the provider. tries: the number of requests in a row without an answer. next_try_us,
    waiting_since_us: None unless the provider's answer is awaited. version: grows with each change.
    fee_minor: the platform's part. refunded_minor: the money that was given back, is being given back, or is owed.
    disputed_us: when the provider told that the card's owner disputes it.
    """

    attempt: Attempt
    state: PaymentState
    void_requested: bool = False
    capture_requested: bool = False
    sent: bool = False
    tries: int = 0
    next_try_us: int | None = None
    waiting_since_us: int | None = None
    created_us: int
    captured_us: int | None = None
    version: int = 1
    fee_minor: int = 0
    refunded_minor: int = 0
    disputed_us: int | None = None

    @property
    def order_id(self) -> str:
        """The order it pays; also its key at the provider."""
        return self.attempt.order_id


class Step(Enum):
    """A request to the provider."""

    AUTHORIZE = "reserve the amount"
    CAPTURE = "capture the amount"
    VOID = "void the charge and burn the key"


def begin(attempt: Attempt, *, sent: bool, fee_permille: int = 0, now_us: int) -> Payment:
    """A new payment. The box office has the money already; a provider has yet to answer. sent: the caller sends it to
    the provider at once. fee_permille: the platform's part of money that a provider takes, halves down."""
    if attempt.provider == BOX_OFFICE:
        return Payment(attempt=attempt, state=PaymentState.AUTHORIZED, created_us=now_us)
    return Payment(
        attempt=attempt,
        state=PaymentState.UNKNOWN,
        sent=sent,
        next_try_us=first_try_us(now_us),
        waiting_since_us=now_us,
        created_us=now_us,
        fee_minor=(attempt.amount_minor * fee_permille + 499) // 1_000,
    )


def void_unbegun(order_id: str, *, now_us: int) -> Payment:
    """The payment of an order that was voided before any attempt to pay it."""
    attempt = Attempt.tombstone(order_id)
    return Payment(attempt=attempt, state=PaymentState.VOIDED, void_requested=True, created_us=now_us)


def close(payment: Payment, state: PaymentState) -> Payment:
    """Moves a payment to a final state: the provider is not asked again."""
    return replace(payment, state=state, next_try_us=None, waiting_since_us=None)


def next_step(payment: Payment, *, capture: bool) -> Step | None:
    """The next request to the provider. capture: a caller waits for the money right now; the payment itself need not
    say so. A void comes first: if a capture is under way too, the provider decides which of them was in time."""
    if payment.state not in UNFINISHED:
        return None
    if payment.void_requested:
        return Step.VOID
    if payment.state is PaymentState.UNKNOWN:
        return Step.AUTHORIZE
    return Step.CAPTURE if capture or payment.capture_requested else None


def fingerprint(card_token: str) -> str:
    """A hash that tells cards apart and cannot pay; empty without a card."""
    return f"{FINGERPRINT}{hashlib.sha256(card_token.encode()).hexdigest()}" if card_token else ""


def card_to_keep(payment: Payment) -> str:
    """The card as it is stored: its token while an authorization may be repeated, afterwards its fingerprint."""
    token = payment.attempt.card_token
    return token if payment.state is PaymentState.UNKNOWN or token.startswith(FINGERPRINT) else fingerprint(token)


def check_authorize(payment: Payment, attempt: Attempt) -> None:
    """Checks that the order's existing payment may answer a new attempt.

    Raises IdInUse if the attempt differs from the payment's own, PaymentState if the payment was voided. A captured
    payment always answers, even if a void was requested: it cannot be voided any more.
    """
    forgotten = replace(attempt, card_token=fingerprint(attempt.card_token))
    if not payment.attempt.is_tombstone and payment.attempt not in (attempt, forgotten):
        raise refusals.IdInUse
    voided = payment.void_requested or payment.state is PaymentState.VOIDED
    if voided and payment.state is not PaymentState.CAPTURED:
        raise refusals.PaymentState(state=payment.state)


def check_capture(payment: Payment) -> None:
    """Accepts a payment that can be captured, was captured or was voided. Raises PaymentState for any other."""
    if payment.state in (PaymentState.UNKNOWN, PaymentState.DECLINED):
        raise refusals.PaymentState(state=payment.state)


def first_try_us(now_us: int) -> int:
    """The time from which the worker asks the provider, in case the caller who asks it now disappears."""
    return now_us + int(INTERACTIVE_S * SECOND_US)


def next_try_us(tries: int, now_us: int) -> int:
    """The time of the next request. tries: how many went without an answer, at least 1."""
    return now_us + WAITS_S[min(tries, len(WAITS_S)) - 1] * SECOND_US


def is_late(payment: Payment, now_us: int) -> bool:
    """True if the caller has stopped waiting for the provider's answer, so that the answer has to be announced."""
    return payment.tries > 0 or (payment.next_try_us is not None and now_us >= payment.next_try_us)


def can_void_unsent(payment: Payment) -> bool:
    """True if the payment can be voided without a request, because no provider has heard of it."""
    return payment.state in UNFINISHED and (payment.attempt.provider == BOX_OFFICE or not payment.sent)
