"""payments' transactions: load, decide, save, announce. Each function's name is also the name of its failpoint."""

from dataclasses import replace

from eventhub import refusals
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled, ProviderHealthChanged
from services.kit.db import Tx
from services.payments import convert, ledger, payments, store
from services.payments.payments import BOX_OFFICE, Attempt, Payment, PaymentState
from services.payments.refunds import store as refund_store


async def begin_payment(
    tx: Tx, attempt: Attempt, *, sent: bool, fee_permille: int = 0, now_us: int
) -> tuple[Payment, bool]:
    """Writes an attempt down before a byte of it is sent, or finds the order's earlier payment.

    Returns the payment, and True if it is new. sent: the caller sends it to the provider at once. fee_permille: as in
    payments.begin. Raises IdInUse, PaymentState.
    """
    new = payments.begin(attempt, sent=sent, fee_permille=fee_permille, now_us=now_us)
    if await store.claim(tx, new):
        return new, True
    payment = await existing(tx, attempt.order_id)
    payments.check_authorize(payment, attempt)
    return payment, False


async def mark_sent(tx: Tx, order_id: str) -> bool:
    """Records that a payment is about to be sent. False if it must not be sent: it was voided or settled meanwhile."""
    payment = await locked(tx, order_id)
    if payment.state is not PaymentState.UNKNOWN or payment.void_requested:
        return False
    await store.save(tx, replace(payment, sent=True))
    return True


async def note_unanswered(tx: Tx, order_id: str, *, capture: bool, sent: bool, now_us: int) -> Payment:
    """Records a request without an answer and schedules the next. capture: it was a request to capture. sent: a byte
    may have reached the provider by now."""
    payment = await locked(tx, order_id)
    capture_requested = capture or payment.capture_requested
    if payments.next_step(payment, capture=capture_requested) is None:
        return payment
    tries = payment.tries + 1
    changed = replace(
        payment,
        capture_requested=capture_requested,
        sent=sent,
        tries=tries,
        next_try_us=payments.next_try_us(tries, now_us),
        waiting_since_us=payment.waiting_since_us or now_us,
    )
    if changed.void_requested and payments.can_void_unsent(changed):
        return await settle(tx, payments.close(changed, PaymentState.VOIDED), announce=True, now_us=now_us)
    return await store.save(tx, changed)


