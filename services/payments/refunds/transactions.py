"""payments' transactions about refunds and disputes: load, decide, save, announce. A payment is always locked before
its refunds, and a till before both."""

from collections.abc import Sequence
from dataclasses import replace

from eventhub import refusals
from eventhub.payments.v1.payments_events_pb2 import PaymentDisputed, RefundSettled
from services.kit.db import Tx
from services.payments import convert, ledger, transactions
from services.payments import store as payment_store
from services.payments.gateway import Dispute
from services.payments.payments import UNFINISHED, Payment, PaymentState
from services.payments.refunds import refund as refunds
from services.payments.refunds import store
from services.payments.refunds.refund import Refund, RefundState, Wanted
from services.payments.tills import store as till_store


async def begin(tx: Tx, wanted: Wanted, *, now_us: int) -> Refund:
    """Writes a refund down before it is sent, or finds it. Money of the counter is paid out at once, from the open till
    of the clerk; without one it is owed. Raises PaymentNotFound, PaymentState, CurrencyMismatch, RefundTooLarge,
    IdInUse."""
    till_id = await open_till(tx, wanted)
    payment = await transactions.locked(tx, wanted.order_id)
    known = await store.lock(tx, wanted.refund_id)
    if known is not None:
        refunds.check_repeat(known, wanted)
        refunds.check_still_owed(payment, known)
        return known
    new = refunds.begin(payment, wanted, now_us=now_us)
    if not await store.claim(tx, new):
        raise refusals.IdInUse  # by a refund of another order, at the same time
    await store.add_refunded(tx, wanted.order_id, wanted.amount_minor)
    if not refunds.at_counter(new):
        return new
    state = RefundState.DONE if till_id else RefundState.MANUAL
    return await settle(tx, payment, refunds.ended(new, state, now_us=now_us, till_id=till_id), now_us=now_us)


async def open_till(tx: Tx, wanted: Wanted) -> str:
    """The open till of the clerk who pays a refund out, locked; empty if there is none that may."""
    payment = await payment_store.find(tx, wanted.order_id)
    if not wanted.clerk_id or payment is None:
        return ""
    attempt = payment.attempt
    found = await till_store.find_open(tx, attempt.organizer_id, wanted.clerk_id)
    till = await till_store.lock(tx, found.till_id) if found else None
    fits = till is not None and till.is_open and till.currency == wanted.currency
    return till.till_id if till is not None and fits and till.event_id in ("", attempt.event_id) else ""


async def save_done(tx: Tx, refund_id: str, *, now_us: int) -> Refund:
    """Records that the provider has taken a refund in."""
    return await save_outcome(tx, refund_id, RefundState.DONE, now_us=now_us)


async def save_refused(tx: Tx, refund_id: str, *, now_us: int) -> Refund:
    """Records that the provider refuses a refund: the money is owed."""
    return await save_outcome(tx, refund_id, RefundState.MANUAL, now_us=now_us)


async def save_outcome(tx: Tx, refund_id: str, state: RefundState, *, now_us: int) -> Refund:
    """Records the outcome of a refund; a known one stays."""
    payment, refund = await with_payment(tx, refund_id)
    if refund.state is not RefundState.UNKNOWN:
        return refund
    return await settle(tx, payment, refunds.ended(refund, state, now_us=now_us), now_us=now_us)


async def note_unanswered(tx: Tx, refund_id: str, *, now_us: int) -> Refund:
    """Records a request without an answer, and schedules the next."""
    _, refund = await with_payment(tx, refund_id)
    if refund.state is not RefundState.UNKNOWN:
        return refund
    return await store.save(tx, refunds.unanswered(refund, now_us=now_us))


async def settle_by_hand(tx: Tx, refund_id: str, *, now_us: int) -> Refund:
    """Records that the money of a refund was paid by hand; a repeat changes nothing. Raises RefundNotFound,
    RefundState."""
    payment, refund = await with_payment(tx, refund_id)
    refunds.check_settles(payment, refund)
    if refund.state is RefundState.SETTLED:
        return refund
    return await settle(tx, payment, refunds.ended(refund, RefundState.SETTLED, now_us=now_us), now_us=now_us)


async def settle(tx: Tx, payment: Payment, refund: Refund, *, now_us: int) -> Refund:
    """Saves a refund whose outcome is known, books it and announces it."""
    await store.save(tx, refund)
    await payment_store.book(tx, ledger.refunded(payment, refund), payment.attempt, now_us)
    await tx.announce(
        RefundSettled(refund=convert.refund_pb(refund)),
        aggregate_id=refund.wanted.order_id,
        organizer_id=refund.organizer_id,
        at_us=now_us,
    )
    return refund


async def existing(tx: Tx, refund_id: str) -> Refund:
    """A refund. Raises RefundNotFound."""
    refund = await store.find(tx, refund_id)
    if refund is None:
        raise refusals.RefundNotFound
    return refund


async def answered(tx: Tx, refund_id: str) -> Refund:
    """A refund after the provider was asked. Raises RefundNotFound, and PaymentState if it is refused after a
    dispute."""
    refund = await existing(tx, refund_id)
    refunds.check_still_owed(await transactions.existing(tx, refund.wanted.order_id), refund)
    return refund


async def with_payment(tx: Tx, refund_id: str) -> tuple[Payment, Refund]:
    """A refund and its payment, both locked. Raises RefundNotFound."""
    payment = await transactions.locked(tx, (await existing(tx, refund_id)).wanted.order_id)
    refund = await store.lock(tx, refund_id)
    assert refund is not None, "refunds are never removed"
    return payment, refund


async def note_disputes(tx: Tx, provider: str, told: Sequence[Dispute], *, now_us: int) -> None:
    """Records disputes of which a provider has told, oldest first; those of unknown payments are left out. It stops at
    a payment whose capture is not known yet: the provider tells of that dispute, and of those after it, again."""
    for dispute in told:
        payment = await payment_store.lock(tx, dispute.key)
        if payment is not None and payment.state in UNFINISHED:
            return
        if payment is not None and payment.state is PaymentState.CAPTURED and payment.disputed_us is None:
            await note_dispute(tx, payment, dispute.amount_minor, now_us=now_us)
        await store.save_seen(tx, provider, dispute.n)


async def note_dispute(tx: Tx, payment: Payment, taken_minor: int, *, now_us: int) -> None:
    """Records, books and announces the dispute of a locked payment. taken_minor: the money that the
    provider takes back."""
    owed_minor = await store.owed_of(tx, payment.order_id)
    await store.save_disputed(tx, payment.order_id, now_us)
    await payment_store.book(tx, ledger.disputed(payment, taken_minor, owed_minor), payment.attempt, now_us)
    disputed = convert.payment_pb(replace(payment, disputed_us=now_us))
    await tx.announce(
        PaymentDisputed(payment=disputed),
        aggregate_id=payment.order_id,
        organizer_id=payment.attempt.organizer_id,
        at_us=now_us,
    )
