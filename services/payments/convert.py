"""Converts payments' values to the contract's messages, and requests to values."""

from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.values import to_timestamp
from services.payments.payments import BOX_OFFICE, Attempt, Payment
from services.payments.sandbox_gateway import Fault
from services.payments.sandbox_store import Charge
from services.payments.store import Waiting


def attempt(request: pb.AuthorizeRequest, *, card_provider: str) -> Attempt:
    """The attempt a request asks for. card_provider: charges the card, unless the buyer pays at the box office."""
    return Attempt(
        order_id=request.order_id,
        organizer_id=request.organizer_id,
        event_id=request.event_id,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        provider=BOX_OFFICE if request.box_office else card_provider,
        card_token=request.card_token,
    )


def payment_pb(payment: Payment) -> nouns.Payment:
    """The payment as callers see it, without the card."""
    attempt = payment.attempt
    return nouns.Payment(
        order_id=payment.order_id,
        state=nouns.PaymentState.Value(f"PAYMENT_STATE_{payment.state}"),
        amount=Money(minor=attempt.amount_minor, currency=attempt.currency) if attempt.amount_minor else None,
        provider=attempt.provider,
        created_at=to_timestamp(payment.created_us),
        captured_at=to_timestamp(payment.captured_us),
        void_requested=payment.void_requested,
    )


def health_pb(provider: str, breaker: str, waiting: Waiting) -> nouns.ProviderHealth:
    """A provider's health. breaker: the name of its breaker's state."""
    return nouns.ProviderHealth(
        provider=provider,
        breaker=nouns.BreakerState.Value(f"BREAKER_STATE_{breaker}"),
        unsettled=waiting.count,
        oldest_unsettled_at=to_timestamp(waiting.oldest_us),
    )


def charge_pb(charge: Charge) -> nouns.SandboxCharge:
    """An entry of the sandbox's book. A key burnt before its use has no amount."""
    money = Money(minor=charge.amount_minor, currency=charge.currency) if charge.amount_minor else None
    return nouns.SandboxCharge(key=charge.key, state=charge.standing.value, amount=money)


def fault(requested: nouns.SandboxFault.ValueType) -> Fault:
    """The sandbox fault that a request names."""
    return Fault[nouns.SandboxFault.Name(requested).removeprefix("SANDBOX_FAULT_")]