async def stop_waiting(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Records that the caller has stopped waiting: from now on, the provider's answer is announced. Returns the
    payment, which may be settled already."""
    payment = await locked(tx, order_id)
    if payment.next_try_us is None:
        return payment
    return await store.save(tx, replace(payment, next_try_us=now_us))


async def save_authorized(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Records that the provider has reserved the amount."""
    payment = await locked(tx, order_id)
    if payment.state is not PaymentState.UNKNOWN:
        return payment
    # If a void was requested, the payment stays due: the provider still has to void it.
    stays_due = payment.void_requested
    changed = replace(
        payment,
        state=PaymentState.AUTHORIZED,
        # Certain now. Another replica, which did not reach the provider, may have noted that nothing was sent.
        sent=True,
        tries=0,
        next_try_us=payment.next_try_us if stays_due else None,
        waiting_since_us=payment.waiting_since_us if stays_due else None,
    )
    return await settle(tx, changed, announce=payments.is_late(payment, now_us), now_us=now_us)


async def save_declined(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Records that the provider has declined the card."""
    payment = await locked(tx, order_id)
    if payment.state is not PaymentState.UNKNOWN:
        return payment
    late = payments.is_late(payment, now_us)
    return await settle(tx, payments.close(payment, PaymentState.DECLINED), announce=late, now_us=now_us)


async def save_voided(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Records that nothing is charged and nothing ever will be."""
    payment = await locked(tx, order_id)
    if payment.state not in payments.UNFINISHED:
        return payment
    return await settle(tx, payments.close(payment, PaymentState.VOIDED), announce=True, now_us=now_us)


async def save_captured(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Records and books that the provider has captured the money."""
    payment = await locked(tx, order_id)
    return await book_capture(tx, payment, now_us) if payment.state in payments.UNFINISHED else payment


async def capture_at_counter(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Books money taken at the counter; a provider's payment stays as it is. Raises PaymentNotFound, PaymentState."""
    payment = await locked(tx, order_id)
    payments.check_capture(payment)
    if payment.state is PaymentState.AUTHORIZED and payment.attempt.provider == BOX_OFFICE:
        return await book_capture(tx, payment, now_us)
    return payment


async def request_void(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Requests that a payment be voided, even if it has not begun: a later Authorize is then refused."""
    tombstone = payments.void_unbegun(order_id, now_us=now_us)
    if await store.claim(tx, tombstone):
        return tombstone
    payment = await locked(tx, order_id)
    if payments.can_void_unsent(payment):
        voided = replace(payments.close(payment, PaymentState.VOIDED), void_requested=True)
        return await settle(tx, voided, announce=True, now_us=now_us)
    if payment.void_requested or payment.state is PaymentState.CAPTURED:
        return payment
    requested = replace(payment, void_requested=True)
    if payment.state not in payments.UNFINISHED:
        return await store.save(tx, requested)
    # The caller asks the provider at once; the worker does so only if the caller disappears.
    waiting_since_us = payment.waiting_since_us or now_us
    next_try_us = payment.next_try_us or payments.first_try_us(now_us)
    return await store.save(tx, replace(requested, next_try_us=next_try_us, waiting_since_us=waiting_since_us))


async def make_unsettled_due(tx: Tx, provider: str, *, now_us: int) -> int:
    """Makes all payments and refunds due that a provider left without an answer, because it answers again. Returns the
    number of the payments."""
    await refund_store.make_due(tx, provider, now_us)
    return await store.make_due(tx, provider, now_us)


async def force_provider(tx: Tx, provider: str, *, is_open: bool) -> None:
    """Stores the operator's order to keep a provider's breaker open, or to release it. It survives a restart."""
    await store.save_forced(tx, provider, is_open=is_open)


async def announce_health(tx: Tx, provider: str, breaker: str, *, now_us: int) -> bool:
    """Announces that a provider's breaker has changed. False if this state was the last one announced."""
    if not await store.save_announced(tx, provider, breaker):
        return False
    health = convert.health_pb(provider, breaker, await store.waiting(tx, provider))
    await tx.announce(ProviderHealthChanged(health=health), aggregate_id=provider, at_us=now_us)
    return True


async def existing(tx: Tx, order_id: str) -> Payment:
    """Reads an order's payment. Raises PaymentNotFound."""
    payment = await store.find(tx, order_id)
    if payment is None:
        raise refusals.PaymentNotFound
    return payment


async def locked(tx: Tx, order_id: str) -> Payment:
    """Reads and locks an order's payment. Raises PaymentNotFound."""
    payment = await store.lock(tx, order_id)
    if payment is None:
        raise refusals.PaymentNotFound
    return payment


async def book_capture(tx: Tx, payment: Payment, now_us: int) -> Payment:
    """Marks a locked payment captured, announces it and books it."""
    captured = replace(payments.close(payment, PaymentState.CAPTURED), captured_us=now_us)
    settled = await settle(tx, captured, announce=True, now_us=now_us)
    await store.book(tx, ledger.captured(payment), payment.attempt, now_us)
    return settled


async def settle(tx: Tx, changed: Payment, *, announce: bool, now_us: int) -> Payment:
    """Saves a locked payment in its new state. announce: the other contexts are told, too."""
    payment = await store.save(tx, changed)
    if announce:
        fact = PaymentSettled(payment=convert.payment_pb(payment))
        organizer_id = payment.attempt.organizer_id
        await tx.announce(fact, aggregate_id=payment.order_id, organizer_id=organizer_id, at_us=now_us)
    return payment
