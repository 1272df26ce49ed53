"""payments' values as the contract's messages, and back."""

from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.values import to_timestamp
from services.payments.payments import BOX_OFFICE, SANDBOX, Attempt, Payment
from services.payments.sandbox import Fault
from services.payments.sandbox_store import Charge
from services.payments.store import Waiting


def attempt(request: pb.AuthorizeRequest) -> Attempt:
    """What is to be paid."""
    return Attempt(
        request.order_id,
        request.organizer_id,
        request.event_id,
        request.amount.minor,
        request.amount.currency,
        BOX_OFFICE if request.box_office else SANDBOX,
        request.card_token,
    )


def payment_pb(payment: Payment) -> nouns.Payment:
    """A payment."""
    asked = payment.attempt
    return nouns.Payment(
        order_id=payment.order_id,
        state=nouns.PaymentState.Value(f"PAYMENT_STATE_{payment.state}"),
        amount=Money(minor=asked.amount_minor, currency=asked.currency) if asked.amount_minor else None,
        provider=asked.provider,
        created_at=to_timestamp(payment.created_us),
        captured_at=to_timestamp(payment.captured_us),
        void_requested=payment.void_requested,
    )


def health_pb(provider: str, breaker: str, waiting: Waiting) -> nouns.ProviderHealth:
    """How a provider is doing."""
    return nouns.ProviderHealth(
        provider=provider,
        breaker=nouns.BreakerState.Value(f"BREAKER_STATE_{breaker}"),
        unsettled=waiting.count,
        oldest_unsettled_at=to_timestamp(waiting.oldest_us),
    )


def charge_pb(charge: Charge) -> nouns.SandboxCharge:
    """An entry of the sandbox's book."""
    money = Money(minor=charge.amount_minor, currency=charge.currency) if charge.amount_minor else None
    return nouns.SandboxCharge(key=charge.key, state=charge.standing.value, amount=money)


def fault(sent: nouns.SandboxFault.ValueType) -> Fault:
    """How the sandbox is to misbehave."""
    return Fault[nouns.SandboxFault.Name(sent).removeprefix("SANDBOX_FAULT_")]
