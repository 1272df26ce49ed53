"""Payments: what an order's payment is, and what is to be done about it next. Pure."""

import hashlib
from dataclasses import dataclass, replace
from enum import Enum

from eventhub import refusals

UNKNOWN, AUTHORIZED, CAPTURED, DECLINED, VOIDED = "UNKNOWN", "AUTHORIZED", "CAPTURED", "DECLINED", "VOIDED"
SANDBOX, BOX_OFFICE = "sandbox", "box_office"

FINGERPRINT = "sha256:"
SECOND_US = 1_000_000
# How long whoever asks waits for the provider's answer.
INTERACTIVE_S = 4.0
# Seconds until the provider is asked again, by how often it has not answered.
WAITS_S = (1, 5, 15, 45, 120, 300, 900, 3600)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is to be paid, to whom, and how. Amounts in minor units; card_token is empty at the box office."""

    order_id: str
    organizer_id: str
    event_id: str
    amount_minor: int
    currency: str
    provider: str
    card_token: str


@dataclass(frozen=True, slots=True)
class Payment:
    """An order's payment. sent: a byte may have reached the provider. tries: how often it has not answered. next_try_us
    and waiting_since_us: None unless the provider's answer is awaited."""

    attempt: Attempt
    state: str
    void_requested: bool
    capture_requested: bool
    sent: bool
    tries: int
    next_try_us: int | None
    waiting_since_us: int | None
    created_us: int
    captured_us: int | None
    version: int

    @property
    def order_id(self) -> str:
        """The order it pays; also its key at the provider."""
        return self.attempt.order_id


class Step(Enum):
    """What can be asked of the provider."""

    AUTHORIZE = "reserve the amount"
    CAPTURE = "take the amount"
    VOID = "give the amount up, and burn the key"


def next_step(payment: Payment, *, capture: bool) -> Step | None:
    """What to ask the provider next. capture: somebody asks for it now, besides what the payment itself notes. Giving
    up comes first: of a void and a capture the provider decides which was in time."""
    if payment.state not in (UNKNOWN, AUTHORIZED):
        return None
    if payment.void_requested:
        return Step.VOID
    if payment.state == UNKNOWN:
        return Step.AUTHORIZE
    return Step.CAPTURE if capture or payment.capture_requested else None


def fingerprint(card_token: str) -> str:
    """What tells a card from another and pays nothing; empty for none."""
    return f"{FINGERPRINT}{hashlib.sha256(card_token.encode()).hexdigest()}" if card_token else ""


def card_to_keep(payment: Payment) -> str:
    """What is kept of a card: its token while the provider may have to be asked with it, then its fingerprint."""
    token = payment.attempt.card_token
    return token if payment.state == UNKNOWN or token.startswith(FINGERPRINT) else fingerprint(token)


def check_authorize(payment: Payment, attempt: Attempt) -> None:
    """Whether a payment may answer for an attempt. Raises PaymentState after it was given up, IdInUse for another
    content. Money that was taken is told in any case: it cannot be given up any more."""
    tombstone = not payment.attempt.amount_minor
    forgotten = replace(attempt, card_token=fingerprint(attempt.card_token))
    if not tombstone and payment.attempt not in (attempt, forgotten):
        raise refusals.IdInUse
    if payment.state != CAPTURED and (payment.void_requested or payment.state == VOIDED):
        raise refusals.PaymentState(state=payment.state)


def check_capture(payment: Payment) -> None:
    """Whether a payment can be captured, was, or is gone. Raises PaymentState before it is authorized."""
    if payment.state in (UNKNOWN, DECLINED):
        raise refusals.PaymentState(state=payment.state)


def first_try_us(now_us: int) -> int:
    """When an attempt is settled by the loop, should whoever makes it vanish."""
    return now_us + int(INTERACTIVE_S * SECOND_US)


def next_try_us(tries: int, now_us: int) -> int:
    """When to ask again after so many tries without an answer."""
    return now_us + WAITS_S[min(tries, len(WAITS_S)) - 1] * SECOND_US


def is_late(payment: Payment, now_us: int) -> bool:
    """Whether nobody waits for the answer any more, so that it has to be told."""
    return payment.tries > 0 or (payment.next_try_us is not None and now_us >= payment.next_try_us)


def can_void_unsent(payment: Payment) -> bool:
    """Whether giving up needs no word to the provider, because it has never heard of the payment."""
    open_here = payment.state in (UNKNOWN, AUTHORIZED)
    return open_here and (payment.attempt.provider == BOX_OFFICE or not payment.sent)
