"""Converts payments' values to the contract's messages, and requests to values."""

from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.values import to_timestamp
from services.payments.payments import BOX_OFFICE, Attempt, Payment
from services.payments.refunds.refund import Refund, Wanted
from services.payments.sandbox_gateway import Fault
from services.payments.sandbox_store import Charge
from services.payments.store import Waiting
from services.payments.tills.till import Counted, expected_cash


def attempt(request: pb.AuthorizeRequest, *, card_provider: str) -> Attempt:
    """The attempt a request asks for. card_provider: charges the card, unless the buyer pays at the box office."""
    counter = request.counter
    return Attempt(
        order_id=request.order_id,
        organizer_id=request.organizer_id,
        event_id=request.event_id,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        provider=BOX_OFFICE if request.HasField("counter") else card_provider,
        card_token=request.card_token,
        till_id=counter.till_id,
        counter_method=nouns.CounterMethod.Name(counter.method).removeprefix("COUNTER_METHOD_")
        if counter.till_id
        else "",
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
        till_id=attempt.till_id,
        refunded=Money(minor=payment.refunded_minor, currency=attempt.currency) if payment.refunded_minor else None,
        disputed_at=to_timestamp(payment.disputed_us),
    )


def wanted(request: pb.RefundRequest) -> Wanted:
    """The refund that a request asks for."""
    return Wanted(
        refund_id=request.refund_id,
        order_id=request.order_id,
        amount_minor=request.amount.minor,
        currency=request.amount.currency,
        return_fee=request.return_fee,
        clerk_id=request.clerk_id,
    )


def refund_pb(refund: Refund) -> nouns.Refund:
    """A refund as orders sees it."""
    return nouns.Refund(
        refund_id=refund.refund_id,
        order_id=refund.wanted.order_id,
        amount=Money(minor=refund.wanted.amount_minor, currency=refund.wanted.currency),
        state=nouns.RefundState.Value(f"REFUND_STATE_{refund.state}"),
        created_at=to_timestamp(refund.created_us),
        ended_at=to_timestamp(refund.ended_us),
        till_id=refund.till_id,
    )


def till_pb(counted: Counted) -> nouns.Till:
    """A till with its booked sales, as its organizer's members see it."""
    till = counted.till

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=till.currency)

    expected_minor = expected_cash(till, counted.totals) if till.is_open else till.expected_minor
    return nouns.Till(
        till_id=till.till_id,
        organizer_id=till.organizer_id,
        clerk_id=till.clerk_id,
        event_id=till.event_id,
        state=nouns.TILL_STATE_OPEN if till.is_open else nouns.TILL_STATE_CLOSED,
        opened_at=to_timestamp(till.opened_us),
        opening_float=money(till.float_minor),
        totals=[
            nouns.TillTotal(
                method=nouns.CounterMethod.Value(f"COUNTER_METHOD_{total.method}"),
                amount=money(total.amount_minor),
                sales=total.sales,
            )
            for total in counted.totals
        ],
        expected_cash=money(expected_minor),
        closed_at=to_timestamp(till.closed_us),
        closed_by=till.closed_by,
        counted_cash=None if till.is_open else money(till.counted_minor),
        difference_minor=0 if till.is_open else till.counted_minor - expected_minor,
        note=till.note,
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
    back = Money(minor=charge.refunded_minor, currency=charge.currency) if charge.refunded_minor else None
    state = "disputed" if charge.disputed else charge.standing.value
    return nouns.SandboxCharge(key=charge.key, state=state, amount=money, refunded=back)


def fault(requested: nouns.SandboxFault.ValueType) -> Fault:
    """The sandbox fault that a request names."""
    return Fault[nouns.SandboxFault.Name(requested).removeprefix("SANDBOX_FAULT_")]
