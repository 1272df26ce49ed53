"""payments' transactions: load, decide, save, announce. Their names are the names of their failpoints."""

from dataclasses import replace

from eventhub import refusals
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled, ProviderHealthChanged
from services.kit.db import Tx
from services.payments import convert, ledger, payments, store
from services.payments.payments import AUTHORIZED, BOX_OFFICE, CAPTURED, DECLINED, UNKNOWN, VOIDED, Attempt, Payment


async def begin_payment(tx: Tx, attempt: Attempt, *, sent: bool, now_us: int) -> tuple[Payment, bool]:
    """Writes an attempt down before a byte of it is sent; or finds the order's payment. The payment, and whether it is
    new. sent: whether it is going to be sent at once. Raises IdInUse, PaymentState."""
    at_counter = attempt.provider == BOX_OFFICE
    new = Payment(
        attempt,
        AUTHORIZED if at_counter else UNKNOWN,
        void_requested=False,
        capture_requested=False,
        sent=sent and not at_counter,
        tries=0,
        next_try_us=None if at_counter else payments.first_try_us(now_us),
        waiting_since_us=None if at_counter else now_us,
        created_us=now_us,
        captured_us=None,
        version=1,
    )
    if await store.claim(tx, new):
        return new, True
    payment = await existing(tx, attempt.order_id)
    payments.check_authorize(payment, attempt)
    return payment, False


async def mark_sent(tx: Tx, order_id: str) -> bool:
    """Notes that a payment is going to be sent now. False if it is not to be: given up or settled meanwhile."""
    payment = await locked(tx, order_id)
    if payment.state != UNKNOWN or payment.void_requested:
        return False
    await store.save(tx, replace(payment, sent=True))
    return True


async def note_unanswered(tx: Tx, order_id: str, *, capture: bool, sent: bool, now_us: int) -> None:
    """Notes that the provider has not answered, and when to ask again. capture: what it was asked for was the money.
    sent: whether a byte may have reached it by now."""
    payment = await locked(tx, order_id)
    wanted = capture or payment.capture_requested
    if payments.next_step(payment, capture=wanted) is None:
        return
    tries = payment.tries + 1
    changed = replace(
        payment,
        capture_requested=wanted,
        sent=sent,
        tries=tries,
        next_try_us=payments.next_try_us(tries, now_us),
        waiting_since_us=payment.waiting_since_us or now_us,
    )
    if changed.void_requested and payments.can_void_unsent(changed):
        await settle(tx, closed(changed, VOIDED), announce=True, now_us=now_us)
    else:
        await store.save(tx, changed)


async def stop_waiting(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Nobody waits for the answer any more: once it comes it is announced. The payment, which may be settled by now."""
    payment = await locked(tx, order_id)
    if payment.next_try_us is None:
        return payment
    return await store.save(tx, replace(payment, next_try_us=now_us))


async def save_authorized(tx: Tx, order_id: str, *, now_us: int) -> None:
    """The provider has reserved the amount."""
    payment = await locked(tx, order_id)
    if payment.state != UNKNOWN:
        return
    # Still to be given up: it stays due.
    awaited = payment.void_requested
    changed = replace(
        payment,
        state=AUTHORIZED,
        tries=0,
        next_try_us=payment.next_try_us if awaited else None,
        waiting_since_us=payment.waiting_since_us if awaited else None,
    )
    await settle(tx, changed, announce=payments.is_late(payment, now_us), now_us=now_us)


async def save_declined(tx: Tx, order_id: str, *, now_us: int) -> None:
    """The provider has said no."""
    payment = await locked(tx, order_id)
    if payment.state == UNKNOWN:
        late = payments.is_late(payment, now_us)
        await settle(tx, closed(payment, DECLINED), announce=late, now_us=now_us)


async def save_voided(tx: Tx, order_id: str, *, now_us: int) -> None:
    """Nothing is charged and nothing will be."""
    payment = await locked(tx, order_id)
    if payment.state in (UNKNOWN, AUTHORIZED):
        await settle(tx, closed(payment, VOIDED), announce=True, now_us=now_us)


async def save_captured(tx: Tx, order_id: str, *, now_us: int) -> None:
    """The money is ours: books it."""
    payment = await locked(tx, order_id)
    if payment.state in (UNKNOWN, AUTHORIZED):
        await take(tx, payment, now_us)


async def capture_at_counter(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Books money taken at the counter. A payment at the provider is answered as it is. Raises PaymentNotFound,
    PaymentState."""
    payment = await locked(tx, order_id)
    payments.check_capture(payment)
    if payment.state == AUTHORIZED and payment.attempt.provider == BOX_OFFICE:
        return await take(tx, payment, now_us)
    return payment


async def request_void(tx: Tx, order_id: str, *, now_us: int) -> Payment:
    """Notes that a payment is given up, whether or not it was begun; so that a later Authorize is refused."""
    nothing = Attempt(order_id, "", "", 0, "", "", "")
    tombstone = Payment(
        nothing,
        VOIDED,
        void_requested=True,
        capture_requested=False,
        sent=False,
        tries=0,
        next_try_us=None,
        waiting_since_us=None,
        created_us=now_us,
        captured_us=None,
        version=1,
    )
    if await store.claim(tx, tombstone):
        return tombstone
    payment = await locked(tx, order_id)
    if payments.can_void_unsent(payment):
        given_up = replace(closed(payment, VOIDED), void_requested=True)
        return await settle(tx, given_up, announce=True, now_us=now_us)
    if payment.void_requested or payment.state == CAPTURED:
        return payment
    if payment.state in (DECLINED, VOIDED):
        return await store.save(tx, replace(payment, void_requested=True))
    # Due a little later only: whoever gives it up asks the provider at once.
    waiting_since_us = payment.waiting_since_us or now_us
    next_try_us = payment.next_try_us or payments.first_try_us(now_us)
    return await store.save(
        tx, replace(payment, void_requested=True, next_try_us=next_try_us, waiting_since_us=waiting_since_us)
    )


async def hurry_unsettled(tx: Tx, *, now_us: int) -> int:
    """The provider is back: everything it left without an answer is due; how many payments."""
    return await store.hurry(tx, now_us)


async def force_provider(tx: Tx, provider: str, *, is_open: bool) -> None:
    """Notes what the operator wants of a provider, over a restart too."""
    await store.save_forced(tx, provider, is_open=is_open)


async def tell_health(tx: Tx, provider: str, breaker: str, *, now_us: int) -> bool:
    """Announces that a breaker opened or closed. False if that was told last."""
    if not await store.save_told(tx, provider, breaker):
        return False
    health = convert.health_pb(provider, breaker, await store.waiting(tx))
    await tx.announce(ProviderHealthChanged(health=health), aggregate_id=provider, at_us=now_us)
    return True


async def existing(tx: Tx, order_id: str) -> Payment:
    """An order's payment. Raises PaymentNotFound."""
    payment = await store.find(tx, order_id)
    if payment is None:
        raise refusals.PaymentNotFound
    return payment


async def locked(tx: Tx, order_id: str) -> Payment:
    """An order's payment, locked. Raises PaymentNotFound."""
    payment = await store.lock(tx, order_id)
    if payment is None:
        raise refusals.PaymentNotFound
    return payment


def closed(payment: Payment, state: str) -> Payment:
    """A payment of which nothing more is expected."""
    return replace(payment, state=state, next_try_us=None, waiting_since_us=None)


async def take(tx: Tx, payment: Payment, now_us: int) -> Payment:
    """Captures and books a locked payment."""
    captured = replace(closed(payment, CAPTURED), captured_us=now_us)
    settled = await settle(tx, captured, announce=True, now_us=now_us)
    await store.book(tx, ledger.captured(payment.attempt), payment.attempt, now_us)
    return settled


async def settle(tx: Tx, changed: Payment, *, announce: bool, now_us: int) -> Payment:
    """Saves a locked payment in its new state, and tells."""
    payment = await store.save(tx, changed)
    if announce:
        fact = PaymentSettled(payment=convert.payment_pb(payment))
        organizer_id = payment.attempt.organizer_id
        await tx.announce(fact, aggregate_id=payment.order_id, organizer_id=organizer_id, at_us=now_us)
    return payment
